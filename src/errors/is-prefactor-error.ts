import type {
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorConflictError,
  PrefactorNotFoundError,
  PrefactorValidationError,
} from './api-errors.ts';
import type { PrefactorInvalidArgumentError } from './argument-error.ts';
import type { PrefactorContractError, PrefactorRetryExhaustedError } from './delivery-errors.ts';
import type { PrefactorDependencyError, PrefactorSkippedError } from './order-errors.ts';
import { brand } from './prefactor-error.ts';
import type {
  PrefactorClosedError,
  PrefactorIdempotencyConflictError,
  PrefactorQueueFullError,
} from './queue-errors.ts';

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
