// A bulk endpoint that fails while ping answers, and an item that makes the server fall.
import { describe, expect, test } from 'vitest';
import type { CoalescerOptions } from '../../src/coalescer/index.ts';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest, reasonOf } from '../helpers/engine.ts';
import type { ParkedRequest } from '../helpers/scripted-send.ts';

const ROUND_TRIP_MS = 20;

/** An engine whose pings are answered, by chance of `chance`. */
function withPing(
  settings: Parameters<typeof engineUnderTest>[0] = {},
  chance = 0.5,
): EngineUnderTest {
  const ports: Partial<CoalescerOptions<unknown, string>> = {
    random: () => chance,
    ping: () =>
      new Promise((resolve) => {
        t.clock.after(ROUND_TRIP_MS, () => resolve(true));
      }),
  };
  const t = engineUnderTest(settings, ports);
  return t;
}

/** Lets time pass; each request is answered so, a round trip after it left. */
async function serve(
  t: EngineUnderTest,
  ms: number,
  answer: (request: ParkedRequest) => void,
): Promise<void> {
  const end = t.clock.now() + ms;
  while (t.clock.now() < end) {
    const present = [...t.wire.parked];
    await t.clock.pass(ROUND_TRIP_MS);
    for (const request of present) answer(request);
    await t.clock.settle();
  }
}

const lose = (request: ParkedRequest): void => request.lose();
const answer = (request: ParkedRequest): void => request.answer();

describe('200 s in which requests fail and pings are answered lose nothing', () => {
  test.each([
    { calls: 1, maxItems: 100, chance: 0.5 },
    { calls: 1, maxItems: 100, chance: 0.01 },
    { calls: 1, maxItems: 100, chance: 0.99 },
    { calls: 3, maxItems: 1, chance: 0.5 },
    { calls: 250, maxItems: 100, chance: 0.5 },
    { calls: 250, maxItems: 100, chance: 0.01 },
  ])('of $calls calls, $maxItems in a request, by chance $chance', async (given) => {
    const t = withPing({ maxItems: given.maxItems }, given.chance);
    const calls = Array.from({ length: given.calls }, (_, n) => t.call(`k${n}`));
    await serve(t, 200_000, lose);
    expect(t.engine.stats().ledger).toMatchObject({ pending: given.calls });
    await serve(t, 60_000, answer);
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['ok']));
    t.expectIdle();
  });

  test('whether they began amid answers or not, and with calls that come meanwhile', async () => {
    const t = withPing({ maxItems: 10 });
    const calls = Array.from({ length: 40 }, (_, n) => t.call(`early ${n}`));
    await t.clock.settle();
    t.wire.parked[1]?.answer();
    await t.clock.settle();
    for (let turn = 0; turn < 20; turn++) {
      calls.push(t.call(`late ${turn}`));
      await serve(t, 10_000, lose);
    }
    await serve(t, 60_000, answer);
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['ok']));
    t.expectIdle();
  });
});

describe('an item that makes the server fall', () => {
  const poisonFails = (request: ParkedRequest): void => {
    if (request.keys.includes('poison')) request.lose();
    else request.answer();
  };

  test.each([{ maxItems: 1 }, { maxItems: 2 }, { maxItems: 100 }])(
    'holds nobody back for long, though it is the oldest: $maxItems in a request',
    async ({ maxItems }) => {
      const t = withPing({ maxItems, concurrency: 1 });
      const poison = t.call('poison');
      const others = Array.from({ length: 50 }, (_, n) => t.call(`k${n}`));
      await serve(t, 30_000, poisonFails);
      expect(new Set(await endsOf(...others))).toEqual(new Set(['ok']));
      // The server answers others: what counts now is real.
      for (let turn = 0; turn < 120; turn++) {
        void t.call(`later ${turn}`);
        await serve(t, 1_000, poisonFails);
      }
      expect(await reasonOf(poison)).toMatchObject({ kind: 'exhausted', limit: 'attempts' });
      t.expectIdle();
    },
  );

  test('does not pass for an outage though it is alone: pings count in the end', async () => {
    const t = withPing({ deliveryTimeoutMs: Number.POSITIVE_INFINITY, retry: { limit: 3 } });
    const poison = t.call('poison');
    await serve(t, 59_000, lose);
    expect(t.engine.stats().ledger).toMatchObject({ pending: 1 });
    // Three attempts count, each at least the longest delay after the one before it.
    await serve(t, 30_000, lose);
    expect(await reasonOf(poison)).toMatchObject({ kind: 'exhausted', limit: 'attempts' });
    t.expectIdle();
  });
});
