import { runtime } from './runtime.ts';

// The runtime's own functions, as they were when this module was loaded: tests may replace the globals later.

export type Timers = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'>;

export const nativePerformance: typeof globalThis.performance = globalThis.performance;

export const nativeRead: () => number = nativePerformance.now;
export const nativeTimers: Timers = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
};

/**
 * False where a test's clock was in place by then. The field `clock` is the mark of `@sinonjs/fake-timers`, which
 * Jest and Vitest use.
 */
export const isNative: boolean = !Object.hasOwn(nativeTimers.setTimeout, 'clock');

export function nativeNow(): number {
  return nativeRead.call(nativePerformance);
}

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

/** Timers that fire although their request is over: `rearm`, called in another one, sets those that are late anew. */
export class WorkerdTimers {
  readonly #waiting = new Set<Timeout>();
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
    const timeout: Timeout = { due: nativeNow() + ms, handle: setTimeout(fire, ms), fire };
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

/** Node has a timer that the web has not. */
const loop: { readonly performance: object; setImmediate?(run: () => void): unknown } = globalThis;
const nativeSetImmediate = loop.setImmediate;

/** Shared by all clients, so only what is clearly late is taken over from another request. */
const workerdTurns = new WorkerdTimers(1_000);

/**
 * Calls `run` in a later turn of the event loop, after all promise jobs of this one, under fake timers as well.
 * `isLoose`: the process is not kept alive for it, so it may never be called.
 */
export function inLaterTurn(run: () => void, isLoose = false): void {
  if (isWorkerd) {
    workerdTurns.set(run, 0);
    return;
  }
  const setImmediate = immediate();
  const { setTimeout } = isNative ? nativeTimers : globalThis;
  const turn: unknown = setImmediate === undefined ? setTimeout(run, 0) : setImmediate(run);
  if (isLoose) Object(turn).unref?.();
}

/**
 * Calls `run` after the event loop has looked for I/O once. Returns whether that is certain: without
 * `setImmediate` a macrotask comes nearest.
 */
export function nextTurn(run: () => void): boolean {
  const isCertain = immediate() !== undefined;
  // Set while I/O is handled, the first one comes before the loop looks for I/O again.
  inLaterTurn(isCertain ? () => inLaterTurn(run) : run);
  return isCertain;
}

/** Sets late turns anew, in the present request of workerd. */
export function rearmTurns(): void {
  workerdTurns.rearm();
}

function immediate(): typeof nativeSetImmediate {
  return isNative ? nativeSetImmediate : loop.setImmediate;
}
