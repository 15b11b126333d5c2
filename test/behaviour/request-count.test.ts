// What failures cost in requests. One at a time the number is exact; with several
// in flight, what was skipped meets other neighbours, and bounds hold.
import { expect, test } from 'vitest';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import type { Random } from '../helpers/random.ts';
import { randomFrom } from '../helpers/random.ts';
import { fewestInAnyOrder, fewestInOrder, most } from '../helpers/request-bounds.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

const MAX_ITEMS = 100;
/** Further requests that a culprit among so many may cost: two for each time that it is halved. */
const HALVING = 2 * Math.ceil(Math.log2(MAX_ITEMS));

const loads = [
  { items: 1_000, failing: 10, seed: 1 },
  { items: 5_000, failing: 50, seed: 2 },
  { items: 5_000, failing: 500, seed: 3 },
  { items: 10_000, failing: 77, seed: 4 },
];

test.each(loads)(
  '$failing of $items items fail, one request at a time: hardly more requests than have to be',
  async ({ items, failing, seed }) => {
    const fails = flags(items, drawn(randomFrom(seed), items, failing));
    const requests = await requestsOf(1, seed, fails, (t, key) => t.emulator.faults.refuse(key));
    const fewest = fewestInOrder(fails, MAX_ITEMS);
    expect(requests).toBeGreaterThanOrEqual(fewest);
    expect(requests).toBeLessThanOrEqual(1.1 * fewest);
    expect(requests).toBeLessThanOrEqual(most(items, failing, MAX_ITEMS));
    // Where few fail, no batch is cut.
    if (failing < items / 20) expect(requests).toBe(fewest);
  },
);

test.each(loads.flatMap((load) => [4, 16].map((concurrency) => ({ ...load, concurrency }))))(
  '$failing of $items items fail, $concurrency requests at once: hardly more than one for each',
  async ({ items, failing, seed, concurrency }) => {
    const fails = flags(items, drawn(randomFrom(seed), items, failing));
    const requests = await requestsOf(concurrency, seed, fails, (t, key) =>
      t.emulator.faults.refuse(key),
    );
    expect(requests).toBeGreaterThanOrEqual(fewestInAnyOrder(items, failing, MAX_ITEMS));
    expect(requests).toBeLessThanOrEqual(most(items, failing, MAX_ITEMS) + 2 * (concurrency - 1));
  },
);

test.each([1, 4, 16])(
  'every tenth request has an item for which it is refused, %i at once: found by halving',
  async (concurrency) => {
    const [items, seed] = [5_000, 5];
    const random = randomFrom(seed);
    const poisonous = Array.from({ length: items / 1_000 }, (_, index) =>
      Math.floor(1_000 * (index + random())),
    );
    const fails = flags(items, new Set(poisonous));
    const requests = await requestsOf(concurrency, seed, fails, (t, key) =>
      t.emulator.faults.poison(key, { kind: 'status', status: 400 }),
    );
    const culprits = poisonous.length;
    // Each has to be refused alone, or nobody would know.
    const fewest = culprits + Math.ceil((items - culprits) / MAX_ITEMS);
    expect(requests).toBeGreaterThanOrEqual(fewest);
    expect(requests).toBeLessThanOrEqual(Math.ceil(items / MAX_ITEMS) + HALVING * culprits);
  },
);

test.each(
  (['client', 'server'] as const).flatMap((ids) =>
    [1, 16].map((concurrency) => ({ ids, concurrency })),
  ),
)(
  'a failing root with 10,000 descendants, and 10,000 later ones, costs its own request (ids: $ids, $concurrency at once)',
  async ({ ids, concurrency }) => {
    const t = await harness({ ids, batch: { concurrency } });
    const random = randomFrom(6);
    t.refuse('root');
    const root = t.span('root', { status: 'active' });
    await t.settle();
    let parent = root;
    const descend = (): Promise<unknown> => {
      const span = t.client.agentSpans.create({
        agentInstanceId: INSTANCE,
        parentSpanId: parent,
        schemaName: 'agent:chain',
        status: 'active',
      });
      parent = random() < 0.5 ? root : span;
      return span;
    };
    const pending = Array.from({ length: 10_000 }, descend);
    await t.settled();
    const later = Array.from({ length: 10_000 }, descend);
    await t.settled();
    expect(await outcomes(root)).toEqual(['PrefactorValidationError']);
    expect(new Set(await outcomes(...pending, ...later))).toEqual(
      new Set(['PrefactorDependencyError']),
    );
    expect(t.batches()).toEqual([['root']]);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 20_001, refused: 20_001 });
  },
);

test.each(['client', 'server'] as const)(
  'a failing root that leaves together with its descendants costs no more (ids: %s)',
  async (ids) => {
    const t = await harness({ ids });
    t.refuse('root');
    const root = t.span('root', { status: 'active' });
    const children = Array.from({ length: 10_000 }, (_, index) =>
      t.span(`${index}`, { parentSpanId: root }),
    );
    await t.settled();
    expect(await outcomes(root)).toEqual(['PrefactorValidationError']);
    expect(new Set(await outcomes(...children))).toEqual(new Set(['PrefactorDependencyError']));
    // Ids of our own let children ride along; without them none has left at all.
    expect(t.batches().map((batch) => batch.length)).toEqual([ids === 'client' ? MAX_ITEMS : 1]);
  },
);

/** The bulk requests of so many calls in one tick, of which exactly those that are marked reject. */
async function requestsOf(
  concurrency: number,
  seed: number,
  fails: readonly boolean[],
  spoil: (t: Harness, match: Parameters<Harness['emulator']['faults']['refuse']>[0]) => void,
): Promise<number> {
  const random = randomFrom(seed);
  const t = await harness(
    { batch: { maxItems: MAX_ITEMS, concurrency } },
    // Answers overtake each other.
    { latencyMs: () => 10 + 20 * random() },
  );
  const bad = new Set(fails.flatMap((isBad, index) => (isBad ? [keyOf(`${index}`)] : [])));
  spoil(t, ({ key }) => key !== null && bad.has(key));
  const calls = fails.map((_, index) => t.span(`${index}`));
  await t.settled();
  expect(await outcomes(...calls)).toEqual(
    fails.map((isBad) => (isBad ? 'PrefactorValidationError' : 'ok')),
  );
  expect(t.client.stats().ledger).toMatchObject({
    succeeded: fails.length - bad.size,
    refused: bad.size,
  });
  return t.batches().length;
}

function flags(items: number, failing: ReadonlySet<number>): boolean[] {
  return Array.from({ length: items }, (_, index) => failing.has(index));
}

/** So many different places among so many items. */
function drawn(random: Random, items: number, count: number): Set<number> {
  const places = new Set<number>();
  while (places.size < count) places.add(Math.floor(random() * items));
  return places;
}
