import { expect, test } from 'vitest';
import { Item } from '../../../src/coalescer/items/item.ts';
import { SortedRun, SortedRuns } from '../../../src/coalescer/queue/ready-set.ts';
import { TextArena } from '../../../src/lib/text-arena.ts';
import { submission } from '../../helpers/engine.ts';

test('several runs are read as one, and each is handed back when it is spent', () => {
  const runs = new SortedRuns();
  const [odd, even] = [
    new SortedRun([1, 3].map((seq) => itemOf(seq))),
    new SortedRun([2].map((seq) => itemOf(seq))),
  ];
  runs.add(odd);
  runs.add(even);
  runs.add(new SortedRun([]));
  const read: unknown[] = [];
  for (let item = runs.first; item !== undefined; item = runs.first) {
    const spent = runs.advance();
    read.push([item.seq, spent === odd ? 'odd' : spent === even ? 'even' : undefined]);
  }
  expect(read).toEqual([
    [1, undefined],
    [2, 'even'],
    [3, 'odd'],
  ]);
});

test('a run that is read to its end can be extended a thousand times', () => {
  const run = new SortedRun([itemOf(0)]);
  for (let seq = 1; seq <= 5000; seq++) {
    run.extend(itemOf(seq));
    expect(run.first?.seq).toBe(seq - 1);
    run.advance();
  }
  expect([run.first?.seq, run.last?.seq]).toEqual([5000, 5000]);
});

function itemOf(seq: number): Item {
  return new Item(seq, 0, submission(`k${seq}`), new TextArena());
}
