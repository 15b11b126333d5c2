/** What is wrong with a value, to follow its name in a message; undefined: nothing. */
export type ValueCheck = (value: unknown) => string | undefined;

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

export function matching(what: string, pattern: RegExp): ValueCheck {
  return mustBe(what, (value) => typeof value === 'string' && pattern.test(value));
}

export const aBoolean: ValueCheck = mustBe('true or false', (value) => typeof value === 'boolean');

export const aFunction: ValueCheck = mustBe('a function', (value) => typeof value === 'function');

/** A check by `isRight`, whose message names what is expected and what was given. */
export function mustBe(what: string, isRight: (value: unknown) => boolean): ValueCheck {
  return (value) =>
    isRight(value) ? undefined : `must be ${what}, but it is ${describeValue(value)}`;
}

/** A value for a message: a small and plain one as it is, any other by its kind. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') {
    return value.length <= 40 ? JSON.stringify(value) : `a string of ${value.length} characters`;
  }
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object' && value !== null) return 'an object';
  const hasText = typeof value !== 'function' && typeof value !== 'symbol';
  return hasText ? String(value) : `a ${typeof value}`;
}
