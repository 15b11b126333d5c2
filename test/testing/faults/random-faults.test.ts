// Faults at random: repeatable by their seed.

import { expect, test } from 'vitest';
import type { FaultPlan } from '../../../src/testing/index.ts';
import { bulk, create, newEmulator, post, withInstance } from '../helpers.ts';

/** What became of 200 requests: a status each, or `dropped`. */
async function history(faults: FaultPlan, seed = 1): Promise<(number | string)[]> {
  const emulator = await withInstance({ faults, seed });
  const seen: (number | string)[] = [];
  for (let i = 0; i < 200; i++) {
    const reply = await bulk(emulator, create(`key-${i + 10_000}`)).catch(() => undefined);
    seen.push(reply?.status ?? 'dropped');
  }
  return seen;
}

test('the same seed gives the same faults, another gives others', async () => {
  const rates = { status: 0.2, dropBefore: 0.1, dropAfter: 0.1 };
  const one = await history({ rates, seed: 7 });
  expect(await history({ rates, seed: 7 })).toEqual(one);
  expect(await history({ rates, seed: 8 })).not.toEqual(one);
  expect(new Set(one)).toEqual(new Set([200, 429, 500, 502, 503, 'dropped']));
});

test('without a seed of its own the plan takes that of the emulator', async () => {
  const rates = { status: 0.5 };
  expect(await history({ rates }, 3)).toEqual(await history({ rates, seed: 3 }));
  expect(await history({ rates }, 3)).not.toEqual(await history({ rates }, 4));
});

test('a rate of 1 fires each time, a rate of 0 never', async () => {
  expect(new Set(await history({ rates: { dropBefore: 1 } }))).toEqual(new Set(['dropped']));
  expect(new Set(await history({ rates: { dropBefore: 0 } }))).toEqual(new Set([200]));
});

test('statuses and Retry-After can be chosen', async () => {
  const faults = { rates: { status: 1 }, statuses: [503], retryAfter: 2 };
  const reply = await bulk(newEmulator({ faults }), create('key-00001'));
  expect(reply.status).toBe(503);
  expect(reply.headers.get('retry-after')).toBe('2');
});

test('a random delay stays below its bound', async () => {
  const waits: number[] = [];
  const emulator = newEmulator({
    faults: { rates: { delay: 1 }, maxDelayMs: 50 },
    delay: async (ms) => {
      waits.push(ms);
    },
  });
  for (let i = 0; i < 20; i++) await post(emulator, 'bulk', {});
  expect(waits).toHaveLength(20);
  expect(Math.max(...waits)).toBeLessThan(50);
  expect(new Set(waits).size).toBe(20);
});

test('permanent item errors hit the same keys each time', async () => {
  const keys = Array.from({ length: 100 }, (_, i) => `key-${i + 10_000}`);
  const refused = async (): Promise<string[]> => {
    const emulator = await withInstance({ faults: { rates: { itemPermanent: 0.2 }, seed: 5 } });
    for (const key of [...keys, ...keys]) await bulk(emulator, create(key));
    const { ran, faults, effects } = emulator.report();
    const failed = ran.filter((item) => item.outcome === 'error').map((item) => item.key ?? '');
    expect(faults).toEqual({ itemPermanent: failed.length });
    expect(effects.size + failed.length / 2).toBe(keys.length);
    expect(new Set(ran.map((item) => item.code))).toEqual(new Set([null, 'validation_errors']));
    return failed;
  };
  const failed = await refused();
  expect(failed.length).toBeGreaterThan(0);
  expect(failed.slice(failed.length / 2)).toEqual(failed.slice(0, failed.length / 2));
  expect(await refused()).toEqual(failed);
});

test('transient item errors go away by themselves', async () => {
  const faults = {
    rates: { itemTransient: 0.5 },
    transient: { code: 'temporarily_unavailable' },
    seed: 9,
  };
  const emulator = newEmulator({ faults });
  for (let i = 0; i < 50; i++) {
    await post(emulator, 'agent_instance/register', { idempotency_key: 'key-00001' });
  }
  const { ran, effects, faults: fired } = emulator.report();
  expect(effects).toEqual(new Map([['key-00001', 1]]));
  expect(ran.at(0)).toMatchObject({ outcome: 'error', code: 'temporarily_unavailable' });
  expect(ran.at(-1)?.outcome).toBe('replay');
  expect(fired).toEqual({ itemTransient: ran.filter((item) => item.outcome === 'error').length });
});

test('clear ends the plan', async () => {
  const emulator = newEmulator({ faults: { rates: { dropBefore: 1 } } });
  emulator.faults.clear();
  expect((await post(emulator, 'bulk', {})).status).toBe(422);
});
