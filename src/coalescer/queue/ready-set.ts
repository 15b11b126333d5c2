/**
 * The items that may be packed now, by age.
 *
 * They stand in sorted runs. A new item extends the youngest run; items that come back to older
 * places, or were blocked until now, extend another one. The oldest item of all is the least of the
 * runs' first items. So an item keeps its place for life, and nothing is searched or sorted.
 */
import { Heap } from '../../lib/heap.ts';
import type { Item } from '../items/item.ts';

/** Runs that still grow. Items come back in few orders at once, so few are enough. */
const GROWING = 4;

/** Spent items at the front of a run that are worth the cost of cutting them off. */
const SPENT = 1024;

export class ReadySet {
  size = 0;
  /** UTF-8 bytes of the items' texts. */
  bytes = 0;
  /** The oldest item. */
  first: Item | undefined;
  readonly #runs = new Runs();
  #growing: Run[] = [];
  /** Items that were taken out of turn and still stand in a run. */
  #gone = 0;

  add(item: Item): void {
    this.size++;
    this.bytes += item.bytes;
    // The growing run that ends closest before the item.
    let best: Run | undefined;
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
    const fresh = new Run([item]);
    this.#runs.add(fresh);
    this.first = this.#runs.first;
    if (this.#growing.length === GROWING) this.#growing.shift();
    this.#growing.push(fresh);
  }

  /** Takes the oldest item out, and passes over those behind it that were taken out of turn. */
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

  /** Takes any item out, whose state is no longer `ready`. */
  remove(item: Item): void {
    if (item === this.first) {
      this.takeFirst();
      return;
    }
    this.size--;
    this.bytes -= item.bytes;
    if (++this.#gone > this.size + 64) this.#rebuild();
  }

  /** One run of those who are left; done when more are gone than left, so it costs O(1) each. */
  #rebuild(): void {
    const { size, bytes } = this;
    const left: Item[] = [];
    for (let item = this.takeFirst(); item !== undefined; item = this.takeFirst()) left.push(item);
    const run = new Run(left);
    this.#runs.add(run);
    this.first = this.#runs.first;
    this.#growing = left.length > 0 ? [run] : [];
    this.#gone = 0;
    this.size = size;
    this.bytes = bytes;
  }
}

/** A queue of items with rising seq. */
export class Run {
  readonly #items: Item[];
  #head = 0;
  /** The oldest item. */
  first: Item | undefined;
  /** The youngest one that it has had. */
  last: Item | undefined;

  /** Reads `items` from the front; the array itself is left as it is until it is extended. */
  constructor(items: Item[]) {
    this.#items = items;
    this.first = items[0];
    this.last = items.at(-1);
  }

  extend(item: Item): void {
    if (this.#head > SPENT && this.#head * 2 > this.#items.length) {
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

/** Several runs read as one: always the oldest item of all. */
export class Runs {
  /** The oldest item. */
  first: Item | undefined;
  /** The run in which it stands. */
  #front: Run | undefined;
  /** The others; most often there are none. */
  readonly #others = new Heap<Run>((a, b) => seqOf(a) < seqOf(b));

  add(run: Run): void {
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

  /** Passes over the oldest item. Returns its run where that was the run's last item. */
  advance(): Run | undefined {
    const run = this.#front;
    if (run === undefined) return undefined;
    run.advance();
    const other = this.#others.first;
    if (other !== undefined) {
      if (run.first === undefined) this.#front = this.#others.pop();
      else if (seqOf(other) < run.first.seq) this.#front = this.#others.exchange(run);
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

function seqOf(run: Run): number {
  return run.first?.seq ?? Number.POSITIVE_INFINITY;
}
