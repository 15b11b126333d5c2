import type { ValueCheck } from '../lib/value-checks.ts';
import { isObjectLike } from '../lib/value-checks.ts';

/** Set by the client or by the connection: a second value would break one of them. */
const reservedHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-prefactor-sdk',
]);

const namePattern = /^[\w!#$%&'*+.^`|~-]+$/;
// Without line breaks, and without what fetch would refuse later, with the value in its message.
const valuePattern = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Names and values: an object, a `Headers`, a `Map`, or a list of pairs. */
export type HeaderFields =
  | Readonly<Record<string, string>>
  | Iterable<readonly [name: string, value: string]>;

/** More than any server takes; a list may have no end. */
const MAX_HEADER_FIELDS = 1_000;

/** Checks header fields. Values are never shown: they may be secrets. */
export const headerFields: ValueCheck = (value) => {
  const fields = fieldsOf(value);
  if (fields === undefined) {
    return 'must be an object of header names and their values, a Headers, a Map or a list of pairs';
  }
  for (const [name, text] of fields) {
    if (typeof name !== 'string') return 'must hold names that are strings';
    if (!namePattern.test(name)) {
      return `must not hold the name ${JSON.stringify(name)}: it is no valid header name`;
    }
    if (reservedHeaders.has(name.toLowerCase())) {
      return `must not hold ${name}: the client sets it itself`;
    }
    if (typeof text !== 'string' || !valuePattern.test(text)) {
      return `must hold a string of Latin-1 characters without line breaks for ${name}`;
    }
  }
  return undefined;
};

/** Fields that were checked. Values that a list has under one name are joined, as fetch joins them. */
export function headerRecord(value: HeaderFields): Readonly<Record<string, string>> {
  if (!isIterable(value)) return { ...value };
  const fields = new Map<string, string>();
  for (const [name, text] of value) {
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined ? text : `${before}, ${text}`);
  }
  return Object.fromEntries(fields);
}

/** Names that differ only by case are one header, which is sent once. */
export function lowerCasedNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Undefined where it has no fields of a known form, or too many. */
function fieldsOf(value: unknown): readonly (readonly unknown[])[] | undefined {
  if (!isObjectLike(value)) return undefined;
  try {
    if (isIterable(value)) return pairsOf(value);
    const entries = Object.entries(value);
    const prototype: unknown = Object.getPrototypeOf(value);
    // An object without fields of its own, as a Date or a Promise, is not meant; an empty one of any realm is.
    const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
    return entries.length > 0 || isPlain ? entries : undefined;
  } catch {
    return undefined;
  }
}

function pairsOf(list: Iterable<unknown>): readonly (readonly unknown[])[] | undefined {
  // An iterator can be read only once, and checking has used it up.
  const reader: unknown = list[Symbol.iterator]();
  if (reader === list) return undefined;
  const pairs: (readonly unknown[])[] = [];
  for (const pair of list) {
    if (!Array.isArray(pair) || pair.length !== 2 || pairs.length === MAX_HEADER_FIELDS)
      return undefined;
    pairs.push(pair);
  }
  return pairs;
}

function isIterable<T>(value: Iterable<T> | object): value is Iterable<T> {
  return Symbol.iterator in value;
}
