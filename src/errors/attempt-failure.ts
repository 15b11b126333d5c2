import { causesOf, systemCodeOf } from '../lib/connection-errors.ts';
import type { Redact } from '../lib/snippets.ts';
import { oneLine, snippetOf } from '../lib/snippets.ts';
import type { ErrorAnswer } from './api-error.ts';
import { copyOfCaught } from './caught-error.ts';

/** Why an attempt failed: plain data, free of the token; `from-reason.ts` gives it a class. */
export type AttemptFailure =
  /** The server answered with a status that is no success; of a body that is no JSON, the message is how it begins. */
  | (ErrorAnswer & {
      readonly kind: 'status';
      readonly status: number;
      readonly requestId: string | undefined;
      /** Of a refusal, the body as it came; left out where it is large. */
      readonly answerText?: string | undefined;
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

/** What is wrong with an answer whose status is a success, as the end of "The answer …". */
export const brokenWords = {
  'no JSON': 'is no JSON',
  'no outputs': 'has no outputs',
  'too large': 'is larger than 32 MiB',
} as const;

/** Why an attempt failed, in few words of ours, and a code of the system such as ECONNRESET. */
export function metBy(failure: AttemptFailure): string {
  switch (failure.kind) {
    case 'status':
      return `status ${failure.status}`;
    case 'contract':
      return `an answer that ${brokenWords[failure.problem]}`;
    case 'timeout':
      return `no whole answer within ${failure.ms} ms`;
    case 'connection': {
      const code = systemCodeOf(failure.cause);
      const what = failure.lasting ?? 'connection failed';
      return code === undefined ? what : `${what} (${code})`;
    }
    case 'aborted':
      return 'given up by the client';
    case 'token':
      return 'the apiToken function failed';
    default:
      failure satisfies never;
      // The engine knows no failures, and hands on the reason of its own abort.
      return 'given up by the client';
  }
}

/**
 * The same for people who look for the cause, in stats, events and the log: with what was caught in its
 * own words.
 */
export function inWords(failure: AttemptFailure, redact: Redact): string {
  const met = metBy(failure);
  switch (failure.kind) {
    case 'status':
      return failure.apiCode === undefined ? met : `${met}, ${oneLine(failure.apiCode)}`;
    case 'contract':
      return `${met} (status ${failure.status})`;
    case 'connection':
    case 'token': {
      // That of a token function is the user's own error, which may be anything.
      const said = innermostWords(copyOfCaught(failure.cause, redact), redact);
      return said === undefined ? met : `${met}: ${said}`;
    }
    default:
      return met;
  }
}

/** What the innermost error says: those around it mostly say only that there was one. */
function innermostWords(cause: unknown, redact: Redact): string | undefined {
  const innermost = causesOf(cause).at(-1);
  if (innermost === undefined) return undefined;
  const { name, message } = innermost;
  // A mock that does not match quotes what it was sent, payloads included.
  if (message === '' || systemCodeOf(innermost)?.startsWith('UND_MOCK')) return undefined;
  const isPlain = name === 'Error' || systemCodeOf(innermost) !== undefined;
  const said = snippetOf(isPlain ? message : `${name}: ${message}`, redact);
  return oneLine(said).replace(/\.$/, '');
}
