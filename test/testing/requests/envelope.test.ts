// The bulk request itself: docs/internals/api.md, "Bulk request".

import { expect, test } from 'vitest';
import { at, bulk, create, newEmulator, outcomes, post, send, withInstance } from '../helpers.ts';

const LIST = { _type: 'agents/list', idempotency_key: 'list-of-agents' };

test.each([
  ['no items', {}, 'required_value', 'at least one item is needed'],
  ['no list of items', { items: {} }, 'required_value', 'at least one item is needed'],
  ['an empty list', { items: [] }, 'required_value', 'at least one item is needed'],
  [
    'an item that is no object',
    { items: ['x'] },
    'required_value',
    'one or more items are incomplete',
  ],
  [
    'an item without key',
    { items: [{ _type: 'agents/list' }] },
    'required_value',
    'one or more items are incomplete',
  ],
  [
    'an item without type',
    { items: [{ idempotency_key: 'key-00001' }] },
    'required_value',
    'one or more items are incomplete',
  ],
  [
    'a key of 7 characters',
    { items: [{ ...LIST, idempotency_key: '1234567' }] },
    'invalid_value',
    'idempotency keys have 8 to 64 characters',
  ],
  [
    'a key of 65 characters',
    { items: [{ ...LIST, idempotency_key: 'k'.repeat(65) }] },
    'invalid_value',
    'idempotency keys have 8 to 64 characters',
  ],
  ['a key twice', { items: [LIST, LIST] }, 'invalid_value', 'idempotency keys are not unique'],
  [
    'an unknown type',
    { items: [{ ...LIST, _type: 'agents/destroy' }] },
    'invalid_value',
    'one or more items have an unknown _type',
  ],
  [
    'the old form of items',
    { items: [{ method: 'GET', path: '/agents' }] },
    'required_value',
    'one or more items are incomplete',
  ],
  [
    'the type of a single endpoint only',
    { items: [{ ...LIST, _type: 'agent_instances/terminate' }] },
    'invalid_value',
    'one or more items have an unknown _type',
  ],
])('%s makes the whole request invalid', async (_name, body, code, message) => {
  const emulator = newEmulator();
  const reply = await post(emulator, 'bulk', body);
  expect(reply.status).toBe(422);
  expect(at(reply.body, 'code')).toBe('validation_errors');
  expect(at(reply.body, 'errors', 'items')).toEqual({ status: 'error', code, message });
  expect(emulator.report().breaches).toHaveLength(1);
  expect(emulator.report().ran).toEqual([]);
});

test.each([8, 64])('a key of %i characters is fine', async (length) => {
  const key = 'k'.repeat(length);
  const reply = await bulk(newEmulator(), { ...LIST, idempotency_key: key });
  expect(outcomes(reply)).toEqual({ [key]: 'success' });
});

test('nothing runs in a request of which one item is not valid', async () => {
  const emulator = await withInstance();
  const reply = await bulk(emulator, create('key-00001'), { _type: 'agent_spans/create' });
  expect(reply.status).toBe(422);
  expect(emulator.report().effects.size).toBe(0);
});

test.each([
  ['is no JSON', '{"items":'],
  ['is a list', '[]'],
  ['is null', 'null'],
])('a body that %s is a bad request', async (_name, body) => {
  const emulator = newEmulator();
  const reply = await send(emulator, 'POST', 'bulk', body);
  expect(reply.status).toBe(400);
  expect(reply.body).toEqual({
    status: 'error',
    code: 'bad_request',
    message: 'The body is not a JSON object',
  });
  expect(emulator.report().breaches).toHaveLength(1);
});

test('a body that is not UTF-8 is a bad request', async () => {
  const emulator = newEmulator();
  const response = await emulator.fetch('https://emulator.test/api/v1/bulk', {
    method: 'POST',
    headers: {
      authorization: 'Bearer test-token',
      'content-type': 'application/json',
      'x-prefactor-sdk': 'a@1',
    },
    body: new Uint8Array([0x7b, 0xff, 0x7d]),
  });
  expect(response.status).toBe(400);
});

test('a key such as __proto__ gets its output like any other', async () => {
  const emulator = newEmulator();
  const body = '{"items":[{"_type":"agents/list","idempotency_key":"__proto__"}]}';
  const reply = await send(emulator, 'POST', 'bulk', body);
  const outputs = at(reply.body, 'outputs');
  expect(Object.getOwnPropertyNames(outputs)).toEqual(['__proto__']);
  expect(emulator.report().effects).toEqual(new Map([['__proto__', 1]]));
});
