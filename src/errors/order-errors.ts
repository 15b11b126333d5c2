import { PrefactorError } from './prefactor-error.ts';

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
