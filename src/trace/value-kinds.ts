// What is said of values that JSON would leave out, empty or refuse.
import { tried } from '../lib/user-code.ts';

/** As many bytes of binary data are shown, or numbers of a list of numbers. */
const MAX_SHOWN_BYTES = 32;
const MAX_SHOWN_NUMBERS = 8;

export function describeFunction(value: object): string {
  const name: unknown = tried(() => Reflect.get(value, 'name'));
  return typeof name === 'string' && name !== ''
    ? `[function ${name.slice(0, 100)}]`
    : '[function]';
}

/** Length and beginning of binary data, and of lists of numbers such as embeddings. */
export function describeBinary(value: object): string | undefined {
  if (!ArrayBuffer.isView(value)) {
    const isBuffer = value instanceof ArrayBuffer;
    return isBuffer ? bytesOf('ArrayBuffer', new Uint8Array(value)) : undefined;
  }
  const name = tried(() => value.constructor.name) ?? 'Binary data';
  const { buffer, byteOffset, byteLength } = value;
  const isOfBytes = !('length' in value) || byteLength === value.length;
  if (isOfBytes) return bytesOf(name, new Uint8Array(buffer, byteOffset, byteLength));
  const numbers = Array.from(
    { length: Math.min(Number(value.length), MAX_SHOWN_NUMBERS) },
    (_, place) => String(Reflect.get(value, place)),
  );
  const more = Number(value.length) > MAX_SHOWN_NUMBERS ? ', …' : '';
  return `[${name} of ${value.length}: ${numbers.join(', ')}${more}]`;
}

function bytesOf(name: string, bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, MAX_SHOWN_BYTES), (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  const more = bytes.length > MAX_SHOWN_BYTES ? '…' : '';
  return `[${name} of ${bytes.length} bytes: ${shown.join('')}${more}]`;
}

/** A value that is a text, a number or a boolean at heart. */
export function unboxed(value: object): unknown {
  if (value instanceof Date) {
    const time = Date.prototype.getTime.call(value);
    return Number.isNaN(time) ? 'Invalid Date' : Date.prototype.toISOString.call(value);
  }
  if (value instanceof RegExp) return RegExp.prototype.toString.call(value);
  if (typeof URL === 'function' && value instanceof URL) return value.href;
  const isBox = [Number, String, Boolean, BigInt].some((type) => value instanceof type);
  const own: unknown = isBox ? value.valueOf() : undefined;
  return typeof own === 'object' ? undefined : own;
}

/** The fields of an error: name, message, stack, cause and those of its own. */
export function errorFields(value: object): object | undefined {
  const isError =
    value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
  if (!isError) return undefined;
  const fields: Record<string, unknown> = {};
  define(fields, 'name', value, errorNameOf);
  for (const name of ['message', 'stack', 'cause', 'errors']) {
    if (tried(() => name in value) !== true) continue;
    define(fields, name, value);
  }
  for (const name of Object.keys(value)) if (!(name in fields)) define(fields, name, value);
  return fields;
}

/** Read only when it is known not to be redacted. */
function define(
  fields: object,
  name: string,
  from: object,
  read = (error: object): unknown => Reflect.get(error, name),
): void {
  Object.defineProperty(fields, name, { get: () => read(from), enumerable: true });
}

/** Many a class of errors gives itself no name. */
function errorNameOf(error: object): unknown {
  const name: unknown = Reflect.get(error, 'name');
  return name === 'Error' ? error.constructor.name : name;
}

/** The first entries of a collection, and how many it has. */
export interface Entries {
  /** A list; or an object, where each entry has a name. */
  readonly first: object;
  readonly size: number;
}

/** Of a Set, a Map, or one of the web's lists of named values. A Map with objects for keys gives a list of pairs. */
export function entriesOf(value: object, max: number): Entries | undefined {
  if (value instanceof Set) return { first: beginningOf(value, max), size: value.size };
  if (!(value instanceof Map) && !isWebList(value)) return undefined;
  const pairs = beginningOf(value as Iterable<readonly [unknown, unknown]>, max);
  const isNamed = pairs.every(([key]) => typeof key !== 'object' && typeof key !== 'symbol');
  return {
    first: isNamed ? Object.fromEntries(pairs) : pairs,
    size: value instanceof Map ? value.size : pairs.length,
  };
}

function beginningOf<T>(values: Iterable<T>, max: number): T[] {
  const first: T[] = [];
  if (max > 0) {
    for (const value of values) if (first.push(value) === max) break;
  }
  return first;
}

function isWebList(value: object): boolean {
  const { Headers, URLSearchParams, FormData } = globalThis;
  return [Headers, URLSearchParams, FormData].some(
    (type) => typeof type === 'function' && value instanceof type,
  );
}
