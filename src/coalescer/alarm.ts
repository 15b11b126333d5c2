import type { Clock } from '../internal/clock.ts';
import type { Patience } from '../internal/patience.ts';

/** How late a timer must fire for it to say that this process stood still, in milliseconds. */
const LATE_MS = 1_000;

/** The engine's only timer: wakes it at the earliest time that it was asked for. */
export class Alarm {
  readonly #clock: Clock;
  readonly #patience: Patience;
  readonly #wake: (isLate: boolean) => void;
  #at = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, patience: Patience, wake: (isLate: boolean) => void) {
    this.#clock = clock;
    this.#patience = patience;
    this.#wake = wake;
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
    this.clear();
    if (at === Number.POSITIVE_INFINITY) return;
    this.#at = at;
    const wake = (): void => {
      const isLate = this.isLate(this.#clock.now());
      this.#at = Number.POSITIVE_INFINITY;
      this.#cancel = undefined;
      this.#wake(isLate);
    };
    const now = asked ?? this.#clock.now();
    // Late by the time that it was set for, which may have been over when it was set.
    const come = (): void => {
      this.#cancel = this.#patience.fairly(at, wake) ?? this.#cancel;
    };
    this.#cancel = this.#clock.after(Math.max(0, at - now), come, now);
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#at = Number.POSITIVE_INFINITY;
  }
}
