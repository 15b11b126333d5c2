import type { PrefactorErrorDetails } from './prefactor-error.ts';
import { PrefactorError } from './prefactor-error.ts';

/**
 * The server did not reach the call, since an earlier item of its batch failed; only with
 * `onSkipped: 'reject'`. `cause` is a copy of that item's error.
 */
export class PrefactorSkippedError extends PrefactorError {
  override readonly code = 'SKIPPED';

  override get name(): string {
    return 'PrefactorSkippedError';
  }
}

/** What the call needs could not be made, so it was not sent. `cause` is a copy of that error. */
export class PrefactorDependencyError extends PrefactorError {
  override readonly code = 'DEPENDENCY_FAILED';

  /** Id of what is missing; undefined where it never had one. */
  readonly resourceId: string | undefined;

  constructor(
    message: string,
    details: PrefactorErrorDetails & { readonly resourceId?: string | undefined },
  ) {
    super(message, details);
    this.resourceId = details.resourceId;
  }

  override get name(): string {
    return 'PrefactorDependencyError';
  }
}
