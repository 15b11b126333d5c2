// Keys: docs/internals/api.md, "Idempotency keys".

import { expect, test } from 'vitest';
import {
  at,
  bulk,
  create,
  finish,
  outcomes,
  post,
  SPAN,
  span,
  UNKNOWN,
  withInstance,
  withSpan,
} from '../helpers.ts';

test('the same key again gives the original answer and does nothing', async () => {
  const emulator = await withInstance();
  const first = await bulk(emulator, create('key-00001'));
  const again = await bulk(emulator, create('key-00001'));
  expect(again.body).toEqual(first.body);
  const { effects, attempts, replays, ran, breaches } = emulator.report();
  expect(effects.get('key-00001')).toBe(1);
  expect(attempts.get('key-00001')).toBe(2);
  expect(replays).toBe(1);
  expect(ran.slice(2).map((item) => item.outcome)).toEqual(['success', 'replay']);
  expect(breaches).toEqual([]);
});

test('the replay shows the resource as it was, not as it is', async () => {
  const emulator = await withInstance();
  await bulk(emulator, create('key-00001', { id: SPAN }), finish('key-00002'));
  const again = await bulk(emulator, create('key-00001', { id: SPAN }));
  expect(at(again.body, 'outputs', 'key-00001', 'details', 'status')).toBe('active');
});

test('a replay does not stop the batch', async () => {
  const emulator = await withInstance();
  await bulk(emulator, create('key-00001'));
  const reply = await bulk(emulator, create('key-00001'), create('key-00002'));
  expect(outcomes(reply)).toEqual({ 'key-00001': 'success', 'key-00002': 'success' });
});

test('a known key with other content is a breach, and refused', async () => {
  const emulator = await withInstance();
  await bulk(emulator, create('key-00001'));
  const reply = await bulk(emulator, create('key-00001', { schema_name: 'other' }));
  expect(at(reply.body, 'outputs', 'key-00001')).toEqual({
    status: 'error',
    code: 'idempotency_key_already_used',
    message: 'The idempotency key was used for other content',
  });
  expect(emulator.report().breaches).toEqual([
    'Request 4: Key "key-00001" came again with other content',
  ]);
});

test.each([
  ['a nested value', { payload: { a: { b: 2 } } }],
  ['one more field', { payload: { a: { b: 1 }, c: null } }],
  ['a list for an object', { payload: { a: [1] } }],
])('%s is other content', async (_name, fields) => {
  const emulator = await withInstance();
  await bulk(emulator, create('key-00001', { payload: { a: { b: 1 } } }));
  const reply = await bulk(emulator, create('key-00001', fields));
  expect(outcomes(reply)).toEqual({ 'key-00001': 'idempotency_key_already_used' });
});

test('the order of fields is no content', async () => {
  const emulator = await withInstance();
  await bulk(emulator, create('key-00001', { payload: { a: 1, b: [{}] } }));
  const reply = await bulk(emulator, create('key-00001', { payload: { b: [{}], a: 1 } }));
  expect(outcomes(reply)).toEqual({ 'key-00001': 'success' });
});

test('bulk and single endpoints share their keys', async () => {
  const emulator = await withSpan();
  const single = await post(emulator, `agent_spans/${SPAN}/finish`, {
    idempotency_key: 'key-00001',
  });
  const reply = await bulk(emulator, finish('key-00001'));
  expect(at(reply.body, 'outputs', 'key-00001')).toEqual(single.body);
  expect(emulator.report().effects.get('key-00001')).toBe(1);
});

test('an error is not stored: the same key runs again', async () => {
  const emulator = await withInstance();
  const child = create('key-00002', { parent_span_id: SPAN });
  expect(outcomes(await bulk(emulator, child))).toEqual({ 'key-00002': 'not_found' });
  await bulk(emulator, create('key-00001', { id: SPAN }));
  expect(outcomes(await bulk(emulator, child))).toEqual({ 'key-00002': 'success' });
});

test('with storeErrors an error is stored and given again', async () => {
  const emulator = await withInstance({ storeErrors: true });
  const child = create('key-00002', { parent_span_id: SPAN });
  await bulk(emulator, child);
  await bulk(emulator, create('key-00001', { id: SPAN }));
  const again = await bulk(emulator, child, create('key-00003'));
  expect(outcomes(again)).toEqual({ 'key-00002': 'not_found' });
  expect(emulator.report().replays).toBe(1);
});

test('with repeats: refuse a used key is refused, and does nothing', async () => {
  const emulator = await withInstance({ repeats: 'refuse' });
  const child = create('key-00002', { parent_span_id: SPAN });
  await bulk(emulator, create('key-00001', { id: SPAN }));
  const again = await bulk(emulator, create('key-00001', { id: SPAN }), child);
  expect(at(again.body, 'outputs')).toEqual({
    'key-00001': {
      status: 'error',
      code: 'idempotency_key_already_used',
      message: 'The idempotency key was used before',
    },
  });
  const { effects, replays, ran, breaches } = emulator.report();
  expect(effects.get('key-00001')).toBe(1);
  expect(replays).toBe(0);
  expect(ran.at(-1)).toMatchObject({ key: 'key-00001', id: SPAN, outcome: 'error' });
  expect(breaches).toEqual([]);
  expect(outcomes(await bulk(emulator, child))).toEqual({ 'key-00002': 'success' });
});

test('with repeats: refuse the single endpoints refuse too, with 409', async () => {
  const emulator = await withSpan({ repeats: 'refuse' });
  const body = { idempotency_key: 'key-00001' };
  expect((await post(emulator, `agent_spans/${SPAN}/finish`, body)).status).toBe(200);
  expect(await post(emulator, `agent_spans/${SPAN}/finish`, body)).toMatchObject({
    status: 409,
    body: { code: 'idempotency_key_already_used' },
  });
});

test.each([
  [false, 'success'],
  [true, 'idempotency_key_already_used'],
])(
  'with repeats: refuse and storeErrors: %j, the key of an error gets %s',
  async (storeErrors, outcome) => {
    const emulator = await withInstance({ repeats: 'refuse', storeErrors });
    const child = create('key-00002', { parent_span_id: SPAN });
    expect(outcomes(await bulk(emulator, child))).toEqual({ 'key-00002': 'not_found' });
    await bulk(emulator, create('key-00001', { id: SPAN }));
    expect(outcomes(await bulk(emulator, child))).toEqual({ 'key-00002': outcome });
  },
);

test('an item that was not reached runs when its key comes again', async () => {
  const emulator = await withInstance();
  const later = create('key-00002');
  await bulk(emulator, create('key-00001', { parent_span_id: UNKNOWN }), later);
  expect(outcomes(await bulk(emulator, later))).toEqual({ 'key-00002': 'success' });
  expect(emulator.report().replays).toBe(0);
});

test('a single request without a key runs each time', async () => {
  const emulator = await withInstance();
  await post(emulator, 'agent_spans', { details: span() });
  await post(emulator, 'agent_spans', { details: span() });
  expect(emulator.report().effects.size).toBe(0);
  expect(Object.values(emulator.snapshot().instances)[0]?.['span_counts']).toMatchObject({
    total: 2,
  });
});

test.each(['', 'k'.repeat(65), 7])('a single request with the key %j is refused', async (key) => {
  const emulator = await withInstance();
  const reply = await post(emulator, 'agent_spans', { details: span(), idempotency_key: key });
  expect(reply.status).toBe(422);
  expect(at(reply.body, 'errors', 'idempotency_key', 'code')).toBe('invalid_value');
});

test('a single request may have a key of less than 8 characters', async () => {
  const emulator = await withInstance();
  const reply = await post(emulator, 'agent_spans', { details: span(), idempotency_key: 'short' });
  expect(reply.status).toBe(200);
  expect(emulator.report().breaches).toEqual([]);
});
