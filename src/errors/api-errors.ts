import type { PrefactorErrorDetails } from './prefactor-error.ts';
import { PrefactorError } from './prefactor-error.ts';

export interface PrefactorApiErrorDetails extends PrefactorErrorDetails {
  readonly apiCode?: string | undefined;
  readonly apiMessage?: string | undefined;
  readonly status?: number | undefined;
}

/** An error that the API answered: for one call, whether it travelled in a batch or alone. */
export class PrefactorApiError extends PrefactorError {
  override readonly code:
    | 'API_ERROR'
    | 'AUTH_FAILED'
    | 'NOT_FOUND'
    | 'VALIDATION_FAILED'
    | 'CONFLICT' = 'API_ERROR';

  /** The API's own code, one of a closed list; undefined where the answer has none. */
  readonly apiCode: string | undefined;

  /** What the API said in words, at most 200 characters of it; undefined where it said nothing. */
  readonly apiMessage: string | undefined;

  /** HTTP status; undefined where the API refused one item of a request that it accepted. */
  readonly status: number | undefined;

  constructor(message: string, details: PrefactorApiErrorDetails = {}) {
    super(message, details);
    this.apiCode = details.apiCode;
    this.apiMessage = details.apiMessage;
    this.status = details.status;
  }

  override get name(): string {
    return 'PrefactorApiError';
  }
}

/** The token was refused (401, 403). */
export class PrefactorAuthError extends PrefactorApiError {
  override readonly code = 'AUTH_FAILED';

  override get name(): string {
    return 'PrefactorAuthError';
  }
}

/** What the call names is not there (404, `not_found`). */
export class PrefactorNotFoundError extends PrefactorApiError {
  override readonly code = 'NOT_FOUND';

  override get name(): string {
    return 'PrefactorNotFoundError';
  }
}

export interface PrefactorValidationErrorDetails extends PrefactorApiErrorDetails {
  readonly errors?: unknown;
}

/** The API found the call invalid (400, 422, `validation_errors`). */
export class PrefactorValidationError extends PrefactorApiError {
  override readonly code = 'VALIDATION_FAILED';

  /** The API's findings as it sent them: lists of strings per field, or nested errors. */
  readonly errors: unknown;

  constructor(message: string, details: PrefactorValidationErrorDetails = {}) {
    super(message, details);
    this.errors = details.errors;
  }

  override get name(): string {
    return 'PrefactorValidationError';
  }
}

/**
 * The call does not fit what is there: it exists already, or is over (409, `conflict`,
 * `invalid_action`). With `maybeApplied`, an earlier attempt of this very call may be the reason.
 */
export class PrefactorConflictError extends PrefactorApiError {
  override readonly code = 'CONFLICT';

  override get name(): string {
    return 'PrefactorConflictError';
  }
}
