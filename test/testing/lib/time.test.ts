// Latency, delay and abort, in virtual time. Each test ends without a timer.

import type { Clock } from '@sinonjs/fake-timers';
import { install } from '@sinonjs/fake-timers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Emulator } from '../../../src/testing/index.ts';
import type { Reply } from '../helpers.ts';
import {
  at,
  bulk,
  create,
  HEADERS,
  newEmulator,
  ORIGIN,
  outcomes,
  withInstance,
} from '../helpers.ts';

const START = 1_788_249_600_123;
let clock: Clock & { uninstall(): void };

beforeEach(() => {
  clock = install({
    now: START,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  });
});

afterEach(() => {
  const timers = clock.countTimers();
  clock.uninstall();
  expect(timers).toBe(0);
});

/** When the reply came, in milliseconds from now. */
async function timeOf(reply: Promise<unknown>): Promise<number> {
  const from = Date.now();
  const done = reply.then(
    () => Date.now(),
    () => Date.now(),
  );
  await clock.runAllAsync();
  return (await done) - from;
}

function send(emulator: Emulator, signal?: AbortSignal): Promise<Response> {
  return emulator.fetch(`${ORIGIN}/api/v1/bulk`, {
    method: 'POST',
    headers: HEADERS,
    body: JSON.stringify({ items: [{ _type: 'agents/list', idempotency_key: 'list-of-agents' }] }),
    ...(signal === undefined ? {} : { signal }),
  });
}

test('without latency nothing waits, and no timer is started', async () => {
  const emulator = new Emulator();
  expect((await send(emulator)).status).toBe(200);
});

test.each([undefined, Number.NaN, 3n, 1e300])(
  'where Date.now is mocked and gives %s, it answers all the same',
  async (given) => {
    const now = vi.spyOn(Date, 'now').mockReturnValue(given as number);
    expect((await send(new Emulator())).status).toBe(200);
    now.mockRestore();
  },
);

test('the clock is looked up when it is used', async () => {
  const emulator = new Emulator();
  clock.setSystemTime(START + 5_000);
  const reply = await bulk(emulator, {
    _type: 'agents/create',
    idempotency_key: 'create-1',
    details: { name: 'One' },
  });
  const inserted = at(reply.body, 'outputs', 'create-1', 'details', 'inserted_at');
  expect(inserted).toBe(new Date(START + 5_000).toISOString());
});

test('latency passes, half before the work and half after', async () => {
  const emulator = new Emulator({ latencyMs: 40 });
  const reply = send(emulator);
  await clock.tickAsync(19);
  expect(emulator.report().ran).toEqual([]);
  expect(emulator.report().batches).toEqual([expect.objectContaining({ status: 'in flight' })]);
  await clock.tickAsync(1);
  expect(emulator.report().ran).toHaveLength(1);
  expect(await timeOf(reply)).toBe(20);
});

test('latency may differ from request to request', async () => {
  const times = [10, 30];
  const emulator = new Emulator({ latencyMs: () => times.shift() ?? 0 });
  expect(await timeOf(send(emulator))).toBe(10);
  expect(await timeOf(send(emulator))).toBe(30);
});

test('each item that runs takes its time', async () => {
  const emulator = newEmulator({ itemMs: 3 });
  const items = ['key-00001', 'key-00002', 'key-00003'].map((idempotency_key) => ({
    _type: 'agents/list',
    idempotency_key,
  }));
  emulator.faults.refuse('key-00002');
  expect(await timeOf(bulk(emulator, ...items))).toBe(6);
});

test('a fault may wait, and one may do nothing else', async () => {
  const emulator = new Emulator({ latencyMs: 10 });
  emulator.faults.next({ kind: 'delay', delayMs: 100 });
  emulator.faults.next({ kind: 'status', status: 503, delayMs: 200 });
  emulator.faults.poison(
    'list-of-agents',
    { kind: 'status', status: 500, delayMs: 300 },
    { times: 2 },
  );
  expect(await timeOf(send(emulator))).toBe(410);
  expect(await timeOf(send(emulator))).toBe(210);
  expect(await timeOf(send(emulator))).toBe(310);
  expect(await timeOf(send(emulator))).toBe(10);
});

test('requests in flight are counted at their peak', async () => {
  const emulator = new Emulator({ latencyMs: 10 });
  const replies = [send(emulator), send(emulator), send(emulator)];
  await clock.runAllAsync();
  await Promise.all(replies);
  expect(emulator.report().peakInFlight).toBe(3);
  expect(emulator.report().overlaps).toEqual(['list-of-agents']);
});

describe('an abort', () => {
  test('before the request leaves nothing to be done', async () => {
    const emulator = new Emulator({ latencyMs: 10 });
    await expect(send(emulator, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(emulator.report().requests.all).toBe(0);
  });

  test('on the way there undoes the request', async () => {
    const emulator = new Emulator({ latencyMs: 10 });
    const controller = new AbortController();
    const reply = send(emulator, controller.signal);
    const rejected = expect(reply).rejects.toMatchObject({ name: 'AbortError' });
    await clock.tickAsync(4);
    controller.abort();
    await rejected;
    expect(emulator.report().ran).toEqual([]);
    expect(emulator.report().batches).toEqual([expect.objectContaining({ status: 'dropped' })]);
  });

  test('on the way back loses the answer of work that was done', async () => {
    const emulator = new Emulator({ latencyMs: 10 });
    const controller = new AbortController();
    const reason = new Error('too late');
    const reply = send(emulator, controller.signal);
    const rejected = expect(reply).rejects.toBe(reason);
    await clock.tickAsync(6);
    controller.abort(reason);
    await rejected;
    expect(emulator.report().effects.get('list-of-agents')).toBe(1);
  });

  test('reaches a Request too', async () => {
    const emulator = new Emulator({ latencyMs: 10 });
    const controller = new AbortController();
    const request = new Request(`${ORIGIN}/api/v1/ping`, {
      headers: HEADERS,
      signal: controller.signal,
    });
    const rejected = expect(emulator.fetch(request)).rejects.toMatchObject({ name: 'AbortError' });
    await clock.tickAsync(1);
    controller.abort();
    await rejected;
  });

  test('does not wait for a delay that ignores it', async () => {
    const emulator = new Emulator({ latencyMs: 10, delay: () => new Promise(() => {}) });
    const controller = new AbortController();
    const rejected = expect(send(emulator, controller.signal)).rejects.toThrow('stop');
    await clock.tickAsync(0);
    controller.abort(new Error('stop'));
    await rejected;
  });

  test('of a delay that rejects by itself is no unhandled rejection', async () => {
    const emulator = new Emulator({
      latencyMs: 10,
      delay: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
        }),
    });
    const controller = new AbortController();
    const rejected = expect(send(emulator, controller.signal)).rejects.toThrow('stop');
    await clock.tickAsync(0);
    controller.abort(new Error('stop'));
    await rejected;
  });
});

test('now and delay can be given', async () => {
  const waits: number[] = [];
  const emulator = await withInstance({
    latencyMs: 8,
    delay: async (ms) => {
      waits.push(ms);
    },
  });
  const reply: Reply = await bulk(emulator, create('key-00001'));
  expect(outcomes(reply)).toEqual({ 'key-00001': 'success' });
  expect(waits).toEqual([4, 4, 4, 4, 4, 4]);
});
