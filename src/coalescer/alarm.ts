import type { Clock } from '../internal/clock.ts';

/** The engine's only timer: wakes it at the earliest time that it was asked for. */
export class Alarm {
  readonly #clock: Clock;
  readonly #wake: () => void;
  #at = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, wake: () => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /**
   * Sees to it that the engine wakes by then. A timer that is set for an earlier time stays: waking
   * too early costs less than setting a timer at each change.
   */
  setBy(at: number): void {
    if (at >= this.#at) return;
    this.clear();
    if (at === Number.POSITIVE_INFINITY) return;
    this.#at = at;
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#cancel = undefined;
      this.#wake();
    });
  }

  clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#at = Number.POSITIVE_INFINITY;
  }
}
