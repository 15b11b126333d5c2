import type { WireAction } from '../schemas/action.ts';
import { pathOf, walkJson } from './json-walk.ts';

/** What of one call JSON wrote as `{}`, though it was no plain object. */
export interface JsonLosses {
  readonly key: string;
  readonly type: string;
  /** `details.payload.error is an Error`. */
  readonly emptied: readonly string[];
}

/** Values that are looked at, and those that are told of, at most. */
const MOST = 10_000;
const ENOUGH = 5;

/** A Map, a Set, a promise, an error: what they hold is in no field that JSON could see. */
export function lossesIn(action: WireAction): JsonLosses | undefined {
  const emptied: string[] = [];
  for (const sight of walkJson(action, MOST)) {
    const kind = sight.kind === 'value' ? kindOf(sight.value) : undefined;
    if (kind !== undefined) emptied.push(`${pathOf(sight.place)} is ${kind}`);
    if (emptied.length === ENOUGH) break;
  }
  const { idempotency_key: key, _type: type } = action;
  return emptied.length === 0 ? undefined : { key, type, emptied };
}

/** The kind of an object that JSON writes as `{}` for want of fields, although it may hold something. */
function kindOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return undefined;
  if (Object.keys(value).length > 0) return undefined;
  const name: unknown = Object(prototype).constructor?.name;
  if (typeof name !== 'string' || !/^\w{1,40}$/.test(name)) return 'an object of a class';
  // Of another realm, perhaps.
  if (name === 'Object') return undefined;
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}
