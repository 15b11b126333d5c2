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
  readonly #max: number;
  #limit: number;
  /** The most that is known to be borne. */
  #ceiling: number;
  #patience = PATIENCE.first;
  /** Answers since the last refusal or step. */
  #calm = 0;
  /** The last step beyond the ceiling has not been refused so far. */
  #hasStepped = false;
  #cutAt = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
    this.#ceiling = max;
  }

  /** Requests that may be in flight. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** A request was answered. */
  answered(): void {
    if (this.#limit < this.#ceiling) {
      this.#limit = Math.min(this.#ceiling, this.#limit + 1 / this.#limit);
      return;
    }
    if (this.#ceiling >= this.#max || ++this.#calm < this.#patience) return;
    if (this.#hasStepped) this.#patience = Math.max(PATIENCE.least, this.#patience / 2);
    this.#hasStepped = true;
    this.#calm = 0;
    this.#ceiling++;
    this.#limit = this.#ceiling;
  }

  /**
   * The server had enough of a request that left at that time, when so many were in flight, itself
   * included.
   */
  refused(leftAt: number, inFlight: number, now: number): void {
    if (inFlight < 2 || leftAt <= this.#cutAt) return;
    if (this.#hasStepped) this.#patience = Math.min(PATIENCE.most, this.#patience * 2);
    this.#cutAt = now;
    this.#hasStepped = false;
    this.#calm = 0;
    this.#ceiling = Math.max(1, Math.min(this.#ceiling, inFlight - 1));
    this.#limit = Math.max(1, Math.min(this.#limit, inFlight) / 2);
  }
}
