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

/** Names of fields: the first of them, and how many there are. */
export interface Names {
  readonly first: readonly string[];
  readonly size: number;
}

export function isError(value: object): boolean {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

/** The fields of an error: name, message, stack, cause, and `own`. */
export function errorNames(error: object, own: Names): Names {
  const usual = ['message', 'stack', 'cause', 'errors'];
  const first = ['name', ...usual.filter((name) => tried(() => name in error) === true)];
  const others = own.first.filter((name) => !first.includes(name));
  const size = first.length + own.size - (own.first.length - others.length);
  return { first: [...first, ...others], size };
}

/** Many a class of errors gives itself no name. */
export function readOfError(error: object, field: string): unknown {
  const value: unknown = Reflect.get(error, field);
  return field === 'name' && value === 'Error' ? error.constructor.name : value;
}

/** An integer with more bits has digits that take long to find, as their time grows by the square of their number. */
const MAX_BITS = 32_768;

export function digitsOf(value: bigint): string {
  const isShort = BigInt.asIntN(MAX_BITS, value) === value;
  return isShort ? String(value) : `[BigInt of more than ${MAX_BITS} bits]`;
}

/** The first entries of a collection, and how many it has. */
export interface Entries {
  /** A list; or an object, where each entry has a name. */
  readonly first: object;
  readonly size: number;
  /** Where the list is one of pairs: the names of those that have one. */
  readonly names?: readonly (string | undefined)[];
}

/**
 * Of a Set, a Map, or one of the web's lists of named values. One in which a key is an object, or a name is repeated,
 * gives a list of pairs.
 */
export function entriesOf(value: object, max: number): Entries | undefined {
  if (value instanceof Set) return { first: beginningOf(value, max), size: value.size };
  if (!(value instanceof Map) && !isWebList(value)) return undefined;
  const all = value as Iterable<readonly [unknown, unknown]>;
  const size =
    value instanceof Map ? value.size : beginningOf(all, Number.POSITIVE_INFINITY).length;
  const pairs = beginningOf(all, max);
  const names = pairs.map(([key]) => nameOf(key));
  const isNamed = !names.includes(undefined) && new Set(names).size === names.length;
  if (!isNamed) return { first: pairs, size, names };
  return { first: Object.fromEntries(pairs.map(([, each], at) => [names[at], each])), size };
}

function nameOf(key: unknown): string | undefined {
  if (typeof key === 'bigint') return digitsOf(key);
  return ['object', 'function', 'symbol'].includes(typeof key) ? undefined : String(key);
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
