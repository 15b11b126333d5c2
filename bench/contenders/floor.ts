/**
 * The floor: the least that a right client must do. One promise for each call, the caller's objects
 * in one stringify for each batch, batches filled when a slot is free, one parse, and each call
 * settled by its key.
 */
import type { Caller, Rest, Target } from './contender.ts';
import type { Span } from './span.ts';
import type { Item, Outputs, Post } from './wire.ts';
import { toItem } from './wire.ts';

const BATCH = 100;
/** So many settled entries may stand at the front of the queue before they are cut off. */
const SLACK = 1024;

interface Entry {
  readonly item: Item;
  readonly resolve: (details: object) => void;
  readonly reject: (error: unknown) => void;
}

export class Floor implements Caller {
  readonly kind = 'caller';
  readonly #post: Post;
  readonly #rest: Rest;
  readonly #inFlightMax: number;
  readonly #queue: Entry[] = [];
  #head = 0;
  #inFlight = 0;
  #isWoken = false;

  constructor({ inFlight, rest = 'merged' }: Target, post: Post) {
    this.#post = post;
    this.#rest = rest;
    this.#inFlightMax = inFlight;
  }

  create(span: Span): Promise<object> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ item: toItem(span), resolve, reject });
      this.#wake();
    });
  }

  async close(): Promise<void> {}

  /** At the end of the tick, and of the promise jobs in it. */
  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    void Promise.resolve().then(() => process.nextTick(this.#fill));
  }

  readonly #fill = (): void => {
    this.#isWoken = false;
    while (this.#inFlight < this.#inFlightMax && this.#head < this.#queue.length) {
      void this.#send(this.#take());
    }
  };

  #take(): Entry[] {
    const batch = this.#queue.slice(this.#head, this.#head + BATCH);
    this.#head += batch.length;
    // Seldom, and at least half of it at once: so that it costs a constant for each entry.
    if (this.#head > SLACK && this.#head * 2 > this.#queue.length) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return batch;
  }

  async #send(batch: readonly Entry[]): Promise<void> {
    this.#inFlight++;
    await this.#deliver(batch);
    this.#inFlight--;
    this.#fill();
  }

  async #deliver(batch: readonly Entry[]): Promise<void> {
    let outputs: Outputs;
    try {
      outputs = await this.#post(batch.map(({ item }) => item));
    } catch (error) {
      for (const { reject } of batch) reject(error);
      return;
    }
    const rest: Entry[] = [];
    for (const entry of batch) {
      const key = entry.item.idempotency_key;
      const output = Object.hasOwn(outputs, key) ? outputs[key] : undefined;
      if (output === undefined) rest.push(entry);
      else if (output.status === 'success') entry.resolve(output.details);
      else entry.reject(new Error(output.code));
    }
    if (rest.length > 0) await this.#again(rest);
  }

  /** Each time at least one item less, so it ends. */
  async #again(rest: readonly Entry[]): Promise<void> {
    if (this.#rest === 'merged') this.#queue.splice(this.#head, 0, ...rest);
    else if (this.#rest === 'alone') await this.#deliver(rest);
    else for (const entry of rest) await this.#deliver([entry]);
  }
}
