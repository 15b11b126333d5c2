import type { Clock } from './clock.ts';
import { nextTurn } from './event-loop.ts';

/** A timer later than this, in milliseconds, may run before answers that have come by its time are read. */
const LATE_TIMEOUT_MS = 10;

/** The longest that such a timer lets answers be read first, in milliseconds. */
const MAX_TIMEOUT_GRACE_MS = 1_000;

/**
 * Timeouts that are fair after a standstill: a stopped process, a frozen function, a blocked loop. Timers run
 * before I/O, so they would all fire while answers that came in time lie unread in their sockets. So a late
 * timer lets I/O run first, until a turn of the event loop brings no byte of an answer.
 */
export class FairTimeouts {
  readonly clock: Clock;
  /** Counts how often bytes of an answer have come. Those who read answers increment it. */
  received = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Calls `run`, which was due at `at`: now, or, if that is late, after answers are read. Returns what cancels it. */
  expire(at: number, run: () => void): (() => void) | undefined {
    if (this.clock.now() - at > LATE_TIMEOUT_MS) return this.#afterReads(run);
    run();
    return undefined;
  }

  /** Calls `wake` after `ms` milliseconds; returns what cancels it. */
  after(ms: number, wake: () => void): () => void {
    const now = this.clock.now();
    let cancelExpiry: (() => void) | undefined;
    const fire = (): void => {
      cancelExpiry = this.expire(now + ms, wake);
    };
    const cancelTimer = this.clock.after(ms, fire, now);
    return () => {
      cancelTimer();
      cancelExpiry?.();
    };
  }

  #afterReads(run: () => void): () => void {
    const until = this.clock.now() + MAX_TIMEOUT_GRACE_MS;
    let isCancelled = false;
    const turn = (): void => {
      const before = this.received;
      const seesTurns = nextTurn(() => {
        if (isCancelled) return;
        if (seesTurns && this.received !== before && this.clock.now() < until) turn();
        else run();
      });
    };
    turn();
    return () => {
      isCancelled = true;
    };
  }
}
