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

// Registered for the whole process, so that two copies of this package know each other's errors.
export const brand: unique symbol = Symbol.for('prefactor-autobatch.error');

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

  /** @internal */
  constructor(message: string, details: CommonDetails & object) {
    const { cause, maybeApplied = false, idempotencyKey, ...own } = details;
    super(message, cause === undefined ? undefined : { cause });
    this.maybeApplied = maybeApplied;
    this.idempotencyKey = idempotencyKey;
    Object.assign(this, own);
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

/** What every error of ours may carry. */
interface CommonDetails {
  readonly cause?: unknown;
  /** @default false */
  readonly maybeApplied?: boolean | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** The fields of an error of that class: its own, each of which must be given, and those of all. */
export type DetailsOf<Type extends PrefactorError> = CommonDetails &
  Omit<Type, keyof PrefactorError>;

/**
 * Makes an error of that class. The classes are abstract, so that users can tell errors by them, and their
 * constructors are no public names.
 */
export function newError<Type extends PrefactorError>(
  type: abstract new (...args: never[]) => Type,
  message: string,
  details: DetailsOf<Type>,
): Type {
  return Reflect.construct(type, [message, details]);
}
