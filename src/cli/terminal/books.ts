import type { Ledger } from '../../index.ts';

/** Whether each call that was accepted stands in exactly one column. */
export function balances(ledger: Ledger): boolean {
  const { accepted, succeeded, refused, notAttempted, inDoubt, cancelled, pending } = ledger;
  return accepted === succeeded + refused + notAttempted + inDoubt + cancelled + pending;
}
