import type { Reason } from '../ports/reason.ts';

/** The books: how each accepted call ended. They balance whenever user code can look. */
export interface Ledger {
  /** Calls taken in: the sum of all below but `declined`. */
  readonly accepted: number;
  readonly succeeded: number;
  /** The server, or what the call depends on, said no. */
  readonly refused: number;
  /** Never carried by a request that may have been done. */
  readonly notAttempted: number;
  /** May have been done: no definite answer came. */
  readonly inDoubt: number;
  /** Aborted by their callers. */
  readonly cancelled: number;
  /** Not settled yet. */
  readonly pending: number;
  /** Calls that were never accepted: invalid, queue full, closed, left out by a hook. */
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

/** Where a rejected call is entered. */
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
    case 'fault':
      return reason.maybeApplied ? 'inDoubt' : 'notAttempted';
    case 'exhausted':
      if (reason.maybeApplied) return 'inDoubt';
      // An error that was to pass and did not: each time the server said no.
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
