/** A batch is at least so many times the expected run: one in sixteen then meets no failure. */
const LENGTH = 2.8;
/** The weight of older answers, by which each further answer multiplies it. */
const MEMORY = 0.9;
/** A batch is cut to at most that part of a whole one: cutting less is not worth a request. */
const WORTH = 0.7;
/** The most savings that are kept, in whole batches. */
const ENOUGH = 6;

/**
 * How far a batch is cut where items fail often.
 *
 * The server stops at the first error and the rest of the batch is sent again, so a batch need not be much longer
 * than the run of items until the next failure. But a cut batch that meets no failure costs a request that a whole
 * one would have saved. So there are savings: each failing request adds the items that are done with it, each cut
 * request without a failure takes the places that it left empty, and no batch is cut further than the savings allow.
 * With one request in flight they never fall below zero, so requests that end without a failure stay within items ÷
 * `maxItems`; see docs/internals/stop-at-first-error.md.
 */
export class FailureCut {
  /** Some item has failed so far; until then nothing is cut. */
  hasFailed = false;
  readonly #most: number;
  /** Items run and failures met, the older ones weighted less: their ratio is the expected run. */
  #ran = 0;
  #failures = 0;
  #savings = 0;

  constructor(maxItems: number) {
    this.#most = ENOUGH * maxItems;
  }

  /** How many items a batch is to hold, where `whole` is the most. */
  limit(whole: number): number {
    if (this.#failures === 0) return whole;
    const run = this.#ran / this.#failures;
    const wanted = Math.round(run * this.#length(run, whole));
    const limit = Math.max(wanted, whole - this.#savings);
    return limit > WORTH * whole ? whole : limit;
  }

  /**
   * A request ended with a failure, after so many items had run, the failing one included. So many of its items are
   * done, and need not be sent again.
   */
  failed(ran: number, done: number): void {
    this.hasFailed = true;
    this.#ran = this.#ran * MEMORY + ran;
    this.#failures = this.#failures * MEMORY + 1;
    this.#savings = Math.min(this.#most, this.#savings + done);
  }

  /** A request with so many items ended without a failure. If it was cut, it had left so many places empty. */
  passed(items: number, empty: number): void {
    this.#ran = this.#ran * MEMORY + items;
    this.#failures *= MEMORY;
    this.#savings -= empty;
  }

  /** Nothing is pending: later calls start without savings. */
  rest(): void {
    this.#savings = 0;
  }

  /**
   * How many times the expected run. The fewer the savings, the longer, up to a length at which they grow: then less
   * than one request in `whole` ÷ `run` meets no failure.
   */
  #length(run: number, whole: number): number {
    const careful = Math.max(LENGTH, 1 + Math.log(whole / run));
    const lacking = Math.max(0, 1 - this.#savings / (ENOUGH * whole));
    return LENGTH + (careful - LENGTH) * lacking;
  }
}
