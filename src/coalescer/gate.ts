/**
 * The pause that a server asks for: nothing leaves before it is over. What time is spent in pauses
 * is nobody's fault, so limits of time are measured on a clock that stands still meanwhile.
 */

/** The part of a pause by which it is made longer, so that not all clients come back at once. */
const JITTER = 0.1;

export class Gate {
  /** Nothing leaves before this time. */
  opensAt: number = Number.NEGATIVE_INFINITY;
  readonly #maxPauseMs: number;
  /** The pauses that are over, in milliseconds. */
  #pausedMs = 0;
  #closedAt = Number.NEGATIVE_INFINITY;
  /** The pause was cut short at `maxPauseMs`: one request is to find out whether it is over. */
  #isProbing = false;

  constructor(maxPauseMs: number) {
    this.#maxPauseMs = maxPauseMs;
  }

  isClosed(now: number): boolean {
    return now < this.opensAt;
  }

  /** One request at a time may leave. */
  get isProbing(): boolean {
    return this.#isProbing;
  }

  /** Closes the gate for so long, and a little longer. Returns the milliseconds until it opens. */
  close(afterMs: number, now: number, chance: number): number {
    const pauseMs = Math.min(afterMs, this.#maxPauseMs) * (1 + JITTER * chance);
    if (afterMs > this.#maxPauseMs) this.#isProbing = true;
    if (!this.isClosed(now)) {
      this.#pausedMs = this.pausedMs(now);
      this.#closedAt = now;
    }
    this.opensAt = Math.max(this.opensAt, now + pauseMs);
    return this.opensAt - now;
  }

  /** A request was answered after a pause. */
  answered(): void {
    this.#isProbing = false;
  }

  /** Milliseconds spent in pauses so far. */
  pausedMs(now: number): number {
    if (this.#closedAt === Number.NEGATIVE_INFINITY) return 0;
    return this.#pausedMs + Math.min(now, this.opensAt) - this.#closedAt;
  }
}
