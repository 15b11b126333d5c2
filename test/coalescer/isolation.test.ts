import { describe, expect, test } from 'vitest';
import type { RejectedError } from '../../src/coalescer/ports/rejected-error.ts';
import { endsOf, engineUnderTest } from '../helpers/engine.ts';
import type { ModelServer, ModelServerOptions } from '../helpers/model-server.ts';
import { modelServer } from '../helpers/model-server.ts';
import { randomFrom } from '../helpers/random.ts';
import type { ParkedRequest } from '../helpers/scripted-send.ts';

const keys = (count: number): string[] => Array.from({ length: count }, (_, n) => `k${n}`);

/** An engine before a server that goes by rules. */
function against(
  rules: Partial<ModelServerOptions>,
  settings: Parameters<typeof engineUnderTest>[0] = {},
): { t: ReturnType<typeof engineUnderTest>; server: ModelServer } {
  const t = engineUnderTest(settings, {
    send: (batch, options) => server.send(batch, options),
    ping: () => Promise.resolve(true),
  });
  const server = modelServer({
    clock: t.clock,
    random: randomFrom(1),
    rates: {},
    idFor: () => undefined,
    ...rules,
  });
  return { t, server };
}

describe('a request that is refused as a whole', () => {
  test('is halved until the culprit stands alone; the innocent resolve', async () => {
    const { t, server } = against({ refusing: new Set(['k70']) }, { concurrency: 1 });
    const calls = keys(100).map((key) => t.call(key));
    await t.clock.drain();
    const ends = await endsOf(...calls);
    expect(ends[70]).toBe('refused');
    expect(ends.filter((end) => end !== 'ok')).toHaveLength(1);
    expect(server.requests.length).toBeLessThanOrEqual(15);
    t.expectIdle();
  });

  test('is halved; the second half leaves also when the reply to the first cannot be applied', async () => {
    let hasChance = true;
    const random = () => {
      if (!hasChance) throw new Error('no chance');
      return 0.5;
    };
    const t = engineUnderTest({}, { random });
    const calls = ['a', 'b', 'c', 'd'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.refuse('bad', 'items');
    await t.clock.settle();
    hasChance = false;
    t.wire.parked[0]?.beBusy();
    await t.clock.settle();
    hasChance = true;
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['threw', 'threw', 'ok', 'ok']);
    t.expectIdle();
  });

  test('is halved in order: the second half leaves when the first is through', async () => {
    const t = engineUnderTest();
    const calls = ['a', 'b', 'c', 'd'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.refuse('bad', 'items');
    await t.clock.settle();
    expect(t.wire.batches).toEqual([
      ['a', 'b', 'c', 'd'],
      ['a', 'b'],
    ]);
    t.wire.parked[0]?.refuse('bad', 'items');
    await t.clock.settle();
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    // "a" went through, so "b" is to blame; it is sent alone to hear it.
    t.wire.parked[0]?.refuse('bad', 'items');
    await t.answerAll();
    expect(t.wire.batches.slice(2)).toEqual([['a'], ['b'], ['c', 'd']]);
    expect(await endsOf(...calls)).toEqual(['ok', 'refused', 'ok', 'ok']);
    t.expectIdle();
  });

  test('is halved unsent where the first half went through: the second holds the culprit', async () => {
    const t = engineUnderTest();
    const calls = ['a', 'b', 'c', 'd'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.refuse('bad', 'items');
    await t.clock.settle();
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    expect(t.wire.batches.at(-1)).toEqual(['c']);
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok', 'ok']);
    t.expectIdle();
  });

  test('sends home from a half what waits for an item outside of it', async () => {
    const t = engineUnderTest();
    void t.call('a', { makes: 'a' });
    void t.call('b');
    void t.call('c', { makes: 'c', uses: ['a'] });
    void t.call('d', { uses: ['c'] });
    await t.clock.settle();
    t.wire.parked[0]?.refuse('bad', 'items');
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    expect(t.wire.batches.at(-1)).toEqual(['a', 'b']);
    await t.answerAll();
    t.expectIdle();
  });

  test('of one item rejects it', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    await t.clock.settle();
    t.wire.parked[0]?.refuse('bad', 'items');
    expect(await endsOf(call)).toEqual(['refused']);
    t.expectIdle();
  });

  test('a fault that looks systemic slows halving down, and is told of once', async () => {
    const { t, server } = against({ refusing: new Set(keys(200)) }, { concurrency: 4 });
    const calls = keys(200).map((key) => t.call(key));
    await t.clock.pass(1_000);
    expect(server.requests.length).toBeLessThan(60);
    await t.clock.drain();
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['refused']));
    expect(t.events.failure.filter(({ systemic }) => systemic)).toHaveLength(1);
    t.expectIdle();
  });

  test('for its bytes lowers the bytes of later ones, which grow back to below it', async () => {
    const { t, server } = against({ most: { bytes: 400 } }, { concurrency: 1, maxBytes: 1_000 });
    const calls = keys(2_000).map((key) => t.call(key));
    await t.clock.drain();
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['ok']));
    const refused = server.requests.filter(({ bytes }) => bytes > 400).length;
    expect(refused).toBeLessThanOrEqual(12);
    expect(server.requests.length).toBeLessThan(140);
    t.expectIdle();
  });

  test('of which no part is refused lowers the number of items of later ones', async () => {
    const { t, server } = against({ most: { items: 20 } }, { concurrency: 1 });
    const calls = keys(2_000).map((key) => t.call(key));
    await t.clock.drain();
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['ok']));
    expect(server.requests.length).toBeLessThan(260);
    t.expectIdle();
  });
});

describe('an item that makes the server fall', () => {
  test('takes nobody with it', async () => {
    const { t } = against({ crashing: new Set(['k13']) });
    const calls = keys(100).map((key) => t.call(key));
    await t.clock.drain();
    const ends = await endsOf(...calls);
    expect(ends[13]).toBe('exhausted');
    expect(ends.filter((end) => end !== 'ok')).toHaveLength(1);
    t.expectIdle();
  });

  test('ends even when it is alone: the ping is evidence', async () => {
    const { t } = against({ crashing: new Set(['k0']) });
    const call = t.call('k0');
    await t.clock.drain();
    const error = await call.catch((error: RejectedError) => error);
    expect(error).toMatchObject({ reason: { kind: 'exhausted', limit: 'attempts' } });
    t.expectIdle();
  });
});

describe('a server that is busy', () => {
  test('is left alone for as long as it says, and a little longer', async () => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 4 });
    const calls = ['a', 'b'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.beBusy(7_000);
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    calls.push(t.call('c'));
    await t.clock.pass(7_349);
    expect(t.wire.batches).toEqual([['a'], ['b']]);
    await t.clock.pass(1);
    expect(t.wire.batches.at(2)).toEqual(['a']);
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok']);
    expect(t.events.pause).toEqual([{ ms: 7_350, status: 429 }]);
    expect(t.engine.stats().pausedMs).toBe(7_350);
    t.expectIdle();
  });

  test('costs no attempt', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    const call = t.call('a');
    await t.clock.settle();
    for (const _ of keys(5)) {
      t.wire.parked[0]?.beBusy(10_000);
      await t.clock.pass(10_500);
    }
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('is asked again after a back-off where it names no time', async () => {
    const t = engineUnderTest();
    void t.call('a');
    await t.clock.settle();
    t.wire.parked[0]?.beBusy();
    await t.clock.pass(125 * 1.05 - 1);
    expect(t.wire.requests).toHaveLength(1);
    await t.clock.pass(2);
    expect(t.wire.requests).toHaveLength(2);
    await t.answerAll();
    t.expectIdle();
  });

  test('is probed by one request after the longest pause that it may ask for', async () => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 4, retry: { maxPauseMs: 1_000 } });
    for (const key of keys(6)) void t.call(key);
    await t.clock.settle();
    for (const request of [...t.wire.parked]) request.beBusy(86_400_000);
    await t.clock.pass(1_050);
    expect(t.wire.parked).toHaveLength(1);
    t.wire.parked[0]?.answer();
    await t.answerAll();
    t.expectIdle();
  });

  test('gets half as many requests at once, which grow back to below what was refused', async () => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 16 });
    for (const key of keys(60)) void t.call(key);
    await t.clock.settle();
    expect(t.wire.parked).toHaveLength(16);
    for (const request of [...t.wire.parked]) request.beBusy(100);
    await t.clock.pass(105);
    expect(t.wire.parked).toHaveLength(8);
    expect(t.engine.stats().concurrency).toBe(8);
    await t.answerAll();
    expect(t.engine.stats().concurrency).toBeGreaterThan(8);
    expect(t.engine.stats().concurrency).toBeLessThanOrEqual(15);
    t.expectIdle();
  });
});

describe('a request that is refused for its attempt, of which the next may be made otherwise', () => {
  test('is repeated once', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    await t.clock.settle();
    t.wire.parked[0]?.refuse('denied', 'attempt', 401);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['a']]);
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('rejects all alike the second time', async () => {
    const t = engineUnderTest();
    const calls = ['a', 'b'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.refuse('denied', 'attempt', 401);
    await t.clock.settle();
    t.wire.parked[0]?.refuse('denied', 'attempt', 401);
    expect(await endsOf(...calls)).toEqual(['refused', 'refused']);
    expect(t.wire.batches).toHaveLength(2);
    t.expectIdle();
  });
});

describe('how many requests go at once', () => {
  /** A full house of requests, each of which the test answers. */
  async function fill(t: ReturnType<typeof engineUnderTest>, count: number): Promise<void> {
    for (const key of keys(count)) void t.call(`full-${key}-${t.wire.requests.length}`);
    await t.clock.settle();
  }

  test.each([
    ['is told to wait', (request: ParkedRequest) => request.beBusy(1_000)],
    [
      'is told to wait, and may have been done',
      (request: ParkedRequest) => request.beBusy(9, true),
    ],
    ['takes too long', (request: ParkedRequest) => request.lose('time-out', true)],
  ])('is not learned from a lone request that %s', async (_, fail) => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 16 });
    void t.call('lone');
    await t.clock.settle();
    fail(t.wire.parked[0] as ParkedRequest);
    await t.clock.pass(1_100);
    expect(t.engine.stats().concurrency).toBe(16);
    await fill(t, 20);
    await t.clock.pass(20);
    await t.answerAll();
    expect(t.engine.stats().concurrency).toBe(16);
    t.expectIdle();
  });

  test('is not learned from the probes of an outage in which requests hang', async () => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 16 });
    await fill(t, 16);
    for (const request of [...t.wire.parked]) request.lose('time-out', true);
    for (let probe = 0; probe < 10; probe++) {
      await t.clock.pass(5_000);
      expect(t.wire.parked).toHaveLength(1);
      t.wire.parked[0]?.lose('time-out', true);
    }
    // The sixteen went together, and their end is one event.
    expect(t.engine.stats().concurrency).toBe(8);
    await t.clock.pass(5_000);
    await t.answerAll();
    t.expectIdle();
  });

  test('is not learned from the parts of a batch that may be to blame itself', async () => {
    const t = engineUnderTest({ concurrency: 16, maxItems: 4 });
    const isPart = ({ keys }: ParkedRequest): boolean => keys.some((key) => !key.startsWith('by'));
    for (const key of ['a', 'b', 'c', 'poison']) void t.call(key);
    await t.clock.settle();
    for (let lost = 0; lost < 3; lost++) {
      void t.call(`by ${lost}`);
      await t.clock.pass(20);
      t.wire.parked.find((request) => !isPart(request))?.answer();
      await t.clock.settle();
      t.wire.parked.find(isPart)?.lose('reset');
      await t.clock.pass(2_000);
    }
    const halves = [...t.wire.parked];
    expect(halves.map((half) => half.keys)).toEqual([
      ['a', 'b'],
      ['c', 'poison'],
    ]);
    halves[1]?.lose('time-out', true);
    await t.clock.settle();
    expect(t.engine.stats().concurrency).toBe(16);
    await t.answerAll();
    await t.clock.pass(2_000);
    await t.answerAll();
    t.expectIdle();
  });

  test('is half of those that were in flight, not of those that might have been', async () => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 16 });
    await fill(t, 6);
    t.wire.parked[0]?.beBusy(100);
    await t.clock.settle();
    expect(t.engine.stats().concurrency).toBe(3);
    await t.answerAll();
    await t.clock.pass(110);
    await t.answerAll();
    t.expectIdle();
  });
});
