import { expect, test } from 'vitest';
import { Item } from '../../../src/coalescer/items/item.ts';
import { ReadySet } from '../../../src/coalescer/queue/ready-set.ts';
import { TextArena } from '../../../src/lib/text-arena.ts';
import { submission } from '../../helpers/engine.ts';

test.each([
  { added: [] },
  { added: [1, 2, 3] },
  { added: [3, 2, 1] },
  { added: [5, 1, 6, 2, 7, 3] },
  { added: [10, 8, 6, 4, 2, 9, 7, 5, 3, 1] },
])('items added as $added are read by age', ({ added }) => {
  const ready = new ReadySet();
  for (const seq of added) ready.add(readyItem(seq));
  expect(ready.size).toBe(added.length);
  expect(emptied(ready)).toEqual(added.toSorted((a, b) => a - b));
  expect([ready.size, ready.bytes]).toEqual([0, 0]);
});

test('an item that comes back stands where it stood', () => {
  const ready = new ReadySet();
  const items = [1, 2, 3, 4].map((seq) => readyItem(seq));
  for (const item of items) ready.add(item);
  const [, second] = items;
  ready.takeFirst();
  ready.takeFirst();
  ready.add(second as Item);
  expect(emptied(ready)).toEqual([2, 3, 4]);
});

test('an item taken out of turn is not read again, and its bytes are gone', () => {
  const ready = new ReadySet();
  const items = [1, 2, 3].map((seq) => readyItem(seq));
  for (const item of items) ready.add(item);
  const { bytes } = ready;
  const [first, second] = items as [Item, Item];
  for (const gone of [second, first]) {
    gone.state = 'settled';
    ready.remove(gone);
  }
  expect([ready.size, ready.bytes]).toEqual([1, bytes / 3]);
  expect(emptied(ready)).toEqual([3]);
});

test('of many items, those taken out of turn leave the others in order', () => {
  const ready = new ReadySet();
  const items = Array.from({ length: 1000 }, (_, index) => readyItem(index + 1));
  for (const item of items) ready.add(item);
  const kept: number[] = [];
  for (const item of items) {
    if (item.seq % 10 === 0) {
      kept.push(item.seq);
      continue;
    }
    item.state = 'blocked';
    ready.remove(item);
  }
  const back = items[4] as Item;
  back.state = 'ready';
  ready.add(back);
  expect(emptied(ready)).toEqual([5, ...kept]);
});

test('the bytes are those of the texts', () => {
  const ready = new ReadySet();
  ready.add(readyItem(1, '€'));
  ready.add(readyItem(2, 'abc'));
  expect(ready.bytes).toBe(6);
});

function readyItem(seq: number, text = 'text'): Item {
  const bytes = new TextEncoder().encode(text).length;
  const item = new Item(
    seq,
    0,
    { ...submission(`k${seq}`), pieces: [text], bytes },
    new TextArena(),
  );
  item.state = 'ready';
  return item;
}

function emptied(ready: ReadySet): number[] {
  const seqs: number[] = [];
  for (let item = ready.first; item !== undefined; item = ready.first) {
    seqs.push(item.seq);
    ready.takeFirst();
  }
  return seqs;
}
