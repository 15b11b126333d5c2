/** How long to wait before another attempt. */
import type { RetrySettings } from '../ports/options.ts';
import { leastPauseMs } from './spacing.ts';

/**
 * Exponential with full jitter: `chance`, from 0 up to 1, of the whole delay. Never less than what keeps
 * attempts from being a busy loop.
 */
export function backoffMs(
  attempt: number,
  { minDelayMs, maxDelayMs }: Pick<RetrySettings, 'minDelayMs' | 'maxDelayMs'>,
  chance: number,
): number {
  // Beyond 2^40 every sensible upper end is reached, and the power stays finite.
  const delayMs = chance * Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt - 1, 40));
  return Math.max(delayMs, leastPauseMs(attempt));
}

/** From 0 up to 1, whatever `random` says: tests put other functions in the place of Math.random. */
export function chanceFrom(random: () => number): () => number {
  return () => {
    const chance: unknown = random();
    return typeof chance === 'number' && chance >= 0 && chance < 1 ? chance : 0.5;
  };
}
