// What failing items cost, in requests and in items sent, where many of them fail.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loads } from '../../scripts/storms/loads.ts';
import { oneAtATime } from '../../scripts/storms/one-at-a-time.ts';
import { rows } from '../../scripts/storms/table.ts';
import { FailureCut } from '../../src/coalescer/server/adaptive-limits.ts';
import { engineUnderTest } from '../helpers/engine.ts';
import { randomFrom } from '../helpers/random.ts';
import { fewestInOrder, most } from '../helpers/request-bounds.ts';
import type { Storm } from '../helpers/storm.ts';
import { costOf } from '../helpers/storm.ts';

/** Calls of which some fail, one here and there or many on end, in no order that a rule could know. */
const fails = fc
  .array(
    fc.record({ good: fc.integer({ min: 0, max: 40 }), bad: fc.integer({ min: 1, max: 12 }) }),
    { minLength: 1, maxLength: 40 },
  )
  .map((stretches) =>
    stretches.flatMap(({ good, bad }) => [...Array(good).fill(false), ...Array(bad).fill(true)]),
  );
const maxItems = fc.constantFrom(1, 2, 7, 20, 100);
const mostOf = (storm: Storm): number =>
  most(storm.fails.length, storm.fails.filter(Boolean).length, storm.maxItems);

describe('one request at a time', () => {
  test('k failing items in n cost at most k + ceil(n / maxItems) requests, however they lie', async () => {
    await fc.assert(
      fc.asyncProperty(fails, maxItems, async (fails, maxItems) => {
        const storm = { fails, maxItems, concurrency: 1 };
        const { requests } = await costOf(storm, randomFrom(1));
        expect(requests).toBeLessThanOrEqual(mostOf(storm));
        expect(requests).toBeGreaterThanOrEqual(fewestInOrder(fails, maxItems));
      }),
      { numRuns: 200 },
    );
  });

  test.each(loads)('$title: the simulation says what the engine sends', async ({ draw }) => {
    const fails = draw(randomFrom(3)).slice(0, 4_000);
    const { requests, items } = await costOf(
      { fails, maxItems: 100, concurrency: 1 },
      randomFrom(1),
    );
    expect({ requests, items }).toEqual(oneAtATime(fails, new FailureCut(100), 100));
  });

  test('calls that fit into one batch cost as if nothing were ever cut', async () => {
    await fc.assert(
      fc.asyncProperty(fails, async (fails) => {
        const maxItems = fails.length;
        const { requests } = await costOf({ fails, maxItems, concurrency: 1 }, randomFrom(1));
        expect(requests).toBe(fewestInOrder(fails, maxItems));
      }),
      { numRuns: 50 },
    );
  });
});

describe.each(rows())('$load.title', ({ load: { mostItems }, costs }) => {
  const built = costs.get('as built');

  test('cost at most 1.1 times the fewest requests, and no more than was promised', () => {
    expect(built?.requests).toBeLessThanOrEqual(1.1);
    expect(built?.breaksPromise).toBe(false);
  });

  test('send no more items than was promised', () => {
    expect(built?.items).toBeLessThanOrEqual(mostItems);
  });
});

test('with c in flight, at most one more request for each failing item, and 2 c − 1 beside', async () => {
  await fc.assert(
    fc.asyncProperty(fails, maxItems, fc.constantFrom(2, 4, 16), fc.integer(), async (...given) => {
      const [fails, maxItems, concurrency, seed] = given;
      const storm = { fails, maxItems, concurrency };
      const { requests } = await costOf(storm, randomFrom(seed));
      const failing = fails.filter(Boolean).length;
      expect(requests).toBeLessThanOrEqual(mostOf(storm) + failing + 2 * concurrency - 1);
    }),
    { numRuns: 200 },
  );
});

test.each([1, 4, 16])(
  '%i in flight: a fifth of 10,000 fails, and few are sent in vain',
  async (concurrency) => {
    const random = randomFrom(11);
    const fails = Array.from({ length: 10_000 }, () => random() < 0.2);
    const { requests, items } = await costOf({ fails, maxItems: 100, concurrency }, randomFrom(1));
    expect(requests).toBeLessThanOrEqual(1.1 * fewestInOrder(fails, 100));
    expect(items).toBeLessThanOrEqual(4 * fails.length);
  },
);

test('what an item costs in steps does not grow with the number of those that wait', async () => {
  const costs: number[] = [];
  for (const calls of [5_000, 50_000]) {
    const random = randomFrom(13);
    const fails = Array.from({ length: calls }, () => random() < 0.2);
    const { steps, items } = await costOf({ fails, maxItems: 100, concurrency: 1 }, randomFrom(1));
    costs.push(steps / items);
  }
  const [few = 0, many = 0] = costs;
  expect(many).toBeLessThanOrEqual(1.1 * few);
});

test('once all that failed is over, whole batches leave as if nothing had ever failed', async () => {
  const t = engineUnderTest({ concurrency: 1 });
  const random = randomFrom(17);
  const failing = Array.from({ length: 2_000 }, (_, index) => `a${index}`).filter(
    () => random() < 0.5,
  );
  for (let index = 0; index < 2_000; index++) void t.call(`a${index}`);
  await t.answerAllBut(...failing);
  const before = t.wire.requests.length;
  for (let index = 0; index < 1_000; index++) void t.call(`b${index}`);
  await t.answerAll();
  expect(t.wire.batches.slice(before).map((keys) => keys.length)).toEqual(Array(10).fill(100));
  t.expectIdle();
});

test('in the same backlog batches grow back within a few requests', async () => {
  const random = randomFrom(19);
  const storm = Array.from({ length: 5_000 }, () => random() < 0.2);
  const calm = Array.from({ length: 5_000 }, () => false);
  const given = { maxItems: 100, concurrency: 1 };
  const without = await costOf({ ...given, fails: storm }, randomFrom(1));
  const { requests, items } = await costOf({ ...given, fails: [...storm, ...calm] }, randomFrom(1));
  expect(requests - without.requests).toBeLessThanOrEqual(50 + 6);
  expect(items - without.items).toBeLessThanOrEqual(5_000 + 100);
});
