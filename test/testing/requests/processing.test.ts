// Order and stop at the first error: docs/internals/api.md, "Processing" and "Outputs".

import { expect, test } from 'vitest';
import {
  at,
  bulk,
  CHILD,
  create,
  finish,
  outcomes,
  SPAN,
  UNKNOWN,
  withInstance,
} from '../helpers.ts';

test('items run in their order, so a later one may rely on an earlier one', async () => {
  const emulator = await withInstance();
  const reply = await bulk(
    emulator,
    create('parent-01', { id: SPAN }),
    create('child-001', { id: CHILD, parent_span_id: SPAN }),
    finish('finish-01'),
  );
  expect(outcomes(reply)).toEqual({
    'parent-01': 'success',
    'child-001': 'success',
    'finish-01': 'success',
  });
  const ran = emulator.report().ran.filter((item) => item.key !== null);
  expect(ran.map(({ key, id }) => [key, id])).toEqual([
    ['parent-01', SPAN],
    ['child-001', CHILD],
    ['finish-01', SPAN],
  ]);
});

test('a child before its parent is not found, and stops the batch', async () => {
  const emulator = await withInstance();
  const reply = await bulk(
    emulator,
    create('child-001', { id: CHILD, parent_span_id: SPAN }),
    create('parent-01', { id: SPAN }),
  );
  expect(reply.status).toBe(200);
  expect(reply.body).toEqual({
    status: 'success',
    outputs: {
      'child-001': { status: 'error', code: 'not_found', message: 'Parent span not found' },
    },
  });
});

test('what ran before the error stays done', async () => {
  const emulator = await withInstance();
  const failing = create('second-01', { parent_span_id: UNKNOWN });
  await bulk(emulator, create('first-001', { id: SPAN }), failing, create('third-001'));
  const { effects, attempts } = emulator.report();
  expect(effects).toEqual(new Map([['first-001', 1]]));
  expect(attempts).toEqual(
    new Map([
      ['first-001', 1],
      ['second-01', 1],
      ['third-001', 1],
    ]),
  );
});

test('types may be mixed, queries and actions alike', async () => {
  const emulator = await withInstance();
  const reply = await bulk(
    emulator,
    { _type: 'agents/create', idempotency_key: 'agent-001', details: { name: 'Shop' } },
    { _type: 'agents/list', idempotency_key: 'agents-01' },
    { _type: 'agent_instances/list', idempotency_key: 'runs-0001' },
    create('span-0001'),
  );
  expect(Object.values(outcomes(reply))).toEqual(['success', 'success', 'success', 'success']);
  expect(at(reply.body, 'outputs', 'agents-01', 'summaries')).toEqual([
    expect.objectContaining({ type: 'agent', name: 'Shop' }),
  ]);
  expect(at(reply.body, 'outputs', 'runs-0001', 'summaries')).toHaveLength(1);
});

test('a batch lists its keys, also those that were not reached', async () => {
  const emulator = await withInstance();
  await bulk(emulator, create('first-001', { parent_span_id: UNKNOWN }), create('second-01'));
  expect(emulator.report().batches).toEqual([
    { request: 3, status: 200, keys: ['first-001', 'second-01'], bytes: expect.any(Number) },
  ]);
});
