import type { Ledger } from '../../index.ts';
import { amount } from './figures.ts';

/** Whether each call that was accepted stands in exactly one column. */
export function balances({ accepted, declined: _, ...columns }: Ledger): boolean {
  return accepted === Object.values(columns).reduce((sum, calls) => sum + calls, 0);
}

/** `accepted 12 = succeeded 10 + refused 2`; columns without a call are left out. */
export function ledgerLine({ accepted, declined, ...columns }: Ledger): string {
  const parts = Object.entries(columns)
    .filter(([name, calls]) => calls > 0 || name === 'succeeded')
    .map(([name, calls]) => `${name} ${amount(calls)}`);
  const apart = declined > 0 ? `; declined ${amount(declined)}` : '';
  return `accepted ${amount(accepted)} = ${parts.join(' + ')}${apart}`;
}
