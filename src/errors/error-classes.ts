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

/** One thing that is wrong with options or arguments. */
export interface PrefactorIssue {
  /** Where: `batch.maxItems`, `payload`, `params` for all of them; empty for the call as a whole. */
  readonly path: string;
  /** What is wanted and what was given; never the value of a secret or a payload. */
  readonly message: string;
}

/** Options or arguments that cannot be used: wrong, impossible to serialise, or too large. */
export abstract class PrefactorInvalidArgumentError extends PrefactorError {
  override readonly code = 'INVALID_ARGUMENT';

  /** What was called, as its caller writes it: `agentSpans.create`; undefined for the options of the client. */
  declare readonly call: string | undefined;

  declare readonly issues: readonly PrefactorIssue[];

  override get name(): string {
    return 'PrefactorInvalidArgumentError';
  }
}

/** Its message says of each issue what it is: `Invalid options: batch.maxItems must be ...`. */
export function invalidArgument(
  details: DetailsOf<PrefactorInvalidArgumentError>,
  what: string = details.call === undefined ? 'Invalid options' : `Invalid call of ${details.call}`,
): PrefactorInvalidArgumentError {
  const said = details.issues.map(({ path, message }) =>
    path === '' ? message : `${path} ${message}`,
  );
  return newError(PrefactorInvalidArgumentError, `${what}: ${said.join('; ')}.`, details);
}

/** An error that the API answered: for one call, whether it travelled in a batch or alone. */
export abstract class PrefactorApiError extends PrefactorError {
  override readonly code:
    | 'API_ERROR'
    | 'AUTH_FAILED'
    | 'NOT_FOUND'
    | 'VALIDATION_FAILED'
    | 'CONFLICT' = 'API_ERROR';

  /** The API's own code, one of a closed list; undefined where the answer has none. */
  declare readonly apiCode: string | undefined;

  /** What the API said in words, at most 200 characters of it; undefined where it said nothing. */
  declare readonly apiMessage: string | undefined;

  /** The API's details as it sent them: lists of strings per field, or nested errors. */
  declare readonly errors: unknown;

  /** HTTP status; undefined where the API refused one item of a request that it accepted. */
  declare readonly status: number | undefined;

  /** How the server named the request that it answered so; undefined where it gave it no name. */
  declare readonly requestId: string | undefined;

  override get name(): string {
    return 'PrefactorApiError';
  }
}

/** What the API answered, for one item or for a whole request, free of the token. */
export type ApiErrorDetails = DetailsOf<PrefactorApiError>;

/** The token was refused (401, 403). */
export abstract class PrefactorAuthError extends PrefactorApiError {
  override readonly code = 'AUTH_FAILED';

  override get name(): string {
    return 'PrefactorAuthError';
  }
}

/** What the call names is not there (404, `not_found`). */
export abstract class PrefactorNotFoundError extends PrefactorApiError {
  override readonly code = 'NOT_FOUND';

  override get name(): string {
    return 'PrefactorNotFoundError';
  }
}

/** The API found the call invalid (400, 422, `validation_errors`). */
export abstract class PrefactorValidationError extends PrefactorApiError {
  override readonly code = 'VALIDATION_FAILED';

  override get name(): string {
    return 'PrefactorValidationError';
  }
}

/**
 * The call does not fit what is there: it exists already, or is over (409, `conflict`,
 * `invalid_action`). With `maybeApplied`, an earlier attempt of this very call may be the reason.
 */
export abstract class PrefactorConflictError extends PrefactorApiError {
  override readonly code = 'CONFLICT';

  override get name(): string {
    return 'PrefactorConflictError';
  }
}

/** Attempts or time are used up, and no answer settles whether the work was done. */
export abstract class PrefactorRetryExhaustedError extends PrefactorError {
  override readonly code = 'RETRY_EXHAUSTED';

  /** Requests that carried the call; 0 where it was never sent. */
  declare readonly attempts: number;

  /** Which bound was met: `attempts` is the option `retry.limit`. */
  declare readonly limit: 'attempts' | 'deliveryTimeoutMs';

  /** What the last attempt met, in words; undefined where there was none. */
  declare readonly last: string | undefined;

  override get name(): string {
    return 'PrefactorRetryExhaustedError';
  }
}

/** The answer breaks the API's contract: unreadable, malformed, or without the call's output. */
export abstract class PrefactorContractError extends PrefactorError {
  override readonly code = 'CONTRACT_BROKEN';

  /**
   * What is wrong: of the whole answer, which is `no JSON`, has `no outputs`, or is `too large` to be read;
   * or of what it says of the call: nothing, or what is `malformed`.
   */
  declare readonly problem:
    | 'no JSON'
    | 'no outputs'
    | 'too large'
    | 'missing output'
    | 'malformed output';

  /** HTTP status of the answer; undefined where the problem is with one output of an answer that is right. */
  declare readonly status: number | undefined;

  /** How the server named the request that it answered so; undefined where it gave it no name. */
  declare readonly requestId: string | undefined;

  /** How the answer began, free of the token; undefined where there was nothing to show. */
  declare readonly bodySnippet: string | undefined;

  override get name(): string {
    return 'PrefactorContractError';
  }
}

/**
 * The server did not reach the call, since an earlier item of its batch failed; only with
 * `onSkipped: 'reject'`. `cause` is a copy of that item's error.
 */
export abstract class PrefactorSkippedError extends PrefactorError {
  override readonly code = 'SKIPPED';

  override get name(): string {
    return 'PrefactorSkippedError';
  }
}

/** What the call needs could not be made, so it was not sent. `cause` is a copy of that error. */
export abstract class PrefactorDependencyError extends PrefactorError {
  override readonly code = 'DEPENDENCY_FAILED';

  /** Id of what is missing; undefined where it never had one. */
  declare readonly resourceId: string | undefined;

  /**
   * What became of it: its making `failed`; it was `never made`, since the call that was to make it was not
   * accepted; it got an `other id` than the one that this client made; or the answer names `no id`.
   */
  declare readonly problem: 'failed' | 'never made' | 'other id' | 'no id';

  override get name(): string {
    return 'PrefactorDependencyError';
  }
}

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

/** Every error of this package: a `switch` over its `code` gives the fields of each class. */
export type AnyPrefactorError =
  | PrefactorApiError
  | PrefactorAuthError
  | PrefactorNotFoundError
  | PrefactorValidationError
  | PrefactorConflictError
  | PrefactorInvalidArgumentError
  | PrefactorRetryExhaustedError
  | PrefactorContractError
  | PrefactorSkippedError
  | PrefactorDependencyError
  | PrefactorIdempotencyConflictError
  | PrefactorQueueFullError
  | PrefactorClosedError;

/** Whether `error` is of this package, be it of another copy of it, or of another realm. */
export function isPrefactorError(error: unknown): error is AnyPrefactorError {
  try {
    return typeof error === 'object' && error !== null && brand in error;
  } catch {
    // A proxy whose traps throw is none of ours.
    return false;
  }
}
