import { setTimeout as delay } from 'node:timers/promises';

/** The longest that a timer of Node waits: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The pace of a recording: an action is not called before its time, counted from the first one. */
export class RecordedClock {
  readonly #speed: number | 'max';
  readonly #start: number = performance.now();
  #first: number | undefined;

  /** `speed`: how many times faster than recorded; `max`: nothing is waited for. */
  constructor(speed: number | 'max') {
    this.#speed = speed;
  }

  /** Milliseconds from the start to the action's time. `t` is in milliseconds; without one it is due. */
  dueMs(t: number | undefined): number {
    if (this.#speed === 'max' || t === undefined) return 0;
    // Small ones count from the start of the recording, whatever comes first in it.
    this.#first ??= t < 1e12 ? 0 : t;
    return (t - this.#first) / this.#speed;
  }

  async until(t: number | undefined, stopped: AbortSignal): Promise<void> {
    const due = this.#start + this.dueMs(t);
    for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
      await delay(Math.min(left, MAX_TIMER_MS), undefined, { signal: stopped });
    }
  }
}
