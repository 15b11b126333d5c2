import { expect, test } from 'vitest';
import { balances, ledgerLine } from '../../../src/cli/terminal/ledger.ts';

const ledger = {
  accepted: 1_234,
  succeeded: 1_200,
  refused: 30,
  notAttempted: 0,
  inDoubt: 4,
  cancelled: 0,
  pending: 0,
  declined: 0,
};

test('books balance where each accepted call stands in one column', () => {
  expect(balances(ledger)).toBe(true);
  expect(balances({ ...ledger, pending: 1 })).toBe(false);
  expect(balances({ ...ledger, succeeded: 1_199 })).toBe(false);
});

test('declined calls were never accepted, so they stand apart', () => {
  expect(balances({ ...ledger, declined: 7 })).toBe(true);
  expect(ledgerLine({ ...ledger, declined: 7 })).toBe(
    'accepted 1,234 = succeeded 1,200 + refused 30 + inDoubt 4; declined 7',
  );
});

test('columns without a call are left out, but for the successes', () => {
  expect(ledgerLine({ ...ledger, accepted: 0, succeeded: 0, refused: 0, inDoubt: 0 })).toBe(
    'accepted 0 = succeeded 0',
  );
});
