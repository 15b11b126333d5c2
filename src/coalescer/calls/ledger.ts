import type { Reason } from '../ports/reason.ts';

/** How each accepted call ended. The sums are right whenever user code can look. */
export interface Ledger {
  /** The sum of all below except `declined`. */
  readonly accepted: number;
  readonly succeeded: number;
  /** Refused by the server, or because a dependency failed. */
  readonly refused: number;
  /** Certainly not done: no request that may have been done carried it. */
  readonly notAttempted: number;
  /** May have been done: no definite answer came. */
  readonly inDoubt: number;
  /** Aborted by the caller. */
  readonly cancelled: number;
  /** Not settled yet. */
  readonly pending: number;
  /** Never accepted: invalid, queue full, closed, or left out by a hook. */
  readonly declined: number;
}

export type MutableLedger = { -readonly [column in keyof Ledger]: Ledger[column] };

export function emptyLedger(): MutableLedger {
  return {
    accepted: 0,
    succeeded: 0,
    refused: 0,
    notAttempted: 0,
    inDoubt: 0,
    cancelled: 0,
    pending: 0,
    declined: 0,
  };
}

export function columnOf(
  reason: Reason<unknown>,
): 'refused' | 'notAttempted' | 'inDoubt' | 'cancelled' | 'declined' {
  switch (reason.kind) {
    case 'error':
      return 'refused';
    case 'refused':
    case 'used':
    case 'dependency':
      return reason.maybeApplied ? 'inDoubt' : 'refused';
    case 'skipped':
    case 'closed':
    case 'threw':
      return reason.maybeApplied ? 'inDoubt' : 'notAttempted';
    case 'exhausted':
      if (reason.maybeApplied) return 'inDoubt';
      // An error that should have passed: the server said no each time.
      return reason.last?.kind === 'output' ? 'refused' : 'notAttempted';
    case 'contract':
      return 'inDoubt';
    case 'aborted':
      return 'cancelled';
    case 'conflict':
    case 'full':
      return 'declined';
    default:
      return reason satisfies never;
  }
}
