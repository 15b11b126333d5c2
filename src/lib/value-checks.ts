import { knownNames } from './nearest.ts';

/** What is wrong with a value, to follow its name in a message; undefined: nothing. */
export type ValueCheck = (value: unknown) => string | undefined;

/** A check for each field, or a table for what is within it. A field may be left out unless it is required. */
export interface CheckTable {
  readonly [name: string]: ValueCheck | CheckTable;
}

export function numberFrom(min: number, max: number): ValueCheck {
  return mustBe(
    `a number from ${min} to ${max}`,
    (value) => typeof value === 'number' && value >= min && value <= max,
  );
}

export function integerFrom(min: number, max: number): ValueCheck {
  return mustBe(
    `an integer from ${min} to ${max}`,
    (value) => Number.isInteger(value) && Number(value) >= min && Number(value) <= max,
  );
}

export function oneOf(...words: readonly string[]): ValueCheck {
  return mustBe(words.map((word) => `'${word}'`).join(' or '), (value) =>
    words.some((word) => word === value),
  );
}

/** For long lists of words: the message names only the nearest. */
export function oneOfMany(what: string, words: readonly string[]): ValueCheck {
  return (value) => {
    if (words.some((one) => one === value)) return undefined;
    const meant = typeof value === 'string' ? knownNames(value, words, (one) => `'${one}'`) : '';
    return `must be ${what}, but it is ${describeValue(value)}${meant}`;
  };
}

export function matching(what: string, pattern: RegExp): ValueCheck {
  return mustBe(what, (value) => typeof value === 'string' && pattern.test(value));
}

export const aBoolean: ValueCheck = mustBe('true or false', (value) => typeof value === 'boolean');

export const aFunction: ValueCheck = mustBe('a function', (value) => typeof value === 'function');

export const OBJECT = 'an object';

/** A check by `isRight`, whose message names what is expected and what was given. */
export function mustBe(what: string, isRight: (value: unknown) => boolean): ValueCheck {
  return (value) =>
    isRight(value) ? undefined : `must be ${what}, but it is ${describeValue(value)}`;
}

/** All that is wrong with an object, in sentences. `path` is where it stands, such as `options.retry`. */
export function problemsOf(
  given: unknown,
  table: CheckTable,
  path = '',
  required: readonly string[] = [],
): string[] {
  if (!isObjectLike(given) || Array.isArray(given)) {
    return [`${path || 'it'} must be an object, but it is ${describeValue(given)}`];
  }
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const known = Object.keys(table);
  const unknown = Object.keys(given)
    .filter((name) => !Object.hasOwn(table, name))
    .map((name) => `${at(name)} is not known here${knownNames(name, known)}`);
  const wrong = Object.entries(table).flatMap(([name, check]) => {
    const value: unknown = Reflect.get(given, name);
    if (value === undefined && !required.includes(name)) return [];
    if (typeof check !== 'function') return problemsOf(value, check, at(name));
    const problem = check(value);
    return problem === undefined ? [] : [`${at(name)} ${problem}`];
  });
  return [...unknown, ...wrong];
}

/** Whatever may have fields: a list, too, but no function. */
export function isObjectLike(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** A value for a message: a small and plain one as it is, any other by its kind. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  }
  if (Array.isArray(value)) return 'an array';
  if (isObjectLike(value)) return 'an object';
  const hasText = typeof value !== 'function' && typeof value !== 'symbol';
  return hasText ? String(value) : `a ${typeof value}`;
}

/** The most characters that an id or a name may have; the API names no bound (docs/internals/api.md, "Ids"). */
export const MAX_NAME_LENGTH = 200;

/** The kind of a value, in words: never the value itself, which may be private. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (value === '') return 'empty';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'a Date';
  if (typeof value === 'string' && value.length > MAX_NAME_LENGTH)
    return `a string of ${value.length} characters`;
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
