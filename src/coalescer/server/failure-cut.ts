/** A batch is at least so many times the expected stretch: one in sixteen then meets no failure. */
const STRETCHES_IN_CUT_BATCH = 2.8;
/** The weight of older answers, by which each further answer multiplies it. */
const OLDER_ANSWERS_WEIGHT = 0.9;
/** A batch is cut to at most that part of a whole one: cutting less is not worth a request. */
const WORTH_CUTTING = 0.7;
/** The most savings that are kept, in whole batches. */
const MAX_CUT_SAVINGS = 6;

/**
 * How far a batch is cut where items fail often.
 *
 * The server stops at the first error and the rest of the batch is sent again, so a batch need not be much longer
 * than the stretch of items until the next failure. But a cut batch that meets no failure costs a request that a whole
 * one would have saved. So there are savings: each failing request adds the items that are done with it, each cut
 * request without a failure takes the places that it left empty, and no batch is cut further than the savings allow.
 * With one request in flight they never fall below zero, so requests that end without a failure stay within items ÷
 * `maxItems`; see docs/internals/stop-at-first-error.md.
 */
export class FailureCut {
  /** Some item has failed so far; until then nothing is cut. */
  hasFailed = false;
  readonly #most: number;
  /** Items run and failures met, the older ones weighted less: their ratio is the expected stretch. */
  #ran = 0;
  #failures = 0;
  #savings = 0;

  constructor(maxItems: number) {
    this.#most = MAX_CUT_SAVINGS * maxItems;
  }

  /** How many items a batch is to hold, where `whole` is the most. */
  limit(whole: number): number {
    if (this.#failures === 0) return whole;
    const stretch = this.#ran / this.#failures;
    const wanted = Math.round(stretch * this.#length(stretch, whole));
    const limit = Math.max(wanted, whole - this.#savings);
    return limit > WORTH_CUTTING * whole ? whole : limit;
  }

  /**
   * A request ended with a failure, after so many items had run, the failing one included. So many of its items are
   * done, and need not be sent again.
   */
  failed(ran: number, done: number): void {
    this.hasFailed = true;
    this.#ran = this.#ran * OLDER_ANSWERS_WEIGHT + ran;
    this.#failures = this.#failures * OLDER_ANSWERS_WEIGHT + 1;
    this.#savings = Math.min(this.#most, this.#savings + done);
  }

  /** A request with so many items ended without a failure. If it was cut, it had left so many places empty. */
  passed(items: number, empty: number): void {
    this.#ran = this.#ran * OLDER_ANSWERS_WEIGHT + items;
    this.#failures *= OLDER_ANSWERS_WEIGHT;
    this.#savings -= empty;
  }

  /** Nothing is pending: later calls start without savings. */
  rest(): void {
    this.#savings = 0;
  }

  /**
   * How many times the expected stretch. The fewer the savings, the longer, up to a length at which they grow: then
   * less than one request in `whole` ÷ `stretch` meets no failure.
   */
  #length(stretch: number, whole: number): number {
    const careful = Math.max(STRETCHES_IN_CUT_BATCH, 1 + Math.log(whole / stretch));
    const lacking = Math.max(0, 1 - this.#savings / (MAX_CUT_SAVINGS * whole));
    return STRETCHES_IN_CUT_BATCH + (careful - STRETCHES_IN_CUT_BATCH) * lacking;
  }
}
