import { setTimeout as delay } from 'node:timers/promises';
import { SINCE_1970 } from '../../replay/actions/recorded-time.ts';

/** The longest that a timer of Node waits: 24.8 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Holds each action back until its time, counted from the first one. */
export class RecordedClock {
  readonly #speed: number | 'max';
  readonly #start: number = performance.now();
  #first: number | undefined;

  /** `speed`: how many times faster than recorded; `max`: without any waiting. */
  constructor(speed: number | 'max') {
    this.#speed = speed;
  }

  /** When an action with that `t` is due, in milliseconds since the start; one without `t` is due at once. */
  dueMs(t: number | undefined): number {
    if (this.#speed === 'max' || t === undefined) return 0;
    this.#first ??= t < SINCE_1970 ? 0 : t;
    return (t - this.#first) / this.#speed;
  }

  async until(t: number | undefined, stopped: AbortSignal): Promise<void> {
    const due = this.#start + this.dueMs(t);
    for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
      await delay(Math.min(left, MAX_TIMER_MS), undefined, { signal: stopped });
    }
  }
}
