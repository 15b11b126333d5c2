import { Heap } from '../../lib/heap.ts';
import type { Item } from '../items/item.ts';

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
