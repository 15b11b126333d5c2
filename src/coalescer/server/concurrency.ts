/**
 * How many requests may be in flight, learned from what the server refuses.
 *
 * A refusal halves the number that were in flight together, once per event: only a request that left
 * after the last cut may cut again. One that was alone says nothing about how many may go at once, as
 * the probes of an outage are. The number grows back by one per round trip up to just below what was refused, and from
 * there one careful step at a time: each success adding one would run into the limit once per
 * round trip, and every time all would have to pause.
 */

/** Calm answers before a step beyond the remembered ceiling: at first, at least, at most. */
const PATIENCE = { first: 64, least: 8, most: 4_096 };

export class Concurrency {
  /** Requests that may be in flight. */
  limit: number;
  readonly #max: number;
  /** The same, with the part of one more that it has grown by. */
  #exact: number;
  /** The most that is known to be borne. */
  #ceiling: number;
  #timeouts = PATIENCE.first;
  /** Answers since the last refusal or step. */
  #calm = 0;
  /** The last step beyond the ceiling has not been refused so far. */
  #hasStepped = false;
  #cutAt = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
    this.limit = max;
    this.#exact = max;
    this.#ceiling = max;
  }

  /** A request was answered. */
  answered(): void {
    if (this.#exact < this.#ceiling) {
      this.#become(Math.min(this.#ceiling, this.#exact + 1 / this.#exact));
      return;
    }
    if (this.#ceiling >= this.#max || ++this.#calm < this.#timeouts) return;
    if (this.#hasStepped) this.#timeouts = Math.max(PATIENCE.least, this.#timeouts / 2);
    this.#hasStepped = true;
    this.#calm = 0;
    this.#ceiling++;
    this.#become(this.#ceiling);
  }

  /**
   * The server had enough of a request that left at that time, when so many were in flight, itself
   * included.
   */
  refused(leftAt: number, inFlight: number, now: number): void {
    if (inFlight < 2 || leftAt <= this.#cutAt) return;
    if (this.#hasStepped) this.#timeouts = Math.min(PATIENCE.most, this.#timeouts * 2);
    this.#cutAt = now;
    this.#hasStepped = false;
    this.#calm = 0;
    this.#ceiling = Math.max(1, Math.min(this.#ceiling, inFlight - 1));
    this.#become(Math.max(1, Math.min(this.#exact, inFlight) / 2));
  }

  #become(exact: number): void {
    this.#exact = exact;
    this.limit = Math.floor(exact);
  }
}
