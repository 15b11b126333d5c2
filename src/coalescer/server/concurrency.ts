/**
 * How many requests may be in flight, learned from what the server refuses.
 *
 * A refusal halves the number that was in flight, once per event: only a request that left after the last cut may cut
 * again. A request that was alone, as probes are, says nothing about the limit. The limit grows by one per round trip
 * up to just below what was refused, and from there by one careful step at a time: if each success added one, it
 * would hit the limit once per round trip, and all would have to pause each time.
 */

/** Answers without a refusal before a step beyond the known ceiling: at first, at least, at most. */
const PATIENCE = { first: 64, least: 8, most: 4_096 };

export class Concurrency {
  /** Requests that may be in flight. */
  limit: number;
  readonly #max: number;
  /** The same, not rounded down. */
  #exact: number;
  /** The most that the server is known to take. */
  #ceiling: number;
  #patience = PATIENCE.first;
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

  answered(): void {
    if (this.#exact < this.#ceiling) {
      this.#become(Math.min(this.#ceiling, this.#exact + 1 / this.#exact));
      return;
    }
    if (this.#ceiling >= this.#max || ++this.#calm < this.#patience) return;
    if (this.#hasStepped) this.#patience = Math.max(PATIENCE.least, this.#patience / 2);
    this.#hasStepped = true;
    this.#calm = 0;
    this.#ceiling++;
    this.#become(this.#ceiling);
  }

  /** The server refused a request that left at that time, when so many were in flight, itself included. */
  refused(leftAt: number, inFlight: number, now: number): void {
    if (inFlight < 2 || leftAt <= this.#cutAt) return;
    if (this.#hasStepped) this.#patience = Math.min(PATIENCE.most, this.#patience * 2);
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
