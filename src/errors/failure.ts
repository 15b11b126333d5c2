import type { ErrorAnswer } from './error-answer.ts';

/** Why an attempt failed: plain data, free of the token; `from-reason.ts` gives it a class. */
export type Failure =
  /** The server answered with a status that is no success; of a body that is no JSON, the message is how it begins. */
  | (ErrorAnswer & {
      readonly kind: 'status';
      readonly status: number;
      readonly requestId: string | undefined;
    })
  /** The status is a success, but the answer cannot be used. */
  | {
      readonly kind: 'contract';
      readonly status: number;
      readonly requestId: string | undefined;
      readonly problem: 'no JSON' | 'no outputs' | 'too large';
      readonly bodySnippet: string;
    }
  /**
   * No answer, or only a part of one; `cause` is a copy of what was caught. `unsent`: the request
   * certainly never reached the server. `lasting`: what is wrong, if repeating will hardly help.
   */
  | {
      readonly kind: 'connection';
      readonly cause: unknown;
      readonly unsent?: true;
      readonly lasting?: string;
    }
  | { readonly kind: 'timeout'; readonly ms: number; readonly unsent?: true }
  /** Given up on our side, for the reason of the signal. */
  | { readonly kind: 'aborted'; readonly cause: unknown }
  /** The token function gave no token, so nothing was sent; `cause` is what it threw, as it is. */
  | { readonly kind: 'token'; readonly cause: unknown };
