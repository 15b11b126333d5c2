import type { Last, Reason } from '../ports/reason.ts';

/** Why a call left its item behind. */
export type LeftBy<Failure> =
  | Omit<Extract<Reason<Failure>, { kind: 'aborted' }>, 'maybeApplied'>
  | Omit<Extract<Reason<Failure>, { kind: 'exhausted' }>, 'maybeApplied'>;

/** What the attempts of an item that made no progress have left behind. */
export interface RetryState {
  /** Had an attempt without an answer: the server may have done it. */
  maybeApplied: boolean;
  /** Not to be sent before this time, by the engine's clock. */
  notBefore: number;
  /** Usable answers that the engine had seen at the end of its last attempt. */
  answersSeen: number | undefined;
  /** Attempts that count against `retry.limit`. */
  countedAttempts: number;
  /** Attempts that were lost although a ping was answered just before, and that did not count. */
  suspicions: number;
  /** When such an attempt did count, the last time. */
  pingCountedAt: number | undefined;
  /** Was refused for the attempt that carried it, and is sent once more: the next may be made otherwise. */
  hadSecondChance: boolean;
  /** Its time was over before it was sent, since the process stood still: if this gets lost, it is over. */
  isLastChance: boolean;
  /** An error that may pass, and how often in a row the server gave the same. */
  transient: { code: string; times: number; readonly since: number } | undefined;
  /** What the last of them met. */
  last: Last<unknown> | undefined;
  /** Why its last caller left it: it is not wanted any more. */
  left: LeftBy<unknown> | undefined;
}

export function newRetryState(): RetryState {
  return {
    maybeApplied: false,
    notBefore: 0,
    answersSeen: undefined,
    countedAttempts: 0,
    suspicions: 0,
    pingCountedAt: undefined,
    hadSecondChance: false,
    isLastChance: false,
    transient: undefined,
    last: undefined,
    left: undefined,
  };
}
