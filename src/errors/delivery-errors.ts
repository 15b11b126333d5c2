import type { PrefactorErrorDetails } from './prefactor-error.ts';
import { PrefactorError } from './prefactor-error.ts';

/** Attempts or time are used up, and no answer settles whether the work was done. */
export class PrefactorRetryExhaustedError extends PrefactorError {
  override readonly code = 'RETRY_EXHAUSTED';

  /** Requests that carried the call; 0 where it was never sent. */
  readonly attempts: number;

  constructor(message: string, details: PrefactorErrorDetails & { readonly attempts: number }) {
    super(message, details);
    this.attempts = details.attempts;
  }

  override get name(): string {
    return 'PrefactorRetryExhaustedError';
  }
}

/** The answer breaks the API's contract: unreadable, malformed, or without the call's output. */
export class PrefactorContractError extends PrefactorError {
  override readonly code = 'CONTRACT_BROKEN';

  /** How the answer began, free of the token; undefined where there was nothing to show. */
  readonly bodySnippet: string | undefined;

  constructor(
    message: string,
    details: PrefactorErrorDetails & { readonly bodySnippet?: string | undefined },
  ) {
    super(message, details);
    this.bodySnippet = details.bodySnippet;
  }

  override get name(): string {
    return 'PrefactorContractError';
  }
}
