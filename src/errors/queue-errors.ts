import { PrefactorError } from './prefactor-error.ts';

/** A pending call has the same idempotency key and asks for something else. */
export abstract class PrefactorIdempotencyConflictError extends PrefactorError {
  override readonly code = 'IDEMPOTENCY_CONFLICT';

  override get name(): string {
    return 'PrefactorIdempotencyConflictError';
  }
}

/** The queue has no room; what it holds already is not touched. */
export abstract class PrefactorQueueFullError extends PrefactorError {
  override readonly code = 'QUEUE_FULL';

  /**
   * Which bound was reached: `queue.maxItems`, `queue.maxBytes`, or that of finishes, which have as
   * much room again beyond the two.
   */
  declare readonly bound: 'items' | 'bytes' | 'finishes';

  /** How much it is: items or UTF-8 bytes; for finishes twice what the option says. */
  declare readonly limit: number;

  /** What attempts met last, in words, where nothing usable comes from the server. */
  declare readonly last: string | undefined;

  override get name(): string {
    return 'PrefactorQueueFullError';
  }
}

/** The client was closed: before the call, or before the call's work was known to be done. */
export abstract class PrefactorClosedError extends PrefactorError {
  override readonly code = 'CLOSED';

  /** What its last attempt met, or that of others while nothing usable came, in words. */
  declare readonly last: string | undefined;

  override get name(): string {
    return 'PrefactorClosedError';
  }
}
