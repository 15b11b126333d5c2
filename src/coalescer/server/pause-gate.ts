/**
 * Nothing is sent during a pause that the server asks for. It lasts `maxPauseMs` at most: a server that asks for a
 * longer one is probed by one request at a time, that far apart.
 */

/** A pause is made longer by up to this part, so that not all clients come back at once. */
const PAUSE_JITTER = 0.1;

const LONG_PAST = Number.NEGATIVE_INFINITY;

export class PauseGate {
  opensAt: number = LONG_PAST;
  /** The pause was cut short: one request at a time finds out whether it is over. */
  isProbing = false;
  readonly #maxPauseMs: number;
  /** Total of earlier pauses, in milliseconds. */
  #pausedMs = 0;
  #closedAt = LONG_PAST;
  /** When the server last asked for a pause. */
  #askedAt = LONG_PAST;
  /** The end of the pause that the server asked for, where that is longer than `maxPauseMs`. */
  #askedUntil = LONG_PAST;

  constructor(maxPauseMs: number) {
    this.#maxPauseMs = maxPauseMs;
  }

  isClosed(now: number): boolean {
    return now < this.opensAt;
  }

  /** Closes the gate for so long, and a little longer. Returns the milliseconds until it opens. */
  close(afterMs: number, now: number, chance: number): number {
    const askedMs = afterMs * (1 + PAUSE_JITTER * chance);
    const pace = this.#nextProbe(now);
    this.#askedAt = now;
    if (afterMs > this.#maxPauseMs) {
      this.#askedUntil = Math.max(this.#askedUntil, now + askedMs);
      this.isProbing = true;
    }
    this.#closeUntil(Math.max(pace, now + Math.min(askedMs, this.#maxPauseMs)), now);
    return this.opensAt - now;
  }

  /** A request had no usable answer: while the longer pause lasts, the next probe waits. */
  unanswered(now: number): void {
    const pace = this.#nextProbe(now);
    if (pace > now) this.#closeUntil(pace, now);
  }

  /** A request that left at that time was answered. One that left before the pause says nothing about it. */
  answered(leftAt: number): void {
    if (leftAt < this.#askedAt) return;
    this.#askedUntil = LONG_PAST;
    this.isProbing = false;
  }

  /** Milliseconds spent in pauses so far. */
  pausedMs(now: number): number {
    if (this.#closedAt === LONG_PAST) return 0;
    return this.#pausedMs + Math.min(now, this.opensAt) - this.#closedAt;
  }

  /** When a probe may follow, while the longer pause lasts. A request that left before the pause was no probe. */
  #nextProbe(now: number): number {
    return this.isClosed(now) ? LONG_PAST : Math.min(now + this.#maxPauseMs, this.#askedUntil);
  }

  #closeUntil(at: number, now: number): void {
    if (!this.isClosed(now)) {
      this.#pausedMs = this.pausedMs(now);
      this.#closedAt = now;
    }
    this.opensAt = Math.max(this.opensAt, at);
  }
}
