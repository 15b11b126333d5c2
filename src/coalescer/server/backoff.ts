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
  return Math.max(delayMs, leastPauseMs(attempt));
}

/** After the second such request in a row, in milliseconds; then it doubles. */
const FIRST_MS = 10;
const MOST_MS = 1_000;

/** The least pause after so many failures in a row, in milliseconds. After the first there is none. */
export function leastPauseMs(inARow: number): number {
  return inARow < 2 ? 0 : Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(inARow - 2, 40));
}

/**
 * The least time between requests that make no progress. It prevents a busy loop, whatever the options and the server
 * say.
 */
export class Spacing {
  /** Nothing leaves before this time. */
  opensAt: number = Number.NEGATIVE_INFINITY;
  /** Requests in a row without progress; those that were in flight together count as one. */
  inARow = 0;
  /** Requests that have left so far: the number of the last one. */
  sent = 0;
  /** How many had left when the last one came back without progress. */
  #sentThen = 0;

  /**
   * The request of that number was refused or lost, or settled nothing. Returns false if another one, which was in
   * flight with it, has been reported: together they are one event.
   */
  noProgress(number: number, now: number): boolean {
    if (number <= this.#sentThen) return false;
    this.#sentThen = this.sent;
    this.inARow++;
    this.opensAt = now + leastPauseMs(this.inARow);
    return true;
  }

  progress(): void {
    this.inARow = 0;
    this.opensAt = Number.NEGATIVE_INFINITY;
  }
}
