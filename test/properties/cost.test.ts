/**
 * What an item costs, in steps of queue, order and packer, must not depend on how many others are pending.
 */
import { expect, test } from 'vitest';
import type { ItemDependencies } from '../../src/coalescer/items/dependency-order.ts';
import { Item } from '../../src/coalescer/items/item.ts';
import { Backlog } from '../../src/coalescer/queue/backlog.ts';
import { submission } from '../helpers/engine.ts';
import { countSteps } from '../helpers/steps.ts';

interface Shape {
  readonly title: string;
  /** What the n-th of so many items makes, changes and uses. */
  readonly relations: (index: number, total: number) => ItemDependencies;
}

const shapes: readonly Shape[] = [
  { title: 'independent items', relations: () => ({}) },
  {
    title: 'a chain, each item behind the one before it',
    relations: (index) => ({ makes: `n${index}`, uses: index === 0 ? [] : [`n${index - 1}`] }),
  },
  {
    title: 'a star, all items behind the first',
    relations: (index) => ({ makes: `n${index}`, uses: index === 0 ? [] : ['n0'] }),
  },
  {
    title: 'a finish behind all spans of its instance',
    relations: (index, total) =>
      index === total - 1 ? { changes: 'run' } : { makes: `n${index}`, uses: ['run'] },
  },
  {
    title: 'many behind one request in flight, among many that are free',
    relations: (index) => ({ makes: `n${index}`, uses: index % 10 === 1 ? ['n0'] : [] }),
  },
];

const LIMITS = { maxItems: 100, maxBytes: 1_000_000 };

for (const { title, relations } of shapes) {
  test(`${title}: the cost of an item stays flat up to a million`, { timeout: 60_000 }, () => {
    const costs = [1_000, 100_000, 1_000_000].map((size) => costPerItem(size, relations));
    for (const cost of costs) expect(cost, `${costs}`).toBeLessThanOrEqual(1.2 * (costs[0] ?? 0));
  });
}

/** Steps per item, over the whole life of so many items that are all pending at once. */
function costPerItem(size: number, relations: Shape['relations']): number {
  const backlog = new Backlog({
    envelope: { envelopeBytes: 12, separatorBytes: 1 },
    now: () => 1,
    idOf: (name) => name,
  });
  const items: Item[] = [];
  const steps = countSteps();
  for (let index = 0; index < size; index++) {
    const item = new Item(index + 1, 0, submission('key'), backlog.texts);
    items.push(item);
    backlog.append(item, relations(index, size));
  }
  backlog.admit(items, 1);
  // The first request stays out until nothing else can leave.
  const first = backlog.pack(LIMITS, 1).items;
  drain(backlog);
  end(backlog, first);
  drain(backlog);
  const spent = steps();
  expect(backlog.size).toBe(0);
  expect(backlog.order.size).toBe(0);
  return spent / size;
}

function drain(backlog: Backlog): void {
  while (backlog.ready.first !== undefined) end(backlog, backlog.pack(LIMITS, 1).items);
}

function end(backlog: Backlog, items: readonly Item[]): void {
  for (const item of items) backlog.retire(item);
  for (const item of items.toReversed()) backlog.order.leave(item);
}
