import { PrefactorError } from './prefactor-error.ts';

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
