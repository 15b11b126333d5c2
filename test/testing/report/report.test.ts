// What the emulator tells afterwards.

import { expect, test } from 'vitest';
import {
  bulk,
  create,
  finish,
  INSTANCE,
  NOW,
  newEmulator,
  post,
  SPAN,
  span,
  UNKNOWN,
  withInstance,
} from '../helpers.ts';

test('the report counts what arrived', async () => {
  const emulator = await withInstance();
  const body = { items: [create('key-00001'), create('key-00002', { payload: { text: 'ü' } })] };
  await post(emulator, 'bulk', body);
  const report = emulator.report();
  expect(report.requests).toMatchObject({ all: 3, bulk: 1 });
  expect(report.items).toBe(2);
  expect(report.batches[0]?.bytes).toBe(new TextEncoder().encode(JSON.stringify(body)).length);
  expect(report.bytes).toBe(`{"id":"${INSTANCE}"}{}`.length + (report.batches[0]?.bytes ?? 0));
  expect(report.peakInFlight).toBe(1);
});

test('items are listed in the order of the work', async () => {
  const emulator = await withInstance();
  await bulk(emulator, create('key-00001', { id: SPAN }), finish('key-00002'), finish('key-00003'));
  await bulk(emulator, create('key-00001', { id: SPAN }));
  expect(emulator.report().ran.slice(2)).toEqual([
    {
      key: 'key-00001',
      type: 'agent_spans/create',
      id: SPAN,
      request: 3,
      outcome: 'success',
      code: null,
      message: null,
    },
    {
      key: 'key-00002',
      type: 'agent_spans/finish',
      id: SPAN,
      request: 3,
      outcome: 'success',
      code: null,
      message: null,
    },
    {
      key: 'key-00003',
      type: 'agent_spans/finish',
      id: SPAN,
      request: 3,
      outcome: 'error',
      code: 'invalid_action',
      message: expect.any(String),
    },
    {
      key: 'key-00001',
      type: 'agent_spans/create',
      id: SPAN,
      request: 4,
      outcome: 'replay',
      code: null,
      message: null,
    },
  ]);
});

test('a report is a copy', async () => {
  const emulator = await withInstance();
  const before = emulator.report();
  await bulk(emulator, create('key-00001'));
  expect(before.batches).toEqual([]);
  expect(before.effects.size).toBe(0);
});

test('without record the lists stay empty and the counts are right', async () => {
  const emulator = await withInstance({ record: false });
  await bulk(emulator, create('key-00001'));
  await bulk(emulator, create('key-00001'));
  const report = emulator.report();
  expect(report).toMatchObject({ batches: [], ran: [], items: 2, replays: 1 });
  expect(report.effects).toEqual(new Map([['key-00001', 1]]));
  expect(report.attempts).toEqual(new Map([['key-00001', 2]]));
});

test('breaches are kept to the first 1,000', async () => {
  const emulator = newEmulator();
  for (let i = 0; i < 1_001; i++) await post(emulator, 'bulk', {});
  expect(emulator.report().breaches).toHaveLength(1_000);
});

test('the snapshot shows instances with their spans, without the time of writing', async () => {
  const emulator = await withInstance();
  await post(emulator, 'agent_spans', { details: span({ id: SPAN }) });
  const { instances } = emulator.snapshot();
  expect(Object.keys(instances)).toEqual([INSTANCE]);
  expect(instances[INSTANCE]).toMatchObject({ id: INSTANCE, status: 'active' });
  expect(instances[INSTANCE]?.spans).toMatchObject({
    [SPAN]: { id: SPAN, payload: { text: 'hello' }, result_payload: null },
  });
  expect(instances[INSTANCE]).not.toHaveProperty('inserted_at');
  expect(instances[INSTANCE]?.spans[SPAN]).not.toHaveProperty('updated_at');
});

test('the same calls in other batches make the same state, ids included', async () => {
  const items = [
    { _type: 'agent_instances/register', idempotency_key: 'key-00001', id: INSTANCE },
    create('key-00002'),
    create('key-00003', { id: SPAN }),
    finish('key-00004'),
    create('key-00005', { parent_span_id: SPAN }),
  ];
  const batched = newEmulator();
  await bulk(batched, ...items);

  // One by one, later, with a failure in between.
  const single = newEmulator();
  for (const item of items) {
    await bulk(single, item);
    await bulk(single, create('key-00099', { parent_span_id: UNKNOWN }));
  }
  expect(single.snapshot()).toEqual(batched.snapshot());
  expect(newEmulator({ seed: 2, now: () => NOW }).snapshot()).toEqual({ instances: {} });
});
