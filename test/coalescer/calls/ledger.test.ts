import { expect, test } from 'vitest';
import { columnOf, emptyLedger } from '../../../src/coalescer/calls/ledger.ts';
import type { Reason } from '../../../src/coalescer/index.ts';
import { isBalanced } from '../../helpers/engine.ts';

const [never, maybe] = [{ maybeApplied: false }, { maybeApplied: true }];
const because = { key: 'a', reason: { kind: 'closed', maybeApplied: false } } as const;
const noLast = { attempts: 0, last: undefined };
const saidNo = { attempts: 3, last: { kind: 'output', output: {} } } as const;
const lost = { attempts: 3, last: { kind: 'failure', failure: 'reset' } } as const;

const table: [Reason<unknown>, ReturnType<typeof columnOf>][] = [
  [{ kind: 'error', output: {}, ...never }, 'refused'],
  [{ kind: 'error', output: {}, ...maybe }, 'refused'],
  [{ kind: 'refused', failure: 'no', ...never }, 'refused'],
  [{ kind: 'refused', failure: 'no', ...maybe }, 'inDoubt'],
  [{ kind: 'skipped', because, ...never }, 'notAttempted'],
  [{ kind: 'skipped', because, ...maybe }, 'inDoubt'],
  [{ kind: 'dependency', resourceId: 'r', because, ...never }, 'refused'],
  [{ kind: 'dependency', resourceId: 'r', because, ...maybe }, 'inDoubt'],
  [{ kind: 'exhausted', limit: 'attempts', ...lost, ...maybe }, 'inDoubt'],
  [{ kind: 'exhausted', limit: 'attempts', ...saidNo, ...never }, 'refused'],
  [{ kind: 'exhausted', limit: 'attempts', ...saidNo, ...maybe }, 'inDoubt'],
  [{ kind: 'exhausted', limit: 'deliveryTimeoutMs', ...noLast, ...never }, 'notAttempted'],
  [{ kind: 'exhausted', limit: 'deliveryTimeoutMs', ...noLast, ...maybe }, 'inDoubt'],
  [
    { kind: 'contract', problem: 'missing output', output: undefined, maybeApplied: true },
    'inDoubt',
  ],
  [{ kind: 'contract', problem: 'malformed output', output: 7, maybeApplied: true }, 'inDoubt'],
  [{ kind: 'closed', ...never }, 'notAttempted'],
  [{ kind: 'closed', ...maybe }, 'inDoubt'],
  [{ kind: 'aborted', reason: 'why', ...never }, 'cancelled'],
  [{ kind: 'aborted', reason: 'why', ...maybe }, 'cancelled'],
  [{ kind: 'conflict', maybeApplied: false }, 'declined'],
  [{ kind: 'full', bound: 'items', limit: 1, maybeApplied: false }, 'declined'],
];

test.each(table.map(([reason, column]) => ({ reason, column, name: nameOf(reason) })))(
  '$name is entered as $column',
  ({ reason, column }) => {
    expect(columnOf(reason)).toBe(column);
  },
);

test('empty books balance, and those of another do not change with them', () => {
  const books = emptyLedger();
  books.accepted++;
  expect([isBalanced(books), isBalanced(emptyLedger())]).toEqual([false, true]);
});

function nameOf(reason: Reason<unknown>): string {
  const limit = reason.kind === 'exhausted' ? ` by ${reason.limit}` : '';
  return `${reason.kind}${limit}, ${reason.maybeApplied ? 'maybe' : 'never'} applied,`;
}
