/**
 * With each answer the fastest round trip is forgotten a little, should the way have grown: by this
 * part, and by so many milliseconds, since a coarse clock may have said 0.
 */
const FORGET = { part: 1.002, ms: 0.01 };

/**
 * The part of the fastest round trip that a call waits for a fuller batch, at most. To wait for all of
 * it would let calls take twice as long as a request; two thirds give batches nearly as full.
 */
const WORTH_WAITING = 2 / 3;

/** How long answers take, as far as it is worth waiting for. */
export class RoundTrips {
  #fastestMs = Number.POSITIVE_INFINITY;

  learn(ms: number): void {
    this.#fastestMs = Math.min(ms, this.#fastestMs * FORGET.part + FORGET.ms);
  }

  get worthWaitingMs(): number {
    return this.#fastestMs * WORTH_WAITING;
  }
}
