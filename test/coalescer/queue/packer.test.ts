import { expect, test } from 'vitest';
import type { ItemDependencies } from '../../../src/coalescer/items/dependency-order.ts';
import { Order } from '../../../src/coalescer/items/dependency-order.ts';
import { Item } from '../../../src/coalescer/items/item.ts';
import type { Envelope } from '../../../src/coalescer/ports/options.ts';
import type { BatchLimits } from '../../../src/coalescer/queue/packer.ts';
import { Packer } from '../../../src/coalescer/queue/packer.ts';
import { ReadySet } from '../../../src/coalescer/queue/ready-set.ts';
import { TextArena } from '../../../src/lib/text-arena.ts';
import { submission } from '../../helpers/engine.ts';
import { countSteps } from '../../helpers/steps.ts';

/** A pending item: its key, what it makes, changes and uses, and what else matters. */
interface Row extends ItemDependencies {
  readonly key: string;
  readonly bytes?: number;
  /** Its last answer was an error that may pass. */
  readonly suspect?: boolean;
  /** It is in another request, or waits for a time. */
  readonly away?: boolean;
  readonly notBefore?: number;
}

const NOW = 100;
const tree: Row[] = [
  { key: 'run', makes: 'run' },
  { key: 'start', changes: 'run' },
  { key: 'root', makes: 'root', uses: ['run'] },
  { key: 'child', makes: 'child', uses: ['run', 'root'] },
  { key: 'end child', changes: 'child', uses: ['run'] },
  { key: 'end root', changes: 'root', uses: ['run'] },
  { key: 'end', changes: 'run' },
];

type Limits = BatchLimits & Envelope;

test.each<{ name: string; rows: Row[]; limits?: Partial<Limits>; packed: string[] }>([
  { name: 'nothing', rows: [], packed: [] },
  {
    name: 'independent items by age',
    rows: [{ key: 'a' }, { key: 'b' }, { key: 'c' }],
    packed: ['a', 'b', 'c'],
  },
  {
    name: 'the oldest ones, up to maxItems',
    rows: [{ key: 'a' }, { key: 'b' }, { key: 'c' }],
    limits: { maxItems: 2 },
    packed: ['a', 'b'],
  },
  {
    name: 'a whole tree in the order of the calls',
    rows: tree,
    packed: tree.map(({ key }) => key),
  },
  {
    name: 'of a tree only what comes before the end of the batch',
    rows: tree,
    limits: { maxItems: 4 },
    packed: ['run', 'start', 'root', 'child'],
  },
  {
    name: 'riders and independent items merged by age',
    rows: [{ key: 'a', makes: 'r' }, { key: 'b' }, { key: 'c', uses: ['r'] }, { key: 'd' }],
    packed: ['a', 'b', 'c', 'd'],
  },
  {
    name: 'nobody whose maker is elsewhere',
    rows: [{ key: 'a', makes: 'r', away: true }, { key: 'b', uses: ['r'] }, { key: 'c' }],
    packed: ['c'],
  },
  {
    name: 'nobody whose second maker is elsewhere',
    rows: [
      { key: 'a', makes: 'r', away: true },
      { key: 'b', makes: 's' },
      { key: 'c', uses: ['r', 's'] },
      { key: 'd', uses: ['s'] },
    ],
    packed: ['b', 'd'],
  },
  {
    name: 'no changer while one user is elsewhere',
    rows: [
      { key: 'a', uses: ['r'], away: true },
      { key: 'b', uses: ['r'] },
      { key: 'c', changes: 'r' },
      { key: 'd', uses: ['r'] },
    ],
    packed: ['b'],
  },
  {
    name: 'no user behind a changer that does not ride',
    rows: [
      { key: 'a', makes: 'r' },
      { key: 'b', changes: 'r', uses: ['s'] },
      { key: 'c', makes: 's', away: true },
      { key: 'd', uses: ['r'] },
    ],
    packed: ['a', 'b', 'd'],
  },
  {
    name: 'nobody with a hole, though its maker rides',
    rows: [{ key: 'a', makes: 'r' }, { key: 'b', uses: ['r'], bytes: -1 }, { key: 'c' }],
    packed: ['a', 'c'],
  },
  {
    name: 'nobody whose time has not come, nor those behind',
    rows: [
      { key: 'a', makes: 'r' },
      { key: 'b', changes: 'r', notBefore: NOW + 1 },
      { key: 'c', changes: 'r' },
    ],
    packed: ['a'],
  },
  {
    name: 'a blocked item whose time has come',
    rows: [
      { key: 'a', makes: 'r' },
      { key: 'b', changes: 'r', notBefore: NOW },
    ],
    packed: ['a', 'b'],
  },
  {
    name: 'a suspect last',
    rows: [{ key: 'a', suspect: true }, { key: 'b' }, { key: 'c' }],
    packed: ['b', 'c', 'a'],
  },
  {
    name: 'a suspect last, followed only by what waits for it',
    rows: [
      { key: 'a', makes: 'r', suspect: true },
      { key: 'b', uses: ['r'], makes: 's' },
      { key: 'c' },
      { key: 'd', changes: 's' },
      { key: 'e' },
    ],
    packed: ['c', 'e', 'a', 'b', 'd'],
  },
  {
    name: 'several suspects last, by age',
    rows: [{ key: 'a', suspect: true }, { key: 'b' }, { key: 'c', suspect: true }, { key: 'd' }],
    packed: ['b', 'd', 'a', 'c'],
  },
  {
    name: 'what waits for a suspect user, last as well',
    rows: [{ key: 'a', uses: ['r'], suspect: true }, { key: 'b', changes: 'r' }, { key: 'c' }],
    packed: ['c', 'a', 'b'],
  },
  {
    name: 'users beside a suspect user, not last',
    rows: [
      { key: 'a', uses: ['r'], suspect: true },
      { key: 'b', uses: ['r'] },
    ],
    packed: ['b', 'a'],
  },
  {
    name: 'as many bytes as fit, envelope and separators included',
    rows: [
      { key: 'a', bytes: 40 },
      { key: 'b', bytes: 40 },
      { key: 'c', bytes: 7 },
      { key: 'd', bytes: 6 },
    ],
    limits: { maxBytes: 100 },
    packed: ['a', 'b', 'd'],
  },
  {
    name: 'an item that is too large for any batch, alone',
    rows: [
      { key: 'a', bytes: 500 },
      { key: 'b', bytes: 1 },
    ],
    limits: { maxBytes: 100 },
    packed: ['a'],
  },
  {
    name: 'nobody who waits for an item that did not fit',
    rows: [
      { key: 'a', bytes: 50 },
      { key: 'b', bytes: 60, makes: 'r' },
      { key: 'c', bytes: 1, uses: ['r'] },
      { key: 'd', bytes: 1 },
    ],
    limits: { maxBytes: 100 },
    packed: ['a', 'd'],
  },
])('packs $name', ({ rows, limits, packed }) => {
  const p = packing(rows, limits);
  expect(p.pack().keys).toEqual(packed);
});

test('the bytes are those of the whole request', () => {
  const p = packing([
    { key: 'a', bytes: 10 },
    { key: 'b', bytes: 5 },
  ]);
  expect(p.pack().bytes).toBe(12 + 10 + 1 + 5);
});

test('what does not fit keeps its place, and eight such end the batch', () => {
  const large = [2, 3, 4, 5, 6, 7, 8, 9].map((n) => ({ key: `large ${n}`, bytes: 95 }));
  const rows = [{ key: 'a', bytes: 10 }, ...large, { key: 'z', bytes: 10 }];
  const p = packing(rows, { maxBytes: 110 });
  expect(p.pack().keys).toEqual(['a']);
  expect(p.pack().keys).toEqual(['large 2']);
});

test('where there is little room, even the oldest item is passed over if it does not fit', () => {
  const p = packing([
    { key: 'a', bytes: 50 },
    { key: 'b', bytes: 20 },
    { key: 'c', bytes: 20 },
  ]);
  expect(p.pack(40).keys).toEqual(['b']);
  expect(p.pack(31)).toEqual({ keys: [], bytes: 12 });
  expect(p.pack().keys).toEqual(['a', 'c']);
});

test('a large group that waits for more than this batch does not keep others out', () => {
  const children = Array.from({ length: 1000 }, (_, index) => ({
    key: `child ${index}`,
    uses: ['root', 'away'],
  }));
  const p = packing(
    [
      { key: 'away', makes: 'away', away: true },
      { key: 'root', makes: 'root' },
      ...children,
      { key: 'z' },
    ],
    { maxItems: 5 },
  );
  const steps = countSteps();
  expect(p.pack().keys).toEqual(['root', 'z']);
  expect(steps()).toBeLessThan(children.length);
});

test('after an abort, what is tainted is not read from the neighbour', () => {
  // r: [a uses] [b changes] [c uses] [d changes]; b goes, so that c stands beside a.
  const p = packing([
    { key: 'a', uses: ['r'] },
    { key: 'b', changes: 'r' },
    { key: 'c', uses: ['r'], suspect: true },
    { key: 'd', changes: 'r' },
    { key: 'e' },
  ]);
  p.remove('b');
  expect(p.pack().keys).toEqual(['a', 'e', 'c', 'd']);
});

test('packing leaves no trace in the order', () => {
  const p = packing(tree, { maxItems: 3 });
  expect(p.pack().keys).toEqual(['run', 'start', 'root']);
  for (const key of ['run', 'start', 'root']) p.putBack(key);
  expect(p.pack().keys).toEqual(['run', 'start', 'root']);
});

interface Packing {
  /** `room`: bytes that even a single item must not exceed. */
  pack(room?: number): { readonly keys: string[]; readonly bytes: number };
  /** Takes an item out for good. */
  remove(key: string): void;
  /** Puts a packed item back at its place. */
  putBack(key: string): void;
}

function packing(rows: readonly Row[], limits: Partial<Limits> = {}): Packing {
  const ready = new ReadySet();
  const enter = (item: Item): void => {
    item.state = item.waits > 0 ? 'blocked' : 'ready';
    if (item.state === 'ready') ready.add(item);
  };
  const order = new Order({ onFree: enter, youngest: () => undefined, idOf: (name) => name });
  const bounds: Limits = {
    maxItems: 100,
    maxBytes: 1_000,
    envelopeBytes: 12,
    separatorBytes: 1,
    ...limits,
  };
  const packer = new Packer(bounds);
  const texts = new TextArena();
  const items = new Map<string, Item>();
  for (const [index, row] of rows.entries()) {
    const holed = row.bytes === -1 ? { pieces: ['', ''], holes: [1] } : {};
    const item = new Item(index + 1, 0, { ...submission(row.key), ...holed }, texts);
    items.set(row.key, item);
    item.bytes = row.bytes ?? 10;
    if (row.suspect) item.keepRetryState().transient = { code: 'busy', times: 1, since: 0 };
    if (row.notBefore !== undefined) item.keepRetryState().notBefore = row.notBefore;
    order.join(item, row);
    if (row.away) item.state = 'in flight';
    else enter(item);
  }
  const itemOf = (key: string): Item => items.get(key) as Item;
  return {
    pack(room) {
      const packed = packer.pack(ready, bounds, NOW, room);
      for (const item of packed.items) item.state = 'in flight';
      return { keys: packed.items.map(({ key }) => key), bytes: packed.bytes };
    },
    remove(key) {
      itemOf(key).state = 'settled';
      order.leave(itemOf(key));
    },
    putBack: (key) => enter(itemOf(key)),
  };
}
