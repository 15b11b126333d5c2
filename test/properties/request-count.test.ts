import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endsOf, engineUnderTest } from '../helpers/engine.ts';
import { modelServer } from '../helpers/model-server.ts';
import { randomFrom } from '../helpers/random.ts';
import { fewestInAnyOrder, fewestInOrder, most } from '../helpers/request-bounds.ts';

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

/** Exactly the failing items reject; returns which they are, and how many requests it took. */
async function run({ seed, items, share, maxItems, concurrency }: Load) {
  const random = randomFrom(seed);
  const keys = Array.from({ length: items }, (_, index) => `k${index}`);
  const failing = new Set(keys.filter(() => random() < share));
  const t = engineUnderTest(
    { maxItems, concurrency },
    { send: (batch, options) => server.send(batch, options) },
  );
  const server = modelServer({
    clock: t.clock,
    random,
    rates: {},
    failing,
    idFor: () => undefined,
  });
  const calls = keys.map((key) => t.call(key));
  await t.clock.drain();
  const fails = keys.map((key) => failing.has(key));
  expect(await endsOf(...calls)).toEqual(fails.map((hasFailed) => (hasFailed ? 'error' : 'ok')));
  t.expectIdle();
  return { fails, requests: server.requests.length };
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

test('with more in flight, at most two requests more for each of those', async () => {
  await fc.assert(
    fc.asyncProperty(load, async (given) => {
      const { fails, requests } = await run(given);
      const [items, failing] = [fails.length, fails.filter(Boolean).length];
      expect(requests).toBeGreaterThanOrEqual(fewestInAnyOrder(items, failing, given.maxItems));
      expect(requests).toBeLessThanOrEqual(
        most(items, failing, given.maxItems) + 2 * (given.concurrency - 1),
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
