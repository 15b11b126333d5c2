// Limits that the options set. No source names the API's own: docs/internals/api.md, "Limits".

import { expect, test } from 'vitest';
import { at, bulk, newEmulator } from '../helpers.ts';

function lists(count: number): unknown[] {
  return Array.from({ length: count }, (_, i) => ({
    _type: 'agents/list',
    idempotency_key: `key-${i + 10_000}`,
  }));
}

test('too many items get 422, which is no breach', async () => {
  const emulator = newEmulator({ maxItems: 3 });
  expect((await bulk(emulator, ...lists(3))).status).toBe(200);
  const reply = await bulk(emulator, ...lists(4));
  expect(reply.status).toBe(422);
  expect(at(reply.body, 'errors', 'items', 'code')).toBe('invalid_value');
  expect(emulator.report().breaches).toEqual([]);
  expect(emulator.report().batches.at(-1)?.keys).toHaveLength(4);
});

test('too many bytes get 413', async () => {
  const size = JSON.stringify({ items: lists(2) }).length;
  const emulator = newEmulator({ maxBytes: size });
  expect((await bulk(emulator, ...lists(2))).status).toBe(200);
  const reply = await bulk(emulator, ...lists(3));
  expect(reply.status).toBe(413);
  expect(at(reply.body, 'code')).toBe('bad_request');
  expect(emulator.report().batches.at(-1)?.keys).toHaveLength(3);
});

test('one request too many at once gets 503', async () => {
  const waiting: (() => void)[] = [];
  const emulator = newEmulator({
    maxInFlight: 2,
    latencyMs: 10,
    delay: () => new Promise((resolve) => waiting.push(resolve)),
  });
  const replies = [1, 2, 3].map((count) => bulk(emulator, ...lists(count)));
  for (let i = 0; i < 6; i++) {
    while (waiting.length === 0) await Promise.resolve();
    waiting.shift()?.();
  }
  expect((await Promise.all(replies)).map((reply) => reply.status)).toEqual([200, 200, 503]);
  expect(emulator.report()).toMatchObject({ peakInFlight: 3, faults: { maxInFlight: 1 } });
});

test('one request too many in a second gets 429, until the next second', async () => {
  let now = 10_500;
  const emulator = newEmulator({ maxPerSecond: 2, now: () => now });
  const statuses: number[] = [];
  for (let i = 0; i < 3; i++) statuses.push((await bulk(emulator, ...lists(1))).status);
  const refused = await bulk(emulator, ...lists(1));
  now = 11_000;
  statuses.push((await bulk(emulator, ...lists(1))).status);
  expect(statuses).toEqual([200, 200, 429, 200]);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(emulator.report().faults).toEqual({ maxPerSecond: 2 });
});
