import { Heap } from '../../lib/heap.ts';
import type { Item } from '../items/item.ts';

/**
 * The items that may be packed now, by age, in a few sorted runs. A new item extends the youngest run; items that
 * come back to older places extend another one. The oldest item is the least of the first items of the runs. So
 * nothing is searched or sorted.
 */

/** Runs that still grow. Items come back in few orders at a time, so few are enough. */
const MAX_GROWING_READY_RUNS = 4;

export class ReadySet {
  size = 0;
  bytes = 0;
  first: Item | undefined;
  readonly #runs = new SortedRuns();
  #growing: SortedRun[] = [];
  /** Items removed out of turn that are still in a run. */
  #gone = 0;

  add(item: Item): void {
    this.size++;
    this.bytes += item.bytes;
    // The run that ends closest before the item.
    let best: SortedRun | undefined;
    let bestSeq = -1;
    for (const run of this.#growing) {
      const seq = run.last?.seq ?? -1;
      if (seq > bestSeq && seq < item.seq) {
        best = run;
        bestSeq = seq;
      }
    }
    if (best !== undefined) {
      best.extend(item);
      return;
    }
    const fresh = new SortedRun([item]);
    this.#runs.add(fresh);
    this.first = this.#runs.first;
    if (this.#growing.length === MAX_GROWING_READY_RUNS) this.#growing.shift();
    this.#growing.push(fresh);
  }

  /** Takes the oldest item, and skips those behind it that were removed. */
  takeFirst(): Item | undefined {
    const { first } = this;
    if (first === undefined) return undefined;
    this.size--;
    this.bytes -= first.bytes;
    for (;;) {
      const spent = this.#runs.advance();
      if (spent !== undefined) this.#growing = this.#growing.filter((run) => run !== spent);
      const next = this.#runs.first;
      this.first = next;
      if (next === undefined || next.state === 'ready') return first;
      this.#gone--;
    }
  }

  /** Removes an item whose state is no longer `ready`. */
  remove(item: Item): void {
    if (item === this.first) {
      this.takeFirst();
      return;
    }
    this.size--;
    this.bytes -= item.bytes;
    if (++this.#gone > this.size + 64) this.#rebuild();
  }

  /** Makes one run of what is left, once more items are gone than left: O(1) for each. */
  #rebuild(): void {
    const { size, bytes } = this;
    const left: Item[] = [];
    for (let item = this.takeFirst(); item !== undefined; item = this.takeFirst()) left.push(item);
    const run = new SortedRun(left);
    this.#runs.add(run);
    this.first = this.#runs.first;
    this.#growing = left.length > 0 ? [run] : [];
    this.#gone = 0;
    this.size = size;
    this.bytes = bytes;
  }
}

/** Taken items at the front of a run that are worth cutting off. */
const MANY_TAKEN_FROM_RUN = 1024;

/** A queue of items with rising seq. */
export class SortedRun {
  readonly #items: Item[];
  #head = 0;
  first: Item | undefined;
  last: Item | undefined;

  /** Does not change `items` before it is extended. */
  constructor(items: Item[]) {
    this.#items = items;
    this.first = items[0];
    this.last = items.at(-1);
  }

  extend(item: Item): void {
    if (this.#head > MANY_TAKEN_FROM_RUN && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    this.#items.push(item);
    this.first ??= item;
    this.last = item;
  }

  advance(): void {
    if (this.first !== undefined) this.first = this.#items[++this.#head];
  }
}

/** Several runs read as one, oldest item first. */
export class SortedRuns {
  first: Item | undefined;
  #front: SortedRun | undefined;
  /** The others; usually none. */
  readonly #others = new Heap<SortedRun>((a, b) => seqOf(a) < seqOf(b));

  add(run: SortedRun): void {
    if (run.first === undefined) return;
    const front = this.#front;
    if (front !== undefined && seqOf(front) < run.first.seq) {
      this.#others.push(run);
    } else {
      if (front !== undefined) this.#others.push(front);
      this.#front = run;
      this.first = run.first;
    }
  }

  /** Skips the oldest item. Returns its run if that is empty now. */
  advance(): SortedRun | undefined {
    const run = this.#front;
    if (run === undefined) return undefined;
    run.advance();
    const other = this.#others.first;
    if (other !== undefined) {
      if (run.first === undefined) this.#front = this.#others.pop();
      else if (seqOf(other) < run.first.seq) this.#front = this.#others.replace(run);
    } else if (run.first === undefined) {
      this.#front = undefined;
    }
    this.first = this.#front?.first;
    return run.first === undefined ? run : undefined;
  }

  clear(): void {
    this.#front = undefined;
    this.first = undefined;
    this.#others.clear();
  }
}

function seqOf(run: SortedRun): number {
  return run.first?.seq ?? Number.POSITIVE_INFINITY;
}
