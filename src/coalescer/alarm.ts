import type { Clock } from '../lib/clock.ts';
import { NEVER } from '../lib/clock.ts';
import type { FairTimeouts } from '../lib/fair-timeouts.ts';

/** A timer that fires so late, in milliseconds, says that the process stood still. */
const LATE_ALARM_MS = 1_000;

interface Wakening {
  readonly clock: Clock;
  readonly timeouts: FairTimeouts;
  readonly wake: (isLate: boolean) => void;
}

/** The engine's only timer. It wakes the engine at the earliest time that was asked for. */
export class Alarm {
  readonly #wakening: Wakening;
  #at = NEVER;
  #cancel: (() => void) | undefined;

  constructor(wakening: Wakening) {
    this.#wakening = wakening;
  }

  /** It should have fired long ago, so the process stood still. */
  isLate(now: number): boolean {
    return now - this.#at > LATE_ALARM_MS;
  }

  /**
   * Makes sure that the engine wakes by then. A timer for an earlier time stays: to wake too early costs less than to
   * set a timer at each change.
   */
  setBy(at: number, asked?: number): void {
    if (at >= this.#at) return;
    const { clock, timeouts, wake } = this.#wakening;
    this.#cancel?.();
    this.#at = at;
    const now = asked ?? clock.now();
    const wakeUp = (): void => {
      const isLate = this.isLate(clock.now());
      this.#at = NEVER;
      this.#cancel = undefined;
      wake(isLate);
    };
    // The time itself may have passed when the timer was set.
    const come = (): void => {
      this.#cancel = timeouts.expire(at, wakeUp) ?? this.#cancel;
    };
    this.#cancel = clock.after(Math.max(0, at - now), come, now);
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#at = NEVER;
  }
}
