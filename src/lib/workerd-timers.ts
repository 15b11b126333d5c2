import { runtime } from './runtime.ts';

/**
 * Cloudflare's workerd: timers and connections belong to the request that made them, and are gone when that
 * is over. Its `nextTick` is a promise job, and time stands still while code runs.
 */
export const isWorkerd: boolean = runtime.navigator?.userAgent === 'Cloudflare-Workers';

interface Timeout {
  due: number;
  handle: unknown;
  readonly come: () => void;
}

type Functions = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'>;

export interface WorkerdTimersOptions {
  readonly now: () => number;
  readonly functions: Functions;
  /** How late one must be for it to be set anew, in milliseconds. @default 0 */
  readonly lateMs?: number | undefined;
}

/**
 * Timers that come although whoever set them is gone: what should have come by now is set anew by whoever
 * asks for the time next, and belongs to that one's request from then on.
 */
export class WorkerdTimers {
  readonly #now: () => number;
  readonly #functions: Functions;
  readonly #lateMs: number;
  readonly #waiting = new Set<Timeout>();

  constructor({ now, functions, lateMs = 0 }: WorkerdTimersOptions) {
    this.#now = now;
    this.#functions = functions;
    this.#lateMs = lateMs;
  }

  /** Calls `run` when so many milliseconds are over; returns what cancels it. */
  set(run: () => void, ms: number): () => void {
    const { setTimeout, clearTimeout } = this.#functions;
    const come = (): void => {
      if (this.#waiting.delete(timeout)) run();
    };
    const timeout: Timeout = { due: this.#now() + ms, handle: setTimeout(come, ms), come };
    this.#waiting.add(timeout);
    return () => {
      if (this.#waiting.delete(timeout)) clearTimeout(timeout.handle as number);
    };
  }

  /** Not in the place of what was set before: that one may be about to come, in a request that waits for it. */
  rearm(): void {
    if (this.#waiting.size === 0) return;
    const { setTimeout } = this.#functions;
    const now = this.#now();
    for (const timeout of this.#waiting) {
      if (timeout.due + this.#lateMs >= now) continue;
      timeout.due = now;
      timeout.handle = setTimeout(timeout.come, 0);
    }
  }
}
