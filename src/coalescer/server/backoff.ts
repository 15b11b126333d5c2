import type { RetrySettings } from '../ports/options.ts';

/**
 * How long to wait before another attempt: exponential, with full jitter. `chance`, from 0 up to 1, is the part of
 * the whole delay. Never less than what prevents a busy loop.
 */
export function backoffMs(
  attempt: number,
  { minDelayMs, maxDelayMs }: Pick<RetrySettings, 'minDelayMs' | 'maxDelayMs'>,
  chance: number,
): number {
  // Limited to 2^40, so that the power stays finite.
  const delayMs = chance * Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt - 1, 40));
  return Math.max(delayMs, leastBackoffMs(attempt));
}

/** The least pause, in milliseconds: after the second failure in a row, from where it doubles, and at most. */
const LEAST_BACKOFF_MS = { first: 10, most: 1_000 };

/** The least back-off after so many failures in a row, in milliseconds. After the first there is none. */
export function leastBackoffMs(inARow: number): number {
  return inARow < 2
    ? 0
    : Math.min(LEAST_BACKOFF_MS.most, LEAST_BACKOFF_MS.first * 2 ** Math.min(inARow - 2, 40));
}
