import type { PrefactorErrorDetails } from './prefactor-error.ts';
import { PrefactorError } from './prefactor-error.ts';

/** A pending call has the same idempotency key and asks for something else. */
export class PrefactorIdempotencyConflictError extends PrefactorError {
  override readonly code = 'IDEMPOTENCY_CONFLICT';

  override get name(): string {
    return 'PrefactorIdempotencyConflictError';
  }
}

/** The queue has no room; what it holds already is not touched. */
export class PrefactorQueueFullError extends PrefactorError {
  override readonly code = 'QUEUE_FULL';

  /**
   * Which bound was reached: `queue.maxItems`, `queue.maxBytes`, or that of finishes, which have as
   * much room again beyond the two.
   */
  readonly bound: 'items' | 'bytes' | 'finishes';

  /** How much it is: items or UTF-8 bytes; for finishes twice what the option says. */
  readonly limit: number;

  constructor(
    message: string,
    details: PrefactorErrorDetails & Pick<PrefactorQueueFullError, 'bound' | 'limit'>,
  ) {
    super(message, details);
    this.bound = details.bound;
    this.limit = details.limit;
  }

  override get name(): string {
    return 'PrefactorQueueFullError';
  }
}

/** The client was closed: before the call, or before the call's work was known to be done. */
export class PrefactorClosedError extends PrefactorError {
  override readonly code = 'CLOSED';

  override get name(): string {
    return 'PrefactorClosedError';
  }
}
