import fc from 'fast-check';
import { expect, test } from 'vitest';
import { endsOf, engineUnderTest } from '../helpers/engine.ts';
import { modelServer } from '../helpers/model-server.ts';
import { randomFrom } from '../helpers/random.ts';

const load = fc.record({
  seed: fc.integer(),
  items: fc.integer({ min: 1, max: 400 }),
  share: fc.double({ min: 0, max: 0.3, noNaN: true }),
  maxItems: fc.constantFrom(1, 7, 100),
});

test('k failures among n items cost at most k + ceil(n / maxItems) requests, one at a time', async () => {
  await fc.assert(
    fc.asyncProperty(load, async ({ seed, items, share, maxItems }) => {
      const random = randomFrom(seed);
      const keys = Array.from({ length: items }, (_, index) => `k${index}`);
      const failing = new Set(keys.filter(() => random() < share));
      const t = engineUnderTest(
        { maxItems, concurrency: 1 },
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
      expect(await endsOf(...calls)).toEqual(
        keys.map((key) => (failing.has(key) ? 'error' : 'ok')),
      );
      expect(server.requests.length).toBeLessThanOrEqual(
        failing.size + Math.ceil(items / maxItems),
      );
      t.expectIdle();
    }),
    { numRuns: 200 },
  );
});

test('1,000 calls with 1 % failing for good settle exactly, in at most 20 requests', async () => {
  const keys = Array.from({ length: 1_000 }, (_, index) => `k${index}`);
  const failing = new Set(keys.filter((_, index) => index % 100 === 57));
  const t = engineUnderTest(
    { concurrency: 1 },
    { send: (batch, options) => server.send(batch, options) },
  );
  const server = modelServer({
    clock: t.clock,
    random: randomFrom(1),
    rates: {},
    failing,
    idFor: () => undefined,
  });
  const calls = keys.map((key) => t.call(key));
  await t.clock.drain();
  expect(await endsOf(...calls)).toEqual(keys.map((key) => (failing.has(key) ? 'error' : 'ok')));
  expect(server.requests.length).toBeLessThanOrEqual(20);
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
