import type { Clock } from '../../lib/clock.ts';
import type { FairTimeouts } from '../../lib/fair-timeouts.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** How late a timer must fire for it to say that this process stood still, in milliseconds. */
const LATE_MS = 1_000;

interface Wakening {
  readonly clock: Clock;
  readonly timeouts: FairTimeouts;
  readonly wake: (isLate: boolean) => void;
}

/** The engine's only timer: wakes it at the earliest time that it was asked for. */
export class Alarm {
  readonly #wakening: Wakening;
  #at = NEVER;
  #cancel: (() => void) | undefined;

  constructor(wakening: Wakening) {
    this.#wakening = wakening;
  }

  /** It should have woken the engine long ago: the process stood still meanwhile. */
  isLate(now: number): boolean {
    return now - this.#at > LATE_MS;
  }

  /**
   * Sees to it that the engine wakes by then. A timer that is set for an earlier time stays: waking
   * too early costs less than setting a timer at each change.
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
    // Late by the time that it was set for, which may have been over when it was set.
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
