import { PrefactorError } from './prefactor-error.ts';

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

  /** The API's findings as it sent them: lists of strings per field, or nested errors. */
  declare readonly errors: unknown;

  /** HTTP status; undefined where the API refused one item of a request that it accepted. */
  declare readonly status: number | undefined;

  /** How the server named the request that it answered so; undefined where it gave it no name. */
  declare readonly requestId: string | undefined;

  override get name(): string {
    return 'PrefactorApiError';
  }
}

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
