import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endsOf, engineUnderTest } from '../helpers/engine.ts';
import { randomFrom } from '../helpers/random.ts';
import { fewestInAnyOrder, fewestInOrder, most } from '../helpers/request-bounds.ts';
import { costOf } from '../helpers/storm.ts';

interface Load {
  readonly seed: number;
  readonly items: number;
  /** The share that fails. */
  readonly share: number;
  readonly maxItems: number;
  readonly concurrency: number;
}

const load: fc.Arbitrary<Load> = fc.record({
  seed: fc.integer(),
  items: fc.integer({ min: 1, max: 400 }),
  share: fc.double({ min: 0, max: 0.3, noNaN: true }),
  maxItems: fc.constantFrom(1, 7, 100),
  concurrency: fc.constantFrom(2, 4, 16),
});

/** Makes the calls; returns which of them failed, and how many requests it took. */
async function run({ seed, items, share, maxItems, concurrency }: Load) {
  const random = randomFrom(seed);
  const fails = Array.from({ length: items }, () => random() < share);
  const { requests } = await costOf({ fails, maxItems, concurrency }, random);
  return { fails, requests };
}

test('one at a time, k failures among n items cost at most k + ceil(n / maxItems) requests', async () => {
  await fc.assert(
    fc.asyncProperty(load, async (given) => {
      const { fails, requests } = await run({ ...given, concurrency: 1 });
      const [items, failing] = [fails.length, fails.filter(Boolean).length];
      expect(requests).toBeGreaterThanOrEqual(fewestInOrder(fails, given.maxItems));
      expect(requests).toBeLessThanOrEqual(most(items, failing, given.maxItems));
    }),
    { numRuns: 200 },
  );
});

test('with c in flight, at most one request more for each failure, and 2 c − 1 beside', async () => {
  await fc.assert(
    fc.asyncProperty(load, async (given) => {
      const { fails, requests } = await run(given);
      const [items, failing] = [fails.length, fails.filter(Boolean).length];
      expect(requests).toBeGreaterThanOrEqual(fewestInAnyOrder(items, failing, given.maxItems));
      expect(requests).toBeLessThanOrEqual(
        most(items, failing, given.maxItems) + failing + 2 * given.concurrency - 1,
      );
    }),
    { numRuns: 200 },
  );
});

test('one failing root with 10,000 pending descendants costs no request beyond its own', async () => {
  const t = engineUnderTest();
  const root = t.call('root', { makes: 'root' });
  const child = (index: number): Promise<unknown> =>
    t.call(`c${index}`, { makes: `n${index}`, uses: [index % 2 ? `n${index - 1}` : 'root'] });
  await t.clock.settle();
  const before = Array.from({ length: 10_000 }, (_, index) => child(index));
  t.wire.parked[0]?.stopAt('root');
  await t.clock.settle();
  const after = Array.from({ length: 10_000 }, (_, index) => child(10_000 + index));
  await t.clock.drain();
  expect(new Set(await endsOf(...before, ...after))).toEqual(new Set(['dependency']));
  expect(await endsOf(root)).toEqual(['error']);
  expect(t.wire.batches).toEqual([['root']]);
  t.expectIdle();
});
