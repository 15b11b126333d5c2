import { isWorkerd, WorkerdTimers } from './workerd-timers.ts';

/** Time, and waking up at a time; the same shape as the engine's own port. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number;
  /**
   * Calls `wake` once, not before `ms` have passed; returns what cancels it. `now`: what `now()` has just said, if
   * that was asked; they may be counted from there.
   */
  after(ms: number, wake: () => void, now?: number): () => void;
}

/**
 * The runtime's clock. Its timers keep the process alive until they fire or are cancelled.
 *
 * Tests put other clocks in the place of the runtime's: those that stand still until they are moved,
 * or that say nothing. Whatever is in place is obeyed. But a timer that was set with functions that
 * are gone since is set anew, and one that does not come though its time is over by the runtime's own
 * clock is set with that; both when somebody next asks for the time (docs/decisions/clocks.md).
 */
export function systemClock(): Clock {
  return new SystemClock();
}

/**
 * Runs `run` after the event loop has looked for I/O once. Returns whether it can be told when that was:
 * without `setImmediate` a macrotask comes nearest.
 */
export function nextTurn(run: () => void): boolean {
  const canBeTold = immediate() !== undefined;
  // The first may come before the loop looks for I/O again, where it is asked for while that is handled.
  inLaterTurn(canBeTold ? () => inLaterTurn(run) : run);
  return canBeTold;
}

/** Milliseconds since 1970 by the wall clock, which may be set back; for dates, not for durations. */
export function wallNow(): number {
  const ms: unknown = Date.now();
  return typeof ms === 'number' && Number.isFinite(ms) ? Math.floor(ms) : new OwnDate().getTime();
}

/** The times of calls. */
export class CallTimes {
  /** That of the last one, in milliseconds since 1970. */
  ms: number = Number.NaN;
  #text = '';

  /** Now: ISO 8601, UTC, milliseconds. */
  isoNow(): string {
    const ms = wallNow();
    // Date.toISOString costs more than the rest of a small call, and a busy client asks many times
    // within one millisecond.
    if (ms !== this.ms) {
      this.ms = ms;
      this.#text = new OwnDate(Math.min(Math.max(ms, year0), year9999)).toISOString();
    }
    return this.#text;
  }
}

/** The first and the last millisecond whose year has four digits: no other is read everywhere. */
const year0 = -62_167_219_200_000;
const year9999 = 253_402_300_799_999;

// The runtime's own, as this module found them.
const OwnDate = Date;
const ownPerformance = globalThis.performance;
const ownRead = ownPerformance.now;
const ownFunctions: Functions = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
};
const ownDateNow = Date.now;
/** Unless a test's were in place by then: this is the sign of `@sinonjs/fake-timers`, which Jest and Vitest use. */
const hasOwn = !Object.hasOwn(ownFunctions.setTimeout, 'clock');
/** Undefined where it is a test's. */
const ownSetTimeout = hasOwn ? ownFunctions.setTimeout : undefined;
const { setImmediate: ownSetImmediate }: Immediates = globalThis;

/** Node has a timer that the web has not. */
interface Immediates {
  readonly performance: object;
  readonly setImmediate?: (run: () => void) => unknown;
}

/**
 * Calls `run` in a later turn of the event loop, after all promise jobs of this one. `isLoose`: the
 * process is not held for it, so it may never be called. A turn is no time, and comes under fake timers
 * as well.
 */
export function inLaterTurn(run: () => void, isLoose = false): void {
  if (isWorkerd) {
    laterTurns.set(run, 0);
    return;
  }
  const setImmediate = immediate();
  const { setTimeout } = hasOwn ? ownFunctions : globalThis;
  const turn: unknown = setImmediate === undefined ? setTimeout(run, 0) : setImmediate(run);
  if (isLoose && isHolding(turn)) turn.unref();
}

function immediate(): Immediates['setImmediate'] | undefined {
  if (hasOwn) return ownSetImmediate;
  const { setImmediate }: Immediates = globalThis;
  return setImmediate;
}

function isHolding(turn: unknown): turn is { unref(): void } {
  return typeof turn === 'object' && turn !== null && 'unref' in turn;
}

type Functions = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'>;

function ownNow(): number {
  return ownRead.call(ownPerformance);
}

/** Of all clients, so that none takes over from another what is merely late. */
const laterTurns = new WorkerdTimers({
  now: ownNow,
  functions: ownFunctions,
  lateMs: 1_000,
});

type Source = (() => unknown) | undefined;

/** What it says, if that is a time. */
function readingOf(source: Source, performance: unknown): number | undefined {
  const value = source?.call(performance);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

// A longer delay would overflow the runtime's 32 bits and fire at once.
const longestDelayMs = 2 ** 31 - 1;

/** How late a timer must be that a test's clock is to let fire, before it is taken from it. */
const standstillMs = 1_000;

/** How far the wall clock must have run ahead for it to say that the machine slept. */
const sleepMs = 1_000;

/** A timeout that is set, and the function that it was set with. */
interface Timeout {
  readonly by: typeof setTimeout;
  readonly clear: () => void;
}

interface Timer {
  /** When its time is over, by this clock and by the runtime's own. */
  readonly due: number;
  readonly ownDue: number;
  readonly wake: () => void;
  /** Set with the runtime's own functions, and with those that a test has put in place. */
  own: Timeout | undefined;
  other: Timeout | undefined;
}

class SystemClock implements Clock {
  readonly #waiting = new Set<Timer>();
  readonly #lasting = isWorkerd
    ? new WorkerdTimers({ now: ownNow, functions: ownFunctions })
    : undefined;
  /** What the time was read from last, and what that is a method of. */
  #source: Source = ownNow;
  #performance: unknown;
  /** Of this clock's time before what the source says. */
  #offset = 0;
  #last = Number.NEGATIVE_INFINITY;
  /** The time of this clock, and of the runtime's own, when another was last put in place. */
  #since = { time: Number.NEGATIVE_INFINITY, own: 0 };
  /** By how much the wall clock was ahead of the monotonic one, both the runtime's own. */
  #ahead = Number.NaN;
  /** The machine has slept, and its timers with it. */
  #hasSlept = false;
  /** What timers were set with when they were last looked after. */
  #setTimeout: unknown = ownFunctions.setTimeout;
  /** When a timer will be so late that it must be looked after, by the runtime's own clock. */
  #standsStillAt = Number.POSITIVE_INFINITY;
  /** All that was met so far is the runtime's own: then that alone has to be asked. */
  #isPlain = hasOwn && !isWorkerd;

  now(): number {
    const { performance, setTimeout } = globalThis;
    if (this.#isPlain && performance?.now === ownRead && setTimeout === ownSetTimeout) {
      const value = ownRead.call(ownPerformance);
      const ahead = ownDateNow() - value;
      const time = value + this.#offset;
      if (time >= this.#last && !(ahead - this.#ahead > sleepMs)) {
        this.#ahead = ahead;
        this.#last = time;
        return time;
      }
    }
    return this.#lookAround();
  }

  after(ms: number, wake: () => void, now: number = this.now()): () => void {
    const due = now + ms;
    const ownDue = this.#source === ownNow ? due - this.#offset : ownNow() + ms;
    const timer: Timer = { due, ownDue, wake, own: undefined, other: undefined };
    this.#waiting.add(timer);
    this.#set(timer, globalThis, now, ms);
    this.#standsStillAt = Math.min(this.#standsStillAt, ownDue + standstillMs);
    return () => this.#clear(timer);
  }

  /** The time, where something may be in place that is not the runtime's own, or the machine has slept. */
  #lookAround(): number {
    if (this.#lasting !== undefined) {
      this.#lasting.rearm();
      laterTurns.rearm();
    }
    const now = this.#read();
    const { setTimeout } = globalThis;
    const isOther = setTimeout !== this.#setTimeout;
    const standsStill = setTimeout !== ownSetTimeout && ownNow() >= this.#standsStillAt;
    if (isOther || this.#hasSlept || standsStill) this.#lookAfterTimers(now);
    this.#isPlain =
      this.#lasting === undefined && this.#source === ownNow && setTimeout === ownSetTimeout;
    return now;
  }

  #read(): number {
    const { performance } = globalThis;
    let source: Source = performance?.now === ownRead ? ownNow : performance?.now;
    let value = source === ownNow ? ownNow() : readingOf(source, performance);
    if (value === undefined) {
      source = ownNow;
      value = ownNow();
    }
    if (source !== this.#source) this.#switchTo(source, performance, value);
    else if (source === ownNow && hasOwn) this.#countSleep(value);
    const time = value + this.#offset;
    if (time < this.#last) this.#offset += this.#last - time;
    else this.#last = time;
    return this.#last;
  }

  /**
   * Goes on from where the source that is gone has come to, or from where the runtime's own clock has
   * come to since that was put in place.
   */
  #switchTo(source: Source, performance: unknown, value: number): void {
    const own = ownNow();
    if (Number.isFinite(this.#last)) {
      const bySource = readingOf(this.#source, this.#performance) ?? Number.NEGATIVE_INFINITY;
      const byOwn = this.#since.time + own - this.#since.own;
      this.#offset = Math.max(this.#last, bySource + this.#offset, byOwn) - value;
    }
    this.#source = source;
    this.#performance = performance;
    this.#since = { time: value + this.#offset, own };
    this.#isPlain = false;
  }

  /**
   * While a machine sleeps its monotonic clock may stand still: then the wall clock says how long. It is
   * asked only by how much it has run ahead since the last time, so one that is set back counts for nothing.
   */
  #countSleep(value: number): void {
    const ahead = ownDateNow() - value;
    const sleptMs = ahead - this.#ahead;
    this.#ahead = ahead;
    if (!(sleptMs > sleepMs)) return;
    this.#offset += sleptMs;
    this.#hasSlept = true;
    this.#isPlain = false;
  }

  #advanceTo(time: number): void {
    if (time <= this.#last) return;
    this.#offset += time - this.#last;
    this.#last = time;
  }

  /** The time of the runtime's own clock; not read twice where it is the one in place. */
  #ownTime(now: number): number {
    return this.#source === ownNow ? now - this.#offset : ownNow();
  }

  #leftMs({ due, ownDue }: Timer, now: number): number {
    return Math.min(due - now, ownDue - this.#ownTime(now));
  }

  #set(timer: Timer, functions: Functions, now: number, ms: number): void {
    // Looked up once: others may be in place when it comes, or is cleared.
    const { setTimeout, clearTimeout } = functions;
    const delayMs = Math.min(Math.ceil(Math.max(0, ms)), longestDelayMs);
    const come = (): void => this.#come(timer, { setTimeout, clearTimeout }, now + delayMs);
    if (this.#lasting !== undefined && setTimeout === ownSetTimeout) {
      timer.own = { by: setTimeout, clear: this.#lasting.set(come, delayMs) };
      return;
    }
    const handle = setTimeout(come, delayMs);
    const timeout = { by: setTimeout, clear: () => clearTimeout(handle) };
    if (setTimeout === ownSetTimeout) {
      timer.own = timeout;
    } else {
      timer.other = timeout;
      this.#isPlain = false;
    }
  }

  #clear(timer: Timer): void {
    this.#waiting.delete(timer);
    timer.own?.clear();
    timer.other?.clear();
  }

  /** A timeout has come that was set until then. */
  #come(timer: Timer, functions: Functions, until: number): void {
    // Where a test puts only some functions in place, what was cleared may come all the same.
    if (!this.#waiting.has(timer)) return;
    let now = this.#read();
    if (functions.setTimeout !== ownSetTimeout || this.#source !== ownNow) {
      // The test says that it is time, perhaps without moving what the time is read from.
      this.#advanceTo(Math.min(until, timer.due));
      now = this.#last;
    }
    // Timers count whole milliseconds and may fire a fraction early: what is left is waited for again.
    const leftMs = this.#leftMs(timer, now);
    if (leftMs > 0) {
      this.#set(timer, functions, now, leftMs);
      return;
    }
    this.#clear(timer);
    this.#advanceTo(timer.due);
    timer.wake();
  }

  /** Sets anew what was set with functions that are gone, and takes over what does not come. */
  #lookAfterTimers(now: number): void {
    const { setTimeout } = globalThis;
    const ownTime = this.#ownTime(now);
    this.#setTimeout = setTimeout;
    this.#standsStillAt = Number.POSITIVE_INFINITY;
    const hasSlept = this.#hasSlept;
    this.#hasSlept = false;
    for (const timer of this.#waiting) {
      const standsStillAt = timer.ownDue + standstillMs;
      if (timer.other !== undefined && timer.other.by !== setTimeout) {
        timer.other.clear();
        timer.other = undefined;
      }
      const isSet = (setTimeout === ownSetTimeout ? timer.own : timer.other) !== undefined;
      const leftMs = this.#leftMs(timer, now);
      if (!isSet) {
        this.#set(timer, globalThis, now, leftMs);
      } else if (hasSlept && timer.own !== undefined) {
        timer.own.clear();
        this.#set(timer, ownFunctions, now, leftMs);
      }
      if (timer.own !== undefined || !hasOwn) continue;
      if (ownTime >= standsStillAt) this.#set(timer, ownFunctions, now, 0);
      else this.#standsStillAt = Math.min(this.#standsStillAt, standsStillAt);
    }
  }
}
