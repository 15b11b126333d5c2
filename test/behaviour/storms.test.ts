// Where many items fail, batches are cut, so that little is sent in vain.
import { expect, test } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { randomFrom } from '../helpers/random.ts';
import { fewestInOrder, most } from '../helpers/request-bounds.ts';
import { keyOf } from '../helpers/spans.ts';

const MAX_ITEMS = 100;

test.each([
  { percent: 5, concurrency: 1 },
  { percent: 20, concurrency: 1 },
  { percent: 50, concurrency: 1 },
  { percent: 20, concurrency: 16 },
])(
  '$percent % of 5,000 calls fail, $concurrency in flight: each hears of its own, and few are sent in vain',
  async ({ percent, concurrency }) => {
    const random = randomFrom(percent);
    const fails = Array.from({ length: 5_000 }, () => 100 * random() < percent);
    const t = await harness({ batch: { concurrency } });
    const bad = new Set(fails.flatMap((isBad, index) => (isBad ? [keyOf(`${index}`)] : [])));
    t.emulator.faults.refuse(({ key }) => key !== null && bad.has(key));
    const calls = fails.map((_, index) => t.span(`${index}`));
    await t.settled();
    expect(await outcomes(...calls)).toEqual(
      fails.map((isBad) => (isBad ? 'PrefactorValidationError' : 'ok')),
    );
    const { requests, items, ledger } = t.client.stats();
    expect(ledger).toMatchObject({ succeeded: 5_000 - bad.size, refused: bad.size });
    expect(requests).toBeLessThanOrEqual(1.1 * fewestInOrder(fails, MAX_ITEMS));
    expect(requests).toBeLessThanOrEqual(most(5_000, bad.size, MAX_ITEMS) + 2 * (concurrency - 1));
    expect(items).toBeLessThanOrEqual(5 * 5_000);
  },
);

test('a span that fails takes its finish along, and only those that failed cost a request', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  const random = randomFrom(23);
  const names = Array.from({ length: 2_000 }, (_, index) => `${index}`);
  const bad = new Set(names.filter(() => random() < 0.3));
  const badKeys = new Set([...bad].map(keyOf));
  t.emulator.faults.refuse(({ key }) => key !== null && badKeys.has(key));
  const creates = names.map((name) => t.span(name, { status: 'active' }));
  const finishes = creates.map((span) => t.client.agentSpans.finish(span, { status: 'complete' }));
  await t.settled();
  const ends = (error: string) => names.map((name) => (bad.has(name) ? error : 'ok'));
  expect(await outcomes(...creates)).toEqual(ends('PrefactorValidationError'));
  expect(await outcomes(...finishes)).toEqual(ends('PrefactorDependencyError'));
  const { requests, items } = t.client.stats();
  expect(requests).toBeLessThanOrEqual(most(4_000, bad.size, MAX_ITEMS));
  expect(items).toBeLessThanOrEqual(5 * 4_000);
});

test('of a run that fails whole nothing is sent but what failed', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  t.emulator.faults.refuse(({ type }) => type === 'agent_instances/register');
  const runs = Array.from({ length: 50 }, () => {
    const run = t.client.agentInstances.register({});
    const spans = Array.from({ length: 20 }, () =>
      t.client.agentSpans.create({
        agentInstanceId: run,
        schemaName: 'agent:tool',
        status: 'complete',
      }),
    );
    return [run, ...spans];
  });
  await t.settled();
  expect(new Set(await outcomes(...runs.flat()))).toEqual(
    new Set(['PrefactorValidationError', 'PrefactorDependencyError']),
  );
  expect(t.client.stats().requests).toBeLessThanOrEqual(most(50, 50, MAX_ITEMS));
});

test('after the storm the same client sends whole batches', async () => {
  const t = await harness({ batch: { concurrency: 1 } });
  t.emulator.faults.refuse(({ key }) => key?.endsWith('3') === true);
  for (let index = 0; index < 2_000; index++) void t.span(`${index}`);
  await t.settled();
  const before = t.batches().length;
  const calls = Array.from({ length: 1_000 }, (_, index) => t.span(`later-${10 * index}`));
  await t.settled();
  expect(new Set(await outcomes(...calls))).toEqual(new Set(['ok']));
  expect(
    t
      .batches()
      .slice(before)
      .map((keys) => keys.length),
  ).toEqual(Array(10).fill(MAX_ITEMS));
});
