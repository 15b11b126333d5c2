import type { LastAttempt, Reason } from '../ports/reason.ts';

export type LeftBy<Failure> =
  | Omit<Extract<Reason<Failure>, { kind: 'aborted' }>, 'maybeApplied'>
  | Omit<Extract<Reason<Failure>, { kind: 'exhausted' }>, 'maybeApplied'>;

/** What an item keeps of its attempts that made no progress. */
export interface RetryState {
  /** An attempt had no answer, so the server may have done it. */
  maybeApplied: boolean;
  /** Not to be sent before this time, by the engine's clock. */
  notBefore: number;
  /** How many usable answers the engine had seen at the end of its last attempt. */
  answersSeen: number | undefined;
  /** Attempts that count against `retry.limit`. */
  countedAttempts: number;
  /** Attempts lost right after a ping was answered, that do not count. */
  suspicions: number;
  /** When such an attempt counted last. */
  pingCountedAt: number | undefined;
  /** It was refused because of that attempt, and is sent once more: the next may have another token, say. */
  hadSecondChance: boolean;
  /** Its time was over before it was sent, since the process stood still. If this attempt gets lost, it ends. */
  isLastChance: boolean;
  /** An error that may pass, since when, and how often in a row the server gave it. */
  transient: { code: string; times: number; readonly since: number } | undefined;
  last: LastAttempt<unknown> | undefined;
  /** Why its last caller left it; then it is no longer wanted. */
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
