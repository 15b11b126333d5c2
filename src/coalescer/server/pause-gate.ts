import { leastBackoffMs } from './backoff.ts';

/** A pause is made longer by up to this part, so that not all clients come back at once. */
const PAUSE_JITTER = 0.1;

const LONG_PAST = Number.NEGATIVE_INFINITY;

/**
 * Nothing is sent during a pause that the server asks for. It lasts `maxPauseMs` at most: a server that asks for a
 * longer one is probed by one request at a time, that far apart.
 */
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

/**
 * The least time between requests that make no progress. It prevents a busy loop, whatever the options and the server
 * say.
 */
export class Spacing {
  /** Nothing leaves before this time. */
  opensAt: number = Number.NEGATIVE_INFINITY;
  /** Requests in a row without progress; those that were in flight together count as one. */
  inARow = 0;
  /** Requests that have left so far: the number of the last one. */
  sent = 0;
  /** How many had left when the last one came back without progress. */
  #sentThen = 0;

  /**
   * The request of that number was refused or lost, or settled nothing. Returns false if another one, which was in
   * flight with it, has been reported: together they are one event.
   */
  noProgress(number: number, now: number): boolean {
    if (number <= this.#sentThen) return false;
    this.#sentThen = this.sent;
    this.inARow++;
    this.opensAt = now + leastBackoffMs(this.inARow);
    return true;
  }

  progress(): void {
    this.inARow = 0;
    this.opensAt = Number.NEGATIVE_INFINITY;
  }
}
