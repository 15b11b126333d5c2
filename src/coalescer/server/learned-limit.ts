/**
 * How much fits into one request, learned from what the server refuses as too much. The limit grows back with
 * success, up to just below what was refused.
 */

/** A limit grows by this factor, after a batch that filled so much of it. */
const GROWTH = 1.25;
const FILLED = 0.8;
/** How close it comes to what was refused. */
const MARGIN = 0.9;
/** Full batches before what was refused is tried once more; twice as many after each refusal. */
const FIRST_PROBE = 8;

export class LearnedLimit {
  /** The most that is worth trying. */
  limit: number;
  /** Something was refused, and as much was not accepted since; otherwise `accepted` need not be called. */
  isLearning = false;
  readonly #max: number;
  /** The same, not rounded down. */
  #exact: number;
  #refused = Number.POSITIVE_INFINITY;
  #fullBatches = 0;
  #probeAfter = FIRST_PROBE;

  constructor(max: number) {
    this.#max = max;
    this.limit = max;
    this.#exact = max;
  }

  refused(size: number): void {
    // If several batches are refused together, only the first was the try.
    if (this.#exact > MARGIN * this.#refused) this.#probeAfter *= 2;
    this.#refused = Math.min(this.#refused, size);
    this.isLearning = true;
    this.#fullBatches = 0;
    this.#become(Math.max(1, Math.min(this.#exact, size / 2)));
  }

  accepted(size: number): void {
    // Compared with the rounded limit, since no batch can fill a fraction.
    if (size < FILLED * this.limit) return;
    if (size >= this.#refused) this.#refused = Number.POSITIVE_INFINITY;
    const most = Math.max(1, Math.min(this.#max, MARGIN * this.#refused));
    if (this.#exact < most) {
      this.#become(Math.min(most, this.#exact * GROWTH));
    } else if (this.#exact > most) {
      // The try went through with less than what was refused, so it proves nothing.
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
