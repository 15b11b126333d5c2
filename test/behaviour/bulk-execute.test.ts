// A batch packed by the caller.
import { describe, expect, test } from 'vitest';
import type { BulkItem } from '../../src/index.ts';
import {
  PrefactorIdempotencyConflictError,
  PrefactorInvalidArgumentError,
  PrefactorRetryExhaustedError,
} from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

function item(name: string, fields: Record<string, unknown> = {}): BulkItem {
  return {
    _type: 'agent_spans/create',
    idempotency_key: keyOf(name),
    details: {
      agent_instance_id: INSTANCE,
      schema_name: 'agent:llm',
      status: 'complete',
      payload: {},
      ...fields,
    },
  };
}

const items = (...names: string[]): { items: BulkItem[] } => ({
  items: names.map((name) => item(name)),
});

test('it is sent as it stands: never split, never merged, and waits for nobody', async () => {
  const t = await harness({ batch: { maxItems: 2, concurrency: 1 } });
  void t.span('other');
  const packed = t.client.bulk.execute(items('a', 'b', 'c'));
  await t.settle();
  expect(t.batches()).toContainEqual(['a', 'b', 'c']);
  await t.settled();
  const { status, outputs } = await packed;
  expect(status).toBe('success');
  expect(Object.keys(outputs)).toEqual(['a', 'b', 'c'].map(keyOf));
  expect(outputs[keyOf('a')]).toMatchObject({ status: 'success', details: { type: 'agent_span' } });
  expect(t.sent.find((sent) => sent.items.length === 3)?.body).toBe(
    JSON.stringify(items('a', 'b', 'c')),
  );
});

test('items that failed, and what was not reached, are as the wire has them', async () => {
  const t = await harness();
  t.refuse('b', { code: 'invalid_value', message: 'No.' });
  const packed = t.client.bulk.execute(items('a', 'b', 'c'));
  await t.settled();
  const { outputs } = await packed;
  expect(outputs).toEqual({
    [keyOf('a')]: expect.objectContaining({ status: 'success' }),
    [keyOf('b')]: { status: 'error', code: 'invalid_value', message: 'No.' },
  });
  expect(t.sent).toHaveLength(1);
});

test('it is not in the ledger', async () => {
  const t = await harness();
  void t.client.bulk.execute(items('a'));
  await t.settled();
  expect(t.client.stats().ledger).toMatchObject({ accepted: 0, succeeded: 0 });
});

test('it is repeated as it stands until it has an answer', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'dropAfter' });
  t.emulator.faults.next({ kind: 'status', status: 500 });
  t.emulator.faults.next({ kind: 'truncate' });
  const packed = t.client.bulk.execute(items('a', 'b'));
  await t.settled();
  expect(Object.keys((await packed).outputs)).toHaveLength(2);
  expect(new Set(t.sent.map(({ body }) => body)).size).toBe(1);
  expect(t.sent).toHaveLength(4);
});

test('without any answer it rejects within deliveryTimeoutMs', async () => {
  const t = await harness({ deliveryTimeoutMs: 5_000 });
  const failures: unknown[] = [];
  t.client.on('failure', ({ key, type }) => failures.push([key, type]));
  t.emulator.faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
  const calledAt = Date.now();
  const packed = t.client.bulk.execute(items('a'));
  let settledAt = 0;
  void failureOf(packed).then(() => {
    settledAt = Date.now();
  });
  await t.settled();
  const error = await failureOf(packed);
  expect(error).toBeInstanceOf(PrefactorRetryExhaustedError);
  expect(error).toMatchObject({ maybeApplied: true, idempotencyKey: undefined });
  expect(settledAt - calledAt).toBe(5_000);
  expect(failures).toEqual([[undefined, 'bulk/execute']]);
});

test('a whole request that is refused rejects with the class', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'status', status: 422 });
  const packed = t.client.bulk.execute(items('a', 'b'));
  await t.settled();
  expect(await failureOf(packed)).toMatchObject({
    name: 'PrefactorValidationError',
    status: 422,
    maybeApplied: false,
  });
  expect(t.sent).toHaveLength(1);
});

test('a key that is pending in the queue is refused', async () => {
  const t = await harness();
  const a = t.span('a');
  const packed = t.client.bulk.execute(items('b', 'a'));
  const error = await failureOf(packed);
  expect(error).toBeInstanceOf(PrefactorIdempotencyConflictError);
  expect(error).toMatchObject({ idempotencyKey: keyOf('a') });
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  expect(t.batches()).toEqual([['a']]);
});

test('an abort rejects with its own reason', async () => {
  const t = await harness();
  const controller = new AbortController();
  const packed = t.client.bulk.execute(items('a'), { signal: controller.signal });
  await t.pass(5);
  controller.abort('enough');
  expect(await outcomes(packed)).toEqual(['enough']);
  const early = t.client.bulk.execute(items('b'), { signal: AbortSignal.abort('before') });
  expect(await outcomes(early)).toEqual(['before']);
  await t.settled();
});

describe('what is wrong is told at the call', () => {
  test.each([
    ['no items', {}, /items must be an array of at least one item, but it is missing/],
    ['none at all', { items: [] }, /items must be an array of at least one item/],
    ['no type', { items: [{ idempotency_key: 'long-enough' }] }, /items\.0\._type/],
    ['no key', { items: [{ _type: 'agents/list' }] }, /items\.0\.idempotency_key/],
    [
      'a short key',
      { items: [{ _type: 'agents/list', idempotency_key: 'short' }] },
      /items\.0\.idempotency_key must have 8 to 64 characters, but it has 5/,
    ],
    [
      'one key twice',
      { items: [item('a'), item('a')] },
      /items\.1\.idempotency_key must be unique, but items\.0 has it as well/,
    ],
    ['another field', { items: [item('a')], atomic: true }, /atomic is not known here/],
    ['a BigInt', { items: [item('a', { payload: { n: 1n } })] }, /BigInt/],
  ])('%s', async (_, request, message) => {
    const t = await harness();
    const error = await failureOf(t.client.bulk.execute(request as { items: BulkItem[] }));
    expect(error).toBeInstanceOf(PrefactorInvalidArgumentError);
    expect((error as Error).message).toMatch(message);
    expect(t.sent).toEqual([]);
  });
});
