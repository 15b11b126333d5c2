// Checks of what a test gives the emulator. A misspelt name, or a rate of 5, would otherwise change nothing, and the
// test would prove nothing.

import type { ValueCheck } from '../../lib/value-checks.ts';
import { integerFrom, mustBe, numberFrom } from '../../lib/value-checks.ts';

/** Up to the longest that a timer waits. */
export const ms: ValueCheck = numberFrom(0, 2 ** 31 - 1);
export const seed: ValueCheck = integerFrom(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);

export function countFrom(min: number): ValueCheck {
  return mustBe(
    `an integer from ${min} on, or Infinity`,
    (value) =>
      value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && Number(value) >= min),
  );
}

/** @throws {TypeError} that names all the problems, if there are any. */
export function assertNoProblems(what: string, problems: readonly string[]): void {
  if (problems.length > 0) throw new TypeError(`${what}: ${problems.join('; ')}.`);
}
