/** Stable names of what can go wrong; one per class, never reused for something else. */
export type PrefactorErrorCode =
  | 'API_ERROR'
  | 'AUTH_FAILED'
  | 'NOT_FOUND'
  | 'VALIDATION_FAILED'
  | 'CONFLICT'
  | 'INVALID_ARGUMENT'
  | 'RETRY_EXHAUSTED'
  | 'CONTRACT_BROKEN'
  | 'SKIPPED'
  | 'DEPENDENCY_FAILED'
  | 'IDEMPOTENCY_CONFLICT'
  | 'QUEUE_FULL'
  | 'CLOSED';

/** What every error of ours may carry. */
export interface PrefactorErrorDetails {
  /** Key of the call that failed; left out where no call was made yet (bad options). */
  readonly idempotencyKey?: string | undefined;
  /** @default false */
  readonly maybeApplied?: boolean | undefined;
  readonly cause?: unknown;
}

// Registered for the whole process, so that two copies of this package know each other's errors.
const brand: unique symbol = Symbol.for('prefactor-autobatch.error');

/**
 * Root of all errors that this package makes: what the API refused, and what went wrong on the way.
 * Not covered: the reason of a caller's own `AbortSignal`, with which an aborted call rejects.
 */
export abstract class PrefactorError extends Error {
  /** Stable; compare this, never the message. */
  abstract readonly code: PrefactorErrorCode;

  /**
   * False: it was refused, or never attempted. True: the server may have done it; repeating it with
   * the same idempotency key is safe.
   */
  readonly maybeApplied: boolean;

  /** Key of the call that failed; undefined where no call was made yet. */
  readonly idempotencyKey: string | undefined;

  constructor(message: string, details: PrefactorErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.maybeApplied = details.maybeApplied ?? false;
    this.idempotencyKey = details.idempotencyKey;
  }

  // On the prototype, since the stack's first line is written before an own field could be set.
  override get name(): string {
    return 'PrefactorError';
  }

  /** @internal */
  get [brand](): true {
    return true;
  }
}

/** Whether `error` is one of ours; holds too when it comes from another copy of this package. */
export function isPrefactorError(error: unknown): error is PrefactorError {
  return error instanceof Error && brand in error;
}
