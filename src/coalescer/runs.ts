import { Heap } from './heap.ts';
import type { Item } from './item.ts';

/** Spent items at the front of a run that are worth the cost of cutting them off. */
const SPENT = 1024;

/** A queue of items with rising seq. */
export class Run {
  readonly #items: Item[];
  #head = 0;

  /** Reads `items` from the front; the array itself is left as it is until it is extended. */
  constructor(items: Item[]) {
    this.#items = items;
  }

  get first(): Item | undefined {
    return this.#items[this.#head];
  }

  get last(): Item | undefined {
    return this.#items.at(-1);
  }

  extend(item: Item): void {
    if (this.#head > SPENT && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    this.#items.push(item);
  }

  advance(): void {
    this.#head++;
  }
}

/** Several runs read as one: always the oldest item of all. */
export class Runs {
  readonly #heap = new Heap<Run>((a, b) => seqOf(a) < seqOf(b));

  /** Items and runs looked at so far: the cost, for tests. */
  get visits(): number {
    return this.#heap.visits;
  }

  get first(): Item | undefined {
    return this.#heap.first?.first;
  }

  add(run: Run): void {
    if (run.first !== undefined) this.#heap.push(run);
  }

  /** Passes over the oldest item. Returns its run where that was the run's last item. */
  advance(): Run | undefined {
    const run = this.#heap.first;
    run?.advance();
    if (run === undefined || run.first !== undefined) {
      this.#heap.firstGrew();
      return undefined;
    }
    return this.#heap.pop();
  }

  clear(): void {
    this.#heap.clear();
  }
}

function seqOf(run: Run): number {
  return run.first?.seq ?? Number.POSITIVE_INFINITY;
}
