/**
 * The pause that a server asks for: nothing leaves before it is over. It is no longer than
 * `maxPauseMs`. A server that wishes for more is probed by one request at a time, and no sooner than
 * that while its wish lasts.
 */

/** The part of a pause by which it is made longer, so that not all clients come back at once. */
const JITTER = 0.1;

const NEVER = Number.NEGATIVE_INFINITY;

export class PauseGate {
  /** Nothing leaves before this time. */
  opensAt: number = NEVER;
  /** The pause was cut short: one request at a time is to find out whether it is over. */
  isProbing = false;
  readonly #maxPauseMs: number;
  /** The pauses that are over, in milliseconds. */
  #pausedMs = 0;
  #closedAt = NEVER;
  /** When the server asked for a pause the last time. */
  #askedAt = NEVER;
  /** Until when it wants to be left alone, where that is longer than `maxPauseMs`. */
  #wishUntil = NEVER;

  constructor(maxPauseMs: number) {
    this.#maxPauseMs = maxPauseMs;
  }

  isClosed(now: number): boolean {
    return now < this.opensAt;
  }

  /** Closes the gate for so long, and a little longer. Returns the milliseconds until it opens. */
  close(afterMs: number, now: number, chance: number): number {
    const wishMs = afterMs * (1 + JITTER * chance);
    const pace = this.#nextProbe(now);
    this.#askedAt = now;
    if (afterMs > this.#maxPauseMs) {
      this.#wishUntil = Math.max(this.#wishUntil, now + wishMs);
      this.isProbing = true;
    }
    this.#closeUntil(Math.max(pace, now + Math.min(wishMs, this.#maxPauseMs)), now);
    return this.opensAt - now;
  }

  /** A request brought nothing: while the longer wish lasts, the next probe comes no sooner. */
  unanswered(now: number): void {
    const pace = this.#nextProbe(now);
    if (pace > now) this.#closeUntil(pace, now);
  }

  /** A request that left at that time was answered. One that left before the pause says nothing of it. */
  answered(leftAt: number): void {
    if (leftAt < this.#askedAt) return;
    this.#wishUntil = NEVER;
    this.isProbing = false;
  }

  /** Milliseconds spent in pauses so far. */
  pausedMs(now: number): number {
    if (this.#closedAt === NEVER) return 0;
    return this.#pausedMs + Math.min(now, this.opensAt) - this.#closedAt;
  }

  /** When a server may be probed again whose wish lasts; what left before the pause was no probe. */
  #nextProbe(now: number): number {
    return this.isClosed(now) ? NEVER : Math.min(now + this.#maxPauseMs, this.#wishUntil);
  }

  #closeUntil(at: number, now: number): void {
    if (!this.isClosed(now)) {
      this.#pausedMs = this.pausedMs(now);
      this.#closedAt = now;
    }
    this.opensAt = Math.max(this.opensAt, at);
  }
}
