/** What JSON cannot write of a value, or writes as `{}`: it is gone through again, and its getters and `toJSON` called. */
import { isObjectLike } from '../lib/value-checks.ts';
import type { WireAction } from '../schemas/action.ts';
import { InvalidCall } from './invalid-call.ts';

/** What of one call JSON wrote as `{}`, though it was no plain object. */
export interface JsonLosses {
  readonly key: string;
  readonly type: string;
  /** `details.payload.error is an Error`. */
  readonly emptied: readonly string[];
}

/** The field `name` of `holder`, which stands at the place `within`. */
interface JsonSpot {
  readonly name: string;
  readonly holder: object;
  readonly within: JsonSpot | undefined;
  readonly depth: number;
}

/** What stands at a place: the value as JSON takes it, after its `toJSON`; or why JSON cannot write it. */
interface ValueAtSpot {
  readonly place: JsonSpot;
  readonly value?: unknown;
  /** The names of its fields. */
  readonly names?: string[];
  readonly problem?: string | undefined;
  /** What a getter or `toJSON` has thrown. */
  readonly error?: unknown;
}

/** Values that are looked at, at most, to find what is wrong, and what is lost. */
const MAX_VALUES_IF_WRONG = 250_000;
const MAX_VALUES_IF_LOST = 10_000;

/** Losses that are told of, at most. */
const MAX_JSON_LOSSES = 5;

/** Nothing is written as deep as this by hand. */
const DEEPEST_JSON_BY_HAND = 500;

/** The longest path that is shown, in characters. */
const LONGEST_PATH = 200;

/** What is wrong with a value on which `JSON.stringify` has failed. */
export function whyUnwritable(
  value: object,
  shownAs: (path: string) => string,
  cause: unknown,
): InvalidCall {
  let deepest = 0;
  for (const sight of walk(value, MAX_VALUES_IF_WRONG)) {
    const { place, problem: message } = sight;
    deepest = Math.max(deepest, place.depth);
    if (message === undefined) continue;
    const issue = { path: shownAs(pathOf(place)), message };
    return new InvalidCall([issue], 'error' in sight ? sight.error : cause);
  }
  const message =
    deepest > DEEPEST_JSON_BY_HAND
      ? `it is nested ${deepest} levels deep, more than JSON can be written here (see cause): make it flatter`
      : 'it cannot be written as JSON (see cause)';
  return new InvalidCall([{ path: shownAs(''), message }], cause);
}

/** A Map, a Set, a promise, an error: what they hold is in no field that JSON could see. */
export function lossesIn(action: WireAction): JsonLosses | undefined {
  const emptied: string[] = [];
  for (const { place, value } of walk(action, MAX_VALUES_IF_LOST)) {
    const kind = kindOfEmptied(value);
    if (kind !== undefined) emptied.push(`${pathOf(place)} is ${kind}`);
    if (emptied.length === MAX_JSON_LOSSES) break;
  }
  const { idempotency_key: key, _type: type } = action;
  return emptied.length === 0 ? undefined : { key, type, emptied };
}

/** The kind of an object that JSON writes as `{}` for want of fields, although it may hold something. */
function kindOfEmptied(value: unknown): string | undefined {
  if (!isObjectLike(value) || Array.isArray(value)) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return undefined;
  if (Object.keys(value).length > 0) return undefined;
  const name: unknown = Object(prototype).constructor?.name;
  if (typeof name !== 'string' || !/^\w{1,40}$/.test(name)) return 'an object of a class';
  // Of another realm, perhaps.
  if (name === 'Object') return undefined;
  return `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`;
}

/** `payload.items.3.price`; of a very long one the beginning and the length. */
function pathOf(place: JsonSpot): string {
  const names: string[] = [];
  for (let at: JsonSpot | undefined = place; at !== undefined; at = at.within) names.push(at.name);
  const path = names.reverse().filter(Boolean).join('.');
  return path.length <= LONGEST_PATH
    ? path
    : `${path.slice(0, LONGEST_PATH)}… (${place.depth} levels)`;
}

/**
 * Looks at so many values, at most, in the order in which JSON writes them, without the stack. Ends after what cannot
 * be written, as JSON does.
 */
function* walk(root: object, most: number): Generator<ValueAtSpot> {
  const around = new Set<unknown>();
  const top: JsonSpot = { name: '', holder: { '': root }, within: undefined, depth: 0 };
  /** Places yet to be looked at; and objects that are left, with all that is in them. */
  const steps: (JsonSpot | { readonly left: object })[] = [top];
  for (let count = 0; count < most; ) {
    const step = steps.pop();
    if (step === undefined) return;
    if ('left' in step) {
      around.delete(step.left);
      continue;
    }
    count++;
    const sight = look(step, around);
    yield sight;
    const { value, names = [], problem } = sight;
    if (problem !== undefined) return;
    if (!isObjectLike(value)) continue;
    around.add(value);
    steps.push({ left: value });
    const depth = step.depth + 1;
    for (const name of names.reverse()) steps.push({ name, holder: value, within: step, depth });
  }
}

function look(place: JsonSpot, around: ReadonlySet<unknown>): ValueAtSpot {
  let problem = 'cannot be read (see cause)';
  try {
    let value: unknown = Reflect.get(place.holder, place.name);
    const mayHaveToJson = isObjectLike(value) || typeof value === 'bigint';
    const toJson: unknown = mayHaveToJson ? Reflect.get(Object(value), 'toJSON') : undefined;
    if (typeof toJson === 'function') {
      const unreadable = problem;
      problem = 'has a toJSON that throws (see cause)';
      value = Reflect.apply(toJson, value, [place.name]);
      problem = unreadable;
    }
    const names = isObjectLike(value) ? Object.keys(value) : [];
    return { place, value, names, problem: problemOf(value, around) };
  } catch (error) {
    return { place, problem, error };
  }
}

function problemOf(value: unknown, around: ReadonlySet<unknown>): string | undefined {
  if (around.has(value)) {
    return 'refers back to an object that it is in, and JSON cannot write a cycle: leave it out';
  }
  return typeof value === 'bigint' || value instanceof BigInt
    ? 'is a BigInt, which JSON cannot write: pass it as a string'
    : undefined;
}
