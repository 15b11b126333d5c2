// Faults of single items: refusals, transient and permanent, and poison.

import { expect, test } from 'vitest';
import type { ItemMatch } from '../../../src/testing/index.ts';
import { at, bulk, create, finish, outcomes, post, SPAN, span, withInstance } from '../helpers.ts';

const [first, second, third] = [create('key-00001'), create('key-00002'), create('key-00003')];

test('a refused item fails, and stops the batch', async () => {
  const emulator = await withInstance();
  emulator.faults.refuse('key-00002', { code: 'odd', message: 'No', errors: { a: ['b'] } });
  const reply = await bulk(emulator, first, second, third);
  expect(outcomes(reply)).toEqual({ 'key-00001': 'success', 'key-00002': 'odd' });
  expect(at(reply.body, 'outputs', 'key-00002')).toEqual({
    status: 'error',
    code: 'odd',
    message: 'No',
    errors: { a: ['b'] },
  });
  expect([...emulator.report().effects.keys()]).toEqual(['key-00001']);
  expect(emulator.report().faults).toEqual({ refuse: 1 });
});

test('a refusal defaults to validation_errors, for ever', async () => {
  const emulator = await withInstance();
  emulator.faults.refuse('key-00001');
  for (let i = 0; i < 3; i++) {
    expect(outcomes(await bulk(emulator, first))).toEqual({ 'key-00001': 'validation_errors' });
  }
});

test('a transient error goes away, counted for each key', async () => {
  const emulator = await withInstance();
  emulator.faults.refuse(() => true, { code: 'temporarily_unavailable', times: 2 });
  const seen = [];
  for (const item of [first, second, first, first, second, second]) {
    seen.push(Object.entries(outcomes(await bulk(emulator, item)))[0]?.join(' '));
  }
  expect(seen).toEqual([
    'key-00001 temporarily_unavailable',
    'key-00002 temporarily_unavailable',
    'key-00001 temporarily_unavailable',
    'key-00001 success',
    'key-00002 temporarily_unavailable',
    'key-00002 success',
  ]);
});

test.each<[string, ItemMatch]>([
  ['key', 'key-00002'],
  ['type', (item) => item.type === 'agent_spans/finish'],
  ['field', (item) => item.fields['agent_span_id'] === SPAN],
])('an item is found by its %s', async (_name, match) => {
  const emulator = await withInstance();
  emulator.faults.refuse(match);
  const reply = await bulk(emulator, create('key-00001', { id: SPAN }), finish('key-00002'));
  expect(outcomes(reply)).toEqual({ 'key-00001': 'success', 'key-00002': 'validation_errors' });
});

test('single endpoints refuse too, with the status of the code', async () => {
  const emulator = await withInstance();
  emulator.faults.refuse(() => true, { code: 'temporarily_unavailable', times: 1 });
  const body = { details: span(), idempotency_key: 'key-00001' };
  expect((await post(emulator, 'agent_spans', body)).status).toBe(503);
  expect((await post(emulator, 'agent_spans', body)).status).toBe(200);
});

test('a success that is stored is replayed in spite of a refusal', async () => {
  const emulator = await withInstance();
  await bulk(emulator, first);
  emulator.faults.refuse('key-00001');
  expect(outcomes(await bulk(emulator, first))).toEqual({ 'key-00001': 'success' });
});

test('with storeErrors a transient error is given for ever', async () => {
  const emulator = await withInstance({ storeErrors: true });
  emulator.faults.refuse('key-00001', { code: 'temporarily_unavailable', times: 1 });
  for (let i = 0; i < 3; i++) {
    expect(outcomes(await bulk(emulator, first))).toEqual({
      'key-00001': 'temporarily_unavailable',
    });
  }
});

test('a poisoned item makes the server fall, whoever is in the batch', async () => {
  const emulator = await withInstance();
  emulator.faults.poison('key-00002');
  expect((await bulk(emulator, first, second)).status).toBe(500);
  expect((await bulk(emulator, second)).status).toBe(500);
  expect((await bulk(emulator, first)).status).toBe(200);
  expect([...emulator.report().effects.keys()]).toEqual(['key-00001']);
  expect(emulator.report().faults).toEqual({ poison: 2 });
});

test('a poisoned item may make the request invalid', async () => {
  const emulator = await withInstance();
  emulator.faults.poison('key-00002', { kind: 'status', status: 422 }, { times: 1 });
  const reply = await bulk(emulator, first, second);
  expect(reply.status).toBe(422);
  expect(at(reply.body, 'errors', 'items', 'code')).toBe('required_value');
  expect((await bulk(emulator, first, second)).status).toBe(200);
});

test('a poisoned item may break the connection', async () => {
  const emulator = await withInstance();
  emulator.faults.poison('key-00001', { kind: 'dropBefore' });
  await expect(bulk(emulator, first)).rejects.toThrow('fetch failed');
});

test('clear ends refusals and poison', async () => {
  const emulator = await withInstance();
  emulator.faults.refuse('key-00001');
  emulator.faults.poison('key-00002');
  emulator.faults.clear();
  const reply = await bulk(emulator, first, second);
  expect(outcomes(reply)).toEqual({ 'key-00001': 'success', 'key-00002': 'success' });
});
