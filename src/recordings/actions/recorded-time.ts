import { setTimeout as delay } from 'node:timers/promises';

/** From here on (September 2001), `t` counts from 1970, not from the start of a recording. */
const SINCE_1970 = 1e12;

/** The first and the last millisecond whose year has four digits, as ISO 8601 and the API want it. */
const MIN_RECORDED_MS: number = Date.parse('0000-01-01T00:00:00.000Z');
export const MAX_RECORDED_MS: number = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * The times of the actions of a recording that began at `start`, in milliseconds since 1970. They are given as
 * ISO 8601; an action without a time has that of the one before.
 */
export function recordedTimes(
  start: number,
): (action: { readonly t?: number | undefined }) => string {
  let last = '';
  return ({ t }) => {
    if (t !== undefined || last === '') {
      const ms = Math.round(t !== undefined && t >= SINCE_1970 ? t : start + (t ?? 0));
      last = new Date(Math.min(Math.max(ms, MIN_RECORDED_MS), MAX_RECORDED_MS)).toISOString();
    }
    return last;
  };
}

/** A time of ISO 8601 that begins with a date, in milliseconds since 1970; undefined for any other text. */
export function readTime(text: string): number | undefined {
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** The longest that a timer of Node waits: 24.8 days. */
const LONGEST_RECORDED_WAIT_MS = 2 ** 31 - 1;

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
      await delay(Math.min(left, LONGEST_RECORDED_WAIT_MS), undefined, { signal: stopped });
    }
  }
}
