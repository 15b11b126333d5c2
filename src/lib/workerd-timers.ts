import type { Timers } from './native-time.ts';
import { runtime } from './runtime.ts';

/**
 * Cloudflare's workerd: timers and connections belong to the request that made them, and are gone when that
 * is over. Its `nextTick` is a promise job, and time stands still while code runs.
 */
export const isWorkerd: boolean = runtime.navigator?.userAgent === 'Cloudflare-Workers';

interface Timeout {
  due: number;
  handle: unknown;
  readonly fire: () => void;
}

export interface WorkerdTimersOptions {
  readonly now: () => number;
  readonly timers: Timers;
  /** How late a timer must be to be set anew, in milliseconds. @default 0 */
  readonly lateMs?: number | undefined;
}

/** Timers that fire although their request is over: `rearm`, called in another one, sets those that are late anew. */
export class WorkerdTimers {
  readonly #options: WorkerdTimersOptions;
  readonly #waiting = new Set<Timeout>();

  constructor(options: WorkerdTimersOptions) {
    this.#options = options;
  }

  /** Calls `run` after `ms` milliseconds; returns what cancels it. */
  set(run: () => void, ms: number): () => void {
    const { now, timers } = this.#options;
    const { setTimeout, clearTimeout } = timers;
    const fire = (): void => {
      if (this.#waiting.delete(timeout)) run();
    };
    const timeout: Timeout = { due: now() + ms, handle: setTimeout(fire, ms), fire };
    this.#waiting.add(timeout);
    return () => {
      if (this.#waiting.delete(timeout)) clearTimeout(timeout.handle as number);
    };
  }

  /** The old timers stay as well: their request may be alive and wait for them. */
  rearm(): void {
    if (this.#waiting.size === 0) return;
    const { now, timers, lateMs = 0 } = this.#options;
    const { setTimeout } = timers;
    const time = now();
    for (const timeout of this.#waiting) {
      if (timeout.due + lateMs >= time) continue;
      timeout.due = time;
      timeout.handle = setTimeout(timeout.fire, 0);
    }
  }
}
