// Checks objects that a test gives the emulator. A misspelt name, or a rate of 5, would otherwise change nothing, and
// the test would prove nothing.

import { knownNames } from '../../lib/nearest.ts';
import type { ValueCheck } from '../../lib/value-checks.ts';
import { describeValue, integerFrom, mustBe, numberFrom } from '../../lib/value-checks.ts';

/** The fields that an object may have. One that is undefined counts as left out. */
export interface Shape {
  readonly [field: string]: ValueCheck | Shape;
}

/** The longest that a timer waits. */
export const MAX_MS: number = 2 ** 31 - 1;
export const ms: ValueCheck = numberFrom(0, MAX_MS);
export const seed: ValueCheck = integerFrom(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

export function countFrom(min: number): ValueCheck {
  return mustBe(
    `an integer from ${min} on, or Infinity`,
    (value) =>
      value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= min),
  );
}

/** For long lists of words: the message names only the nearest. */
export function word(what: string, words: readonly string[]): ValueCheck {
  return (value) => {
    if (words.some((one) => one === value)) return undefined;
    const meant = typeof value === 'string' ? knownNames(value, words, (one) => `'${one}'`) : '';
    return `must be ${what}, but it is ${describeValue(value)}${meant}`;
  };
}

/** All that is wrong with an object. `path` is where it stands in another, such as `faults.rates`. */
export function problemsWith(shape: Shape, value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${path === '' ? 'it' : path} must be an object, but it is ${describeValue(value)}`];
  }
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const names = Object.keys(shape);
  const unknown = Object.keys(value)
    .filter((name) => !Object.hasOwn(shape, name))
    .map((name) => `${at(name)} is not known${knownNames(name, names, at)}`);
  const wrong = Object.entries(shape).flatMap(([name, check]) => {
    const given: unknown = Reflect.get(value, name);
    if (given === undefined) return [];
    if (typeof check !== 'function') return problemsWith(check, given, at(name));
    const problem = check(given);
    return problem === undefined ? [] : [`${at(name)} ${problem}`];
  });
  return [...unknown, ...wrong];
}

/** @throws {TypeError} that names all the problems, if there are any. */
export function refuse(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new TypeError(`${what}: ${problems.join('; ')}.`);
}
