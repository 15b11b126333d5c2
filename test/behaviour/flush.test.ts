// flush() resolves with the books when all that was called before has settled.
import { expect, test } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

test('it ends the window at once', async () => {
  const t = await harness({ batch: { window: 10_000 } });
  void t.span('a');
  void t.client.flush();
  await t.settle();
  expect(t.batches()).toEqual([['a']]);
  await t.settled();
});

test('it resolves when all that was called before has settled, and not later', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  t.refuse('b');
  void t.spans('a', 'b', 'c');
  let ledger: unknown;
  void t.client.flush().then((books) => {
    ledger = books;
  });
  await t.pass(5);
  void t.span('d');
  await t.pass(34);
  expect(ledger).toBeUndefined();
  await t.pass(1);
  expect(ledger).toMatchObject({ succeeded: 3, refused: 1 });
  await t.settled();
});

test('it does not wait for what is called after it', async () => {
  const t = await harness({ batch: { concurrency: 1, maxItems: 1 } });
  void t.span('a');
  let isOver = false;
  void t.client.flush().then(() => {
    isOver = true;
  });
  void t.spans('b', 'c');
  await t.pass(20);
  expect(isOver).toBe(true);
  expect(t.client.stats().ledger.pending).toBe(2);
  await t.settled();
});

test('what it waits for leaves without waiting for a fuller batch', async () => {
  const t = await harness({ batch: { maxWaitMs: 15 } });
  void t.span('a');
  await t.settle();
  void t.span('b');
  await t.settle();
  expect(t.batches()).toEqual([['a']]);
  void t.client.flush();
  await t.settle();
  expect(t.batches()).toEqual([['a'], ['b']]);
  await t.settled();
});

test('with nothing pending it resolves at once', async () => {
  const t = await harness();
  expect(await t.client.flush()).toMatchObject({ accepted: 0, pending: 0 });
});

test('its time-out ends the wait, and nothing else', async () => {
  const t = await harness();
  const a = t.span('a');
  const flushed = t.client.flush({ timeoutMs: 5 });
  await t.pass(5);
  expect(await flushed).toMatchObject({ accepted: 1, pending: 1 });
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
});

test('it never rejects, whatever becomes of the calls', async () => {
  const t = await harness({ deliveryTimeoutMs: 1_000 });
  t.emulator.faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
  void t.spans('a', 'b');
  const flushed = t.client.flush();
  await t.settled();
  expect(await flushed).toMatchObject({ accepted: 2, inDoubt: 2, pending: 0 });
});

test('it waits for a batch that the caller has packed as well', async () => {
  const t = await harness();
  const packed = t.client.bulk.execute({
    items: [
      {
        _type: 'agent_spans/create',
        idempotency_key: keyOf('packed'),
        details: {
          agent_instance_id: INSTANCE,
          schema_name: 'agent:llm',
          status: 'complete',
          payload: {},
        },
      },
    ],
  });
  let isOver = false;
  void t.client.flush().then(() => {
    isOver = true;
  });
  await t.pass(19);
  expect(isOver).toBe(false);
  await t.settled();
  expect(isOver).toBe(true);
  expect(await outcomes(packed)).toEqual(['ok']);
});
