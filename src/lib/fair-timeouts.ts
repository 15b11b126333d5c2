import type { Clock } from './clock.ts';
import { nextTurn } from './clock.ts';

/** How late it must be for answers to have come meanwhile that nobody could read, in milliseconds. */
const BEHIND_MS = 10;

/** The longest that what came meanwhile is read before a limit holds, in milliseconds. */
const READING_MS = 1_000;

/**
 * Limits of time that are fair to what stood still: a stopped process, a frozen function, a blocked
 * loop. Timers run before I/O, so an answer that has come meanwhile lies in its socket when they fire
 * all at once. So one that is late lets I/O run first, until a turn of the event loop brings no byte of
 * an answer: one that is there wins.
 */
export class Patience {
  readonly #clock: Clock;
  /** Times that bytes of an answer have come; whoever hears of some counts on. */
  heard = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `run` for what was to happen by then: at once, or, if it is late, when what has come is read. */
  fairly(at: number, run: () => void): (() => void) | undefined {
    if (this.#clock.now() - at > BEHIND_MS) return this.#afterReading(run);
    run();
    return undefined;
  }

  /** Calls `wake` when so many milliseconds are over; returns what cancels it. */
  after(ms: number, wake: () => void): () => void {
    const now = this.#clock.now();
    let cancelReading: (() => void) | undefined;
    const come = (): void => {
      cancelReading = this.fairly(now + ms, wake);
    };
    const cancelTimer = this.#clock.after(ms, come, now);
    return () => {
      cancelTimer();
      cancelReading?.();
    };
  }

  #afterReading(run: () => void): () => void {
    const until = this.#clock.now() + READING_MS;
    let isCancelled = false;
    const turn = (): void => {
      const before = this.heard;
      const mayGoOn = nextTurn(() => {
        if (isCancelled) return;
        if (mayGoOn && this.heard !== before && this.#clock.now() < until) turn();
        else run();
      });
    };
    turn();
    return () => {
      isCancelled = true;
    };
  }
}
