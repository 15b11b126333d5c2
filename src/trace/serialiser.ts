import { utf8Length } from '../lib/text-arena.ts';
import { tried } from '../lib/user-code.ts';
import type { Redaction } from './redaction.ts';
import { ofPairs, REDACTED } from './redaction.ts';
import type { Names } from './value-kinds.ts';
import {
  describeBinary,
  describeFunction,
  digitsOf,
  entriesOf,
  errorNames,
  isError,
  readOfError,
  unboxed,
} from './value-kinds.ts';

export interface SerialiserLimits {
  /** Bytes of a value as JSON, in UTF-8. */
  readonly maxBytes: number;
  /** Characters of one text (UTF-16 code units). */
  readonly maxTextLength: number;
  /** Levels of objects and lists within each other. */
  readonly maxDepth: number;
  /** Fields or elements of one object or list. */
  readonly maxEntries: number;
}

type Read = (from: object, name: string) => unknown;

/** Below as many bytes, no further entry begins. */
const MIN_ENTRY_BYTES = 64;
/** What a mark at the end of an object or list takes at most; each level may need one. */
const MARK_BYTES = 64;
const MAX_NAME_LENGTH = 256;
const MORE = '…';
const UNREADABLE = '[unreadable]';

/**
 * A copy of any value that JSON can say, below the limits. It never throws, says the same of the same value, and costs as
 * much as the limits allow, however large the value is (but for the list of an object's keys, which no engine gives in
 * parts). `undefined`: there is nothing to say, as in JSON.
 *
 * It reads what JSON reads: `toJSON`, and own enumerable fields, with their getters.
 */
export function serialise(value: unknown, limits: SerialiserLimits, redaction: Redaction): unknown {
  return new Copying(limits).copy(value, redaction, 0);
}

class Copying {
  readonly #limits: SerialiserLimits;
  /** Objects around the one that is copied. */
  readonly #around = new Set<object>();
  /** Of objects with more fields than are recorded, which may be met again and again. */
  readonly #names = new Map<object, Names>();
  #bytesLeft: number;

  constructor(limits: SerialiserLimits) {
    this.#limits = limits;
    this.#bytesLeft = limits.maxBytes - (limits.maxDepth + 1) * MARK_BYTES;
  }

  copy(value: unknown, redaction: Redaction, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        return this.#text(value);
      case 'number':
        return Number.isFinite(value) ? this.#charged(value, 25) : this.#text(String(value));
      case 'boolean':
        return this.#charged(value, 5);
      case 'undefined':
        return undefined;
      case 'function':
        return this.#text(describeFunction(value));
      case 'object':
        return value === null ? this.#charged(null, 4) : this.#object(value, redaction, depth);
      case 'bigint':
        // A number would be rounded.
        return this.#text(digitsOf(value));
      default:
        return this.#text(String(value));
    }
  }

  #charged<T>(value: T, bytes: number): T {
    this.#bytesLeft -= bytes;
    return value;
  }

  #object(value: object, redaction: Redaction, depth: number, isAnswer = false): unknown {
    if (this.#around.has(value)) return this.#text('[circular]');
    this.#around.add(value);
    try {
      return this.#objectItself(value, redaction, depth, isAnswer);
    } catch {
      // A proxy that lets nobody look, or a stack that is used up.
      return this.#charged(UNREADABLE, 14);
    } finally {
      this.#around.delete(value);
    }
  }

  /** `isAnswer`: of a `toJSON`; JSON asks it for no other. */
  #objectItself(value: object, redaction: Redaction, depth: number, isAnswer: boolean): unknown {
    const plain = describeBinary(value) ?? unboxed(value);
    if (plain !== undefined) return this.copy(plain, redaction, depth);
    if (isError(value)) {
      const names = errorNames(value, this.#namesOf(value));
      return this.#fields(value, names, redaction, depth, readOfError);
    }
    const asked = isAnswer ? undefined : answerOf(value);
    if (asked === undefined || asked.answer === value)
      return this.#contents(value, redaction, depth);
    const { answer } = asked;
    return typeof answer === 'object' && answer !== null
      ? this.#object(answer, redaction, depth, true)
      : this.copy(answer, redaction, depth);
  }

  #contents(value: object, redaction: Redaction, depth: number): unknown {
    if (depth >= this.#limits.maxDepth) {
      return this.#text(`[more than ${depth} levels deep]`);
    }
    if (Array.isArray(value)) return this.#list(value, value.length, redaction, depth);
    const entries = entriesOf(value, this.#limits.maxEntries);
    if (Array.isArray(entries?.first)) {
      const { first, size, names } = entries;
      return this.#list(first, size, names ? ofPairs(redaction, names) : redaction, depth);
    }
    if (entries !== undefined) {
      const names = { first: Object.keys(entries.first), size: entries.size };
      return this.#fields(entries.first, names, redaction, depth);
    }
    const names = this.#namesOf(value);
    if (names.size === 0) {
      const className = classNameOf(value);
      if (className !== undefined) return this.#text(`[${className}]`);
    }
    return this.#fields(value, names, redaction, depth);
  }

  #namesOf(from: object): Names {
    const known = this.#names.get(from);
    if (known !== undefined) return known;
    const { maxEntries } = this.#limits;
    const all = Object.keys(from);
    if (all.length <= maxEntries) return { first: all, size: all.length };
    const names = { first: all.slice(0, maxEntries), size: all.length };
    this.#names.set(from, names);
    return names;
  }

  /** `size`: how many there are, of which the list may be the beginning. */
  #list(list: readonly unknown[], size: number, redaction: Redaction, depth: number): unknown[] {
    const copy: unknown[] = [];
    this.#bytesLeft -= 2;
    for (let place = 0; place < size; place++) {
      if (this.#isFull(place) || place >= list.length) {
        copy.push(`[${size - place} more]`);
        break;
      }
      this.#bytesLeft -= 1;
      const value = this.#entry(list, String(place), redaction, depth);
      copy.push(value ?? this.#charged(null, 4));
    }
    return copy;
  }

  #fields(
    from: object,
    { first, size }: Names,
    redaction: Redaction,
    depth: number,
    read: Read = Reflect.get,
  ): unknown {
    const copy: Record<string, unknown> = {};
    this.#bytesLeft -= 2;
    for (let place = 0; place < size; place++) {
      const key = first[place];
      if (this.#isFull(place) || key === undefined) {
        put(copy, MORE, `[${size - place} more]`);
        break;
      }
      const value = this.#entry(from, key, redaction, depth, read);
      if (value === undefined) {
        this.#bytesLeft -= 1;
        continue;
      }
      const isLong = key.length > MAX_NAME_LENGTH;
      const name = wellFormed(isLong ? `${key.slice(0, MAX_NAME_LENGTH)}${MORE}` : key);
      this.#bytesLeft -= jsonBytes(name) + 2;
      put(copy, name, value);
    }
    return copy;
  }

  #entry(
    from: object,
    name: string,
    redaction: Redaction,
    depth: number,
    read: Read = Reflect.get,
  ): unknown {
    const below = redaction.below(name);
    if (below === undefined) return this.#charged(REDACTED, 12);
    let value: unknown;
    try {
      value = read(from, name);
      if (isPromise(value) && isMadeNow(value, from, name)) letReject(value);
    } catch {
      return this.#charged(UNREADABLE, 14);
    }
    return this.copy(value, below, depth + 1);
  }

  #isFull(entries: number): boolean {
    return entries >= this.#limits.maxEntries || this.#bytesLeft < MIN_ENTRY_BYTES;
  }

  #text(text: string): string {
    const { maxTextLength } = this.#limits;
    const { length } = text;
    let head = wellFormed(cutAt(text, maxTextLength));
    let bytes = jsonBytes(head);
    while (bytes > Math.max(this.#bytesLeft, MIN_ENTRY_BYTES)) {
      const share = Math.max(this.#bytesLeft - MARK_BYTES, 0) / bytes;
      head = cutAt(head, Math.floor(head.length * Math.min(share, 0.9)));
      bytes = jsonBytes(head);
    }
    this.#bytesLeft -= bytes;
    if (head.length >= length) return head;
    const mark = `${MORE} [cut: ${length} characters]`;
    this.#bytesLeft -= mark.length + 2;
    return `${head}${mark}`;
  }
}

/** What `toJSON` answers, if there is one that does not throw. */
function answerOf(value: object): { readonly answer: unknown } | undefined {
  return tried(() => {
    const toJson: unknown = Reflect.get(value, 'toJSON');
    if (typeof toJson !== 'function') return undefined;
    const answer: unknown = toJson.call(value, '');
    if (isPromise(answer)) letReject(answer);
    return { answer };
  });
}

/** Of any realm. A thenable that is none may begin its work when it is asked, so it is not. */
function isPromise(value: unknown): value is Promise<unknown> {
  return value instanceof Promise || Object.prototype.toString.call(value) === '[object Promise]';
}

/** Whether a getter or a proxy has made a value, which then nobody but us has. */
function isMadeNow(value: unknown, from: object, name: string): boolean {
  return Object.getOwnPropertyDescriptor(from, name)?.value !== value;
}

/** A promise that was made because we have asked must not end the process. */
function letReject(promise: Promise<unknown>): void {
  tried(() => Promise.prototype.then.call(promise, undefined, () => {}));
}

function classNameOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  const name: unknown = tried(() => value.constructor.name);
  const isNamed = typeof name === 'string' && name !== '' && name !== 'Object';
  return isNamed ? name : undefined;
}

/** The beginning of a text, which does not end within a character. */
function cutAt(text: string, length: number): string {
  if (text.length <= length) return text;
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}

/** Lone halves of characters, which UTF-8 cannot say, as servers' parsers do not take them. */
function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
}

/** The UTF-8 bytes of a text in JSON. */
function jsonBytes(text: string): number {
  return utf8Length(JSON.stringify(text));
}

/** As JSON has it: `__proto__` is a name like any other. */
function put(copy: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(copy, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  } else copy[name] = value;
}
