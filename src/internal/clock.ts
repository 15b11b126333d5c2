/** Time, and waking up at a time; the same shape as the engine's own port. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number;
  /** Calls `wake` once, not before `ms` have passed; returns what cancels it. */
  after(ms: number, wake: () => void): () => void;
}

/** The runtime's clock. Its timers keep the process alive until they fire or are cancelled. */
export function systemClock(): Clock {
  return { now, after };
}

/** Milliseconds since 1970 by the wall clock, which may be set back; for dates, not for durations. */
export function wallNow(): number {
  return Date.now();
}

/** The time of a call: ISO 8601, UTC, milliseconds. */
export function isoNow(): string {
  const ms = Date.now();
  // Date.toISOString costs more than the rest of a small call, and a busy client asks many times
  // within one millisecond.
  if (ms !== lastMs) {
    lastMs = ms;
    lastText = new Date(ms).toISOString();
  }
  return lastText;
}

let lastMs = Number.NaN;
let lastText = '';

// Taken when this module is loaded: a turn is no time, and comes under fake timers as well.
const { setImmediate }: Timers = globalThis;
const setTimer = setTimeout;

/** Node has a timer that the web has not. */
interface Timers {
  readonly performance: object;
  readonly setImmediate?: (run: () => void) => unknown;
}

/**
 * Calls `run` in a later turn of the event loop, after all promise jobs of this one. `isLoose`: the
 * process is not held for it, so it may never be called.
 */
export function inLaterTurn(run: () => void, isLoose = false): void {
  const turn: unknown = setImmediate === undefined ? setTimer(run, 0) : setImmediate(run);
  if (isLoose && isHolding(turn)) turn.unref();
}

function isHolding(turn: unknown): turn is { unref(): void } {
  return typeof turn === 'object' && turn !== null && 'unref' in turn;
}

function now(): number {
  return performance.now();
}

// A longer delay would overflow the runtime's 32 bits and fire at once.
const longestDelayMs = 2 ** 31 - 1;

function after(ms: number, wake: () => void): () => void {
  const due = now() + ms;
  let timer: ReturnType<typeof setTimeout>;
  // Timers count whole milliseconds and may fire a fraction early: what is left is waited for again.
  const wait = (leftMs: number): void => {
    timer = setTimeout(check, Math.min(Math.ceil(leftMs), longestDelayMs));
  };
  const check = (): void => {
    const leftMs = due - now();
    if (leftMs > 0) {
      wait(leftMs);
    } else {
      wake();
    }
  };
  wait(ms);
  return () => clearTimeout(timer);
}
