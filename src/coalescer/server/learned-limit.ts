/**
 * How much fits into one request, learned from what the server refuses as too much. What was refused
 * is remembered: a limit grows back with success, up to just below it.
 */

/** A limit grows by this part, after a batch that filled so much of it. */
const GROWTH = 1.25;
const FILLED = 0.8;
/** How close to what was refused it comes. */
const MARGIN = 0.9;
/** Full batches before what was refused is tried once more; twice as many after each refusal. */
const FIRST_PROBE = 8;

export class LearnedLimit {
  /** The most that is worth trying. */
  limit: number;
  /** Something was refused, and as much was not accepted since; else `accepted` need not be told. */
  isLearning = false;
  readonly #max: number;
  /** The same, before it is rounded down. */
  #exact: number;
  #refused = Number.POSITIVE_INFINITY;
  #fullBatches = 0;
  #probeAfter = FIRST_PROBE;

  constructor(max: number) {
    this.#max = max;
    this.limit = max;
    this.#exact = max;
  }

  /** A batch of that size was too much. */
  refused(size: number): void {
    // Of those refused together only the first one was the try.
    if (this.#exact > MARGIN * this.#refused) this.#probeAfter *= 2;
    this.#refused = Math.min(this.#refused, size);
    this.isLearning = true;
    this.#fullBatches = 0;
    this.#become(Math.max(1, Math.min(this.#exact, size / 2)));
  }

  /** A batch of that size went through. */
  accepted(size: number): void {
    // Against the whole number: no batch can fill a broken one.
    if (size < FILLED * this.limit) return;
    if (size >= this.#refused) this.#refused = Number.POSITIVE_INFINITY;
    const most = Math.max(1, Math.min(this.#max, MARGIN * this.#refused));
    if (this.#exact < most) {
      this.#become(Math.min(most, this.#exact * GROWTH));
    } else if (this.#exact > most) {
      // The try went through with less than what was refused: it proves nothing.
      this.#become(most);
    } else if (++this.#fullBatches >= this.#probeAfter) {
      this.#fullBatches = 0;
      this.#become(Math.min(this.#max, this.#refused));
    }
    this.isLearning = this.#exact < this.#max || this.#refused < Number.POSITIVE_INFINITY;
  }

  #become(exact: number): void {
    this.#exact = exact;
    this.limit = Math.floor(exact);
  }
}
