// `onAnswer`: a word for each request, as its answer leaves.

import { expect, test } from 'vitest';
import type { AnsweredRequest, Emulator, EmulatorOptions } from '../../../src/testing/index.ts';
import {
  bulk,
  create,
  finish,
  get,
  HEADERS,
  INSTANCE,
  newEmulator,
  ORIGIN,
  post,
  SPAN,
  send,
  UNKNOWN,
  withInstance,
} from '../helpers.ts';

/** An emulator with the instance, and what it tells from then on. */
async function listening(
  options: EmulatorOptions = {},
): Promise<{ emulator: Emulator; heard: AnsweredRequest[] }> {
  const heard: AnsweredRequest[] = [];
  const emulator = await withInstance({ ...options, onAnswer: (one) => heard.push(one) });
  heard.length = 0;
  return { emulator, heard };
}

test('a bulk request is told of with its items and what became of them', async () => {
  const { emulator, heard } = await listening();
  const items = [
    create('key-00001'),
    finish('key-00002', { agent_span_id: UNKNOWN }),
    create('key-00003'),
    create('key-00004'),
  ];
  await bulk(emulator, ...items);
  expect(heard).toEqual([
    {
      request: 3,
      route: 'POST /api/v1/bulk',
      status: 200,
      bytes: JSON.stringify({ items }).length,
      ms: 0,
      items: 4,
      succeeded: 1,
      replayed: 0,
      failed: 1,
      skipped: 2,
      faults: [],
      unknownFields: [],
      breaches: [],
      ran: [
        expect.objectContaining({ key: 'key-00001', outcome: 'success', message: null }),
        expect.objectContaining({ key: 'key-00002', outcome: 'error', code: 'not_found' }),
      ],
    },
  ]);
});

test('an answer that was stored counts as a success, and apart', async () => {
  const { emulator, heard } = await listening();
  await bulk(emulator, create('key-00001'));
  await bulk(emulator, create('key-00001'), create('key-00002'));
  expect(heard[1]).toMatchObject({ items: 2, succeeded: 2, replayed: 1, failed: 0, skipped: 0 });
});

test('a request that is refused as a whole has run none of its items', async () => {
  const { emulator, heard } = await listening({ maxItems: 1 });
  await bulk(emulator, create('key-00001'), create('key-00002'));
  expect(heard[0]).toMatchObject({ status: 422, items: 2, succeeded: 0, failed: 0, skipped: 0 });
});

test('faults of the request and of its items are named, each once', async () => {
  const { emulator, heard } = await listening();
  emulator.faults.next({ kind: 'dropAfter' });
  emulator.faults.refuse('key-00001');
  const lost = bulk(emulator, create('key-00001'), create('key-00002'));
  await expect(lost).rejects.toThrow(TypeError);
  await bulk(emulator, create('key-00002'));
  expect(heard).toMatchObject([
    { status: 'dropped', failed: 1, skipped: 1, faults: ['dropAfter', 'refuse'] },
    { status: 200, succeeded: 1, faults: [] },
  ]);
});

test('an item that a fault leaves out is not called skipped', async () => {
  const { emulator, heard } = await listening();
  emulator.faults.next({ kind: 'omit', runs: false });
  await bulk(emulator, create('key-00001'), finish('key-00002'), create('key-00003'));
  expect(heard[0]).toMatchObject({ items: 3, succeeded: 0, failed: 1, skipped: 1 });
});

test('other endpoints have a route and a status, and no items', async () => {
  const { emulator, heard } = await listening();
  await get(emulator, 'ping');
  await post(emulator, `agent_spans/${SPAN}/finish`, {});
  await get(emulator, 'nowhere');
  expect(heard).toMatchObject([
    { route: 'GET /api/v1/ping', status: 200, items: 0 },
    { route: 'POST /api/v1/agent_spans/{id}/finish', status: 404, items: 0, failed: 0 },
    { route: 'GET /api/v1/nowhere', status: 404, items: 0 },
  ]);
});

test('breaches of the contract are in it, and neither token nor payload', async () => {
  const { emulator, heard } = await listening();
  const item = { ...create('key-00001', { payload: { secret: 'a-payload' } }), extra: 'a-value' };
  const headers = { ...HEADERS, authorization: 'Bearer a-wrong-token' };
  await bulk(emulator, item);
  await send(emulator, 'POST', 'bulk', JSON.stringify({ items: [item] }), headers);
  expect(heard[0]?.breaches).toEqual(['Unknown field "extra" (agent_spans/create "key-00001")']);
  expect(heard[1]).toMatchObject({ status: 401, succeeded: 0 });
  expect(JSON.stringify(heard)).not.toMatch(/a-payload|a-value|a-wrong-token|test-token/);
});

test('the time is that of the emulator: from arrival to answer', async () => {
  let now = 1_000;
  const heard: AnsweredRequest[] = [];
  const emulator = newEmulator({
    latencyMs: 40,
    now: () => now,
    delay: async (ms) => {
      now += ms;
    },
    onAnswer: (one) => heard.push(one),
  });
  await post(emulator, 'agent_instance/register', { id: INSTANCE });
  expect(heard[0]?.ms).toBe(40);
});

test('a client that gives up is told of as dropped', async () => {
  const heard: AnsweredRequest[] = [];
  const controller = new AbortController();
  const emulator = newEmulator({
    latencyMs: 10,
    delay: () => {
      controller.abort(new Error('enough'));
      return new Promise(() => {});
    },
    onAnswer: (one) => heard.push(one),
  });
  const init = { headers: HEADERS, signal: controller.signal };
  await expect(emulator.fetch(`${ORIGIN}/api/v1/ping`, init)).rejects.toThrow('enough');
  expect(heard).toMatchObject([{ status: 'dropped', route: 'GET /api/v1/ping' }]);
});

test('`onRequest` is told of a request when it arrives, before it runs', async () => {
  const heard: unknown[] = [];
  const emulator = await withInstance({
    onRequest: (one) => heard.push(one),
    onAnswer: ({ request }) => heard.push(request),
  });
  heard.length = 0;
  const items = [create('key-00001'), create('key-00002')];
  await bulk(emulator, ...items);
  const { length: bytes } = JSON.stringify({ items });
  const route = 'POST /api/v1/bulk';
  expect(heard).toEqual([
    { request: 3, route, bytes, items: 2, keys: ['key-00001', 'key-00002'] },
    3,
  ]);
});
