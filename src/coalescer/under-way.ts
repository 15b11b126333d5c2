import type { Trip } from './item.ts';
import type { Flight } from './replies.ts';

/** A request as it left. */
export type Departed = Omit<Flight, 'inFlight' | 'isRecalled'>;

export interface Leg {
  readonly flight: Departed;
  readonly trip: Trip;
}

/**
 * How long what should be over may still take once that was noticed, in milliseconds. After a stop of the
 * process its sender has the first word, with the timers and answers of its own.
 */
const GRACE_MS = 1_000;

const NEVER = Number.POSITIVE_INFINITY;

/** The requests, and the ping, that have left and have not come back. */
export class UnderWay {
  /** In the order in which they left. */
  readonly #legs = new Map<AbortController, Leg>();
  readonly #attemptMs: number;
  #ping: AbortController | undefined;
  #pingLeftAt = NEVER;
  /** Since when it is known that something should be over. */
  #lateSince = NEVER;

  /** `attemptMs`: what an attempt takes, at most. */
  constructor(attemptMs: number = NEVER) {
    this.#attemptMs = attemptMs;
  }

  /** Requests, without the ping. */
  get size(): number {
    return this.#legs.size;
  }

  get isPinging(): boolean {
    return this.#ping !== undefined;
  }

  add(leg: Leg): void {
    this.#legs.set(leg.trip.request, leg);
  }

  /** False: it has been given up. */
  remove(request: AbortController): boolean {
    return this.#legs.delete(request);
  }

  pingLeaves(request: AbortController, now: number): void {
    this.#ping = request;
    this.#pingLeftAt = now;
  }

  /** False: it has been given up. */
  pingReturns(request: AbortController): boolean {
    if (this.#ping !== request) return false;
    this.#ping = undefined;
    this.#pingLeftAt = NEVER;
    return true;
  }

  /** When `overdue` may say another thing than now. */
  get overdueAt(): number {
    const firstOverAt = Math.min(this.#leftAt, this.#pingLeftAt) + this.#attemptMs;
    return Math.max(firstOverAt, this.#lateSince === NEVER ? 0 : this.#lateSince + GRACE_MS);
  }

  /** The requests, and the ping, that should have been over long ago. */
  overdue(now: number): {
    readonly legs: readonly Leg[];
    readonly ping?: AbortController | undefined;
  } {
    if (now < Math.min(this.#leftAt, this.#pingLeftAt) + this.#attemptMs) this.#lateSince = NEVER;
    else if (this.#lateSince === NEVER) this.#lateSince = now;
    if (now < this.#lateSince + GRACE_MS) return { legs: [] };
    const leftBy = this.#lateSince - this.#attemptMs;
    this.#lateSince = NEVER;
    const legs = [...this.#legs.values()].filter(({ flight }) => flight.leftAt <= leftBy);
    const isPingLate = this.#ping !== undefined && this.#pingLeftAt <= leftBy;
    return isPingLate ? { legs, ping: this.#ping } : { legs };
  }

  /** When the oldest request left. */
  get #leftAt(): number {
    const [oldest] = this.#legs.values();
    return oldest?.flight.leftAt ?? NEVER;
  }

  /** Gives up all of it. Returns what aborts it, which may run code of others, so it is no part of the step. */
  giveUpAll(): () => void {
    const requests = [...this.#legs.keys(), ...(this.#ping === undefined ? [] : [this.#ping])];
    this.#legs.clear();
    this.#ping = undefined;
    this.#pingLeftAt = NEVER;
    return () => {
      for (const request of requests) request.abort();
    };
  }
}

/** Out of the step, since user code may hear of it. What belongs to a request that is gone may refuse. */
export function abortSoon(request: AbortController): void {
  queueMicrotask(() => {
    try {
      request.abort();
    } catch {
      // Nobody is left to be told.
    }
  });
}
