import type { RetrySettings } from '../ports/options.ts';
import { leastPauseMs } from './spacing.ts';

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

/** Always from 0 up to 1, since tests replace Math.random by other functions. */
export function chanceFrom(random: () => number): () => number {
  return () => {
    const chance: unknown = random();
    return typeof chance === 'number' && chance >= 0 && chance < 1 ? chance : 0.5;
  };
}
