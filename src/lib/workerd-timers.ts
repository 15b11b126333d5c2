import { nativeNow, nativeTimers } from './native-clock.ts';

interface WorkerdTimeout {
  due: number;
  handle: unknown;
  readonly fire: () => void;
}

/** Timers that fire although their request is over: `rearm`, called in another one, sets those that are late anew. */
export class WorkerdTimers {
  readonly #waiting = new Set<WorkerdTimeout>();
  /** How late a timer must be to be set anew. */
  readonly #lateMs: number;

  constructor(lateMs = 0) {
    this.#lateMs = lateMs;
  }

  /** Calls `run` after `ms` milliseconds; returns what cancels it. */
  set(run: () => void, ms: number): () => void {
    const { setTimeout, clearTimeout } = nativeTimers;
    const fire = (): void => {
      if (this.#waiting.delete(timeout)) run();
    };
    const timeout: WorkerdTimeout = { due: nativeNow() + ms, handle: setTimeout(fire, ms), fire };
    this.#waiting.add(timeout);
    return () => {
      if (this.#waiting.delete(timeout)) clearTimeout(timeout.handle as number);
    };
  }

  /** The old timers stay as well: their request may be alive and wait for them. */
  rearm(): void {
    if (this.#waiting.size === 0) return;
    const { setTimeout } = nativeTimers;
    const time = nativeNow();
    for (const timeout of this.#waiting) {
      if (timeout.due + this.#lateMs >= time) continue;
      timeout.due = time;
      timeout.handle = setTimeout(timeout.fire, 0);
    }
  }
}

/** Shared by all clients, so only what is clearly late is taken over from another request. */
export const workerdTurns: WorkerdTimers = new WorkerdTimers(1_000);
