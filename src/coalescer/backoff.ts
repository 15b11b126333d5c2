/** How long to wait before another attempt, and when to stop trying. */
export interface RetrySettings {
  /** Attempts of an item that made no progress. */
  readonly limit: number;
  /** Since an item's first counted attempt, in milliseconds. */
  readonly giveUpAfterMs: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** The longest pause that a server may ask for, in milliseconds. */
  readonly maxPauseMs: number;
  /** The server's own codes for errors of an item that may pass. */
  readonly itemCodes: readonly string[];
}

/** Attempts that count against the limits. */
export interface Tries {
  countedAttempts: number;
  /** By the engine's clock. */
  firstCountedAt: number | undefined;
}

/** Exponential with full jitter: `chance`, from 0 up to 1, of the whole delay. */
export function backoffMs(
  attempt: number,
  { minDelayMs, maxDelayMs }: Pick<RetrySettings, 'minDelayMs' | 'maxDelayMs'>,
  chance: number,
): number {
  // Beyond 2^40 every sensible upper end is reached, and the power stays finite.
  return chance * Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt - 1, 40));
}

/** The limit that the counted attempts have reached, if any. */
export function spentLimit(
  tries: Tries,
  { limit, giveUpAfterMs }: Pick<RetrySettings, 'limit' | 'giveUpAfterMs'>,
  now: number,
): 'attempts' | 'giveUpAfterMs' | undefined {
  if (tries.countedAttempts >= limit) return 'attempts';
  if (tries.firstCountedAt !== undefined && now - tries.firstCountedAt >= giveUpAfterMs) {
    return 'giveUpAfterMs';
  }
  return undefined;
}
