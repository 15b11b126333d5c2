import type { Timers } from './native-clock.ts';
import {
  isNative,
  NativeDate,
  nativeDateNow,
  nativeNow,
  nativePerformance,
  nativeRead,
  nativeSetTimeout,
  nativeTimers,
} from './native-clock.ts';
import { isWorkerd } from './runtime.ts';
import { WorkerdTimers, workerdTurns } from './workerd-timers.ts';

/** Time, and waking up at a time. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number;
  /**
   * Calls `wake` once, not before `ms` have passed; returns what cancels it. `now`: what `now()` has just
   * returned, if it was called; they may be counted from there.
   */
  after(ms: number, wake: () => void, now?: number): () => void;
}

/** A time that does not come. */
export const NEVER: number = Number.POSITIVE_INFINITY;

/**
 * The runtime's clock. Its timers keep the process alive until they fire or are cancelled.
 *
 * Tests replace the runtime's clock by others, which stand still until they are moved, or give nonsense.
 * The functions in place are used. But a timer set with functions that are gone is set anew, and one that does
 * not fire though it is over by the runtime's own clock is set with that; both at the next call of `now`
 * (docs/decisions/clocks.md).
 */
export function systemClock(): Clock {
  return new SystemClock();
}

/** The same clock, which wakes nobody. */
export function withoutTimers(clock: Clock): Clock {
  return { now: () => clock.now(), after: () => () => {} };
}

// A longer delay would overflow the runtime's 32 bits and fire at once.
const longestDelayMs = 2 ** 31 - 1;

/** How late a timer of a test's clock must be to be set with the runtime's own. */
const clockStandstillMs = 1_000;

/** How far the wall clock must have run ahead for the machine to have slept. */
const wallClockLeadMs = 1_000;

type TimeSource = (() => unknown) | undefined;

interface ClockTimer {
  /** When it is over, by this clock and by the runtime's own. */
  readonly due: number;
  readonly nativeDue: number;
  readonly wake: () => void;
  /** Clears the timeout that is set with the runtime's own function. */
  clearNative: (() => void) | undefined;
  /** The same of one that is set with a test's function, and that function. */
  other: { readonly by: typeof setTimeout; readonly clear: () => void } | undefined;
}

class SystemClock implements Clock {
  readonly #waiting = new Set<ClockTimer>();
  readonly #workerdTimers = isWorkerd ? new WorkerdTimers() : undefined;
  /** What the time was read from last, and the object that it is a method of. */
  #source: TimeSource = nativeNow;
  #performance: unknown;
  /** This clock's time minus that of the source. */
  #offset = 0;
  #last = Number.NEGATIVE_INFINITY;
  /** When the source was put in place, by this clock and by the runtime's own. */
  #since = { time: Number.NEGATIVE_INFINITY, native: 0 };
  /** By how much the wall clock is ahead of the monotonic one, both the runtime's own. */
  #ahead = Number.NaN;
  /** The machine has slept, and its timers with it. */
  #hasSlept = false;
  /** The `setTimeout` in place when the timers were last checked. */
  #setTimeout: unknown = nativeTimers.setTimeout;
  /** When a timer will be so late that it must be checked, by the runtime's own clock. */
  #standsStillAt = Number.POSITIVE_INFINITY;
  /** Nothing but the runtime's own was met: then `now` has a short way. */
  #isPlain = isNative && !isWorkerd;

  now(): number {
    const { performance, setTimeout } = globalThis;
    if (this.#isPlain && performance?.now === nativeRead && setTimeout === nativeSetTimeout) {
      // As nativeNow does, which would be one call more each time.
      const value = nativeRead.call(nativePerformance);
      const ahead = nativeDateNow() - value;
      const time = value + this.#offset;
      if (time >= this.#last && !(ahead - this.#ahead > wallClockLeadMs)) {
        this.#ahead = ahead;
        this.#last = time;
        return time;
      }
    }
    return this.#checkAll();
  }

  after(ms: number, wake: () => void, now: number = this.now()): () => void {
    const due = now + ms;
    // As #nativeTime does, which would be one call more each time.
    const nativeDue = (this.#source === nativeNow ? now - this.#offset : nativeNow()) + ms;
    const timer: ClockTimer = { due, nativeDue, wake, clearNative: undefined, other: undefined };
    this.#waiting.add(timer);
    this.#set(timer, globalThis, now, ms);
    this.#standsStillAt = Math.min(this.#standsStillAt, nativeDue + clockStandstillMs);
    return () => this.#clear(timer);
  }

  /** The time, where a test's functions may be in place or the machine may have slept. */
  #checkAll(): number {
    if (this.#workerdTimers !== undefined) {
      this.#workerdTimers.rearm();
      workerdTurns.rearm();
    }
    const now = this.#read();
    const { setTimeout } = globalThis;
    const isOther = setTimeout !== this.#setTimeout;
    const standsStill = setTimeout !== nativeSetTimeout && nativeNow() >= this.#standsStillAt;
    if (isOther || this.#hasSlept || standsStill) this.#checkTimers(now);
    this.#isPlain =
      this.#workerdTimers === undefined &&
      this.#source === nativeNow &&
      setTimeout === nativeSetTimeout;
    return now;
  }

  #read(): number {
    const { performance } = globalThis;
    let source: TimeSource = performance?.now === nativeRead ? nativeNow : performance?.now;
    let value = readingOf(source, performance);
    if (value === undefined) {
      source = nativeNow;
      value = nativeNow();
    }
    if (source !== this.#source) this.#switchTo(source, performance, value);
    else if (source === nativeNow && isNative) this.#countSleep(value);
    const time = value + this.#offset;
    if (time < this.#last) this.#offset += this.#last - time;
    else this.#last = time;
    return this.#last;
  }

  /** Goes on from where the last source is by now, or from the time that has passed by the runtime's own clock. */
  #switchTo(source: TimeSource, performance: unknown, value: number): void {
    const native = nativeNow();
    if (Number.isFinite(this.#last)) {
      const bySource = readingOf(this.#source, this.#performance) ?? Number.NEGATIVE_INFINITY;
      const byNative = this.#since.time + native - this.#since.native;
      this.#offset = Math.max(this.#last, bySource + this.#offset, byNative) - value;
    }
    this.#source = source;
    this.#performance = performance;
    this.#since = { time: value + this.#offset, native };
    this.#isPlain = false;
  }

  /**
   * The monotonic clock may stand still while a machine sleeps: then the wall clock tells how long. Only how
   * much it ran ahead since the last time counts, so it does not matter when it is set back.
   */
  #countSleep(value: number): void {
    const ahead = nativeDateNow() - value;
    const sleptMs = ahead - this.#ahead;
    this.#ahead = ahead;
    if (!(sleptMs > wallClockLeadMs)) return;
    this.#offset += sleptMs;
    this.#hasSlept = true;
    this.#isPlain = false;
  }

  #advanceTo(time: number): void {
    if (time <= this.#last) return;
    this.#offset += time - this.#last;
    this.#last = time;
  }

  /** The time of the runtime's own clock; not read twice where that is the source. */
  #nativeTime(now: number): number {
    return this.#source === nativeNow ? now - this.#offset : nativeNow();
  }

  #leftMs({ due, nativeDue }: ClockTimer, now: number): number {
    return Math.min(due - now, nativeDue - this.#nativeTime(now));
  }

  #set(timer: ClockTimer, timers: Timers, now: number, ms: number): void {
    // Looked up once: others may be in place when it fires or is cleared.
    const { setTimeout, clearTimeout } = timers;
    const delayMs = Math.min(Math.ceil(Math.max(0, ms)), longestDelayMs);
    const fire = (): void => this.#fire(timer, { setTimeout, clearTimeout }, now + delayMs);
    if (this.#workerdTimers !== undefined && setTimeout === nativeSetTimeout) {
      timer.clearNative = this.#workerdTimers.set(fire, delayMs);
      return;
    }
    const handle = setTimeout(fire, delayMs);
    const clear = (): void => clearTimeout(handle);
    if (setTimeout === nativeSetTimeout) {
      timer.clearNative = clear;
    } else {
      timer.other = { by: setTimeout, clear };
      this.#isPlain = false;
    }
  }

  #clear(timer: ClockTimer): void {
    this.#waiting.delete(timer);
    timer.clearNative?.();
    timer.other?.clear();
  }

  #fire(timer: ClockTimer, timers: Timers, until: number): void {
    // Where a test replaces only some functions, a cleared timeout may fire all the same.
    if (!this.#waiting.has(timer)) return;
    this.#read();
    if (timers.setTimeout !== nativeSetTimeout || this.#source !== nativeNow) {
      // A test's timers may fire without moving what the time is read from.
      this.#advanceTo(Math.min(until, timer.due));
    }
    // Timers count whole milliseconds and may fire a fraction early: what is left is waited for again.
    const leftMs = this.#leftMs(timer, this.#last);
    if (leftMs > 0) {
      this.#set(timer, timers, this.#last, leftMs);
      return;
    }
    this.#clear(timer);
    this.#advanceTo(timer.due);
    timer.wake();
  }

  /** Sets anew what was set with functions that are gone, and what does not fire with the runtime's own. */
  #checkTimers(now: number): void {
    const { setTimeout } = globalThis;
    const nativeTime = this.#nativeTime(now);
    this.#setTimeout = setTimeout;
    this.#standsStillAt = Number.POSITIVE_INFINITY;
    const hasSlept = this.#hasSlept;
    this.#hasSlept = false;
    for (const timer of this.#waiting) {
      const standsStillAt = timer.nativeDue + clockStandstillMs;
      if (timer.other !== undefined && timer.other.by !== setTimeout) {
        timer.other.clear();
        timer.other = undefined;
      }
      const isSet =
        (setTimeout === nativeSetTimeout ? timer.clearNative : timer.other) !== undefined;
      const leftMs = this.#leftMs(timer, now);
      if (!isSet) {
        this.#set(timer, globalThis, now, leftMs);
      } else if (hasSlept && timer.clearNative !== undefined) {
        timer.clearNative();
        this.#set(timer, nativeTimers, now, leftMs);
      }
      if (timer.clearNative !== undefined || !isNative) continue;
      if (nativeTime >= standsStillAt) this.#set(timer, nativeTimers, now, 0);
      else this.#standsStillAt = Math.min(this.#standsStillAt, standsStillAt);
    }
  }
}

/** What the source gives, if that is a time. */
function readingOf(source: TimeSource, performance: unknown): number | undefined {
  const value = source?.call(performance);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** Milliseconds since 1970 by the wall clock in place, which may be set back; for dates, not for durations. */
export function wallNow(): number {
  const ms: unknown = Date.now();
  return typeof ms === 'number' && Number.isFinite(ms)
    ? Math.floor(ms)
    : new NativeDate().getTime();
}

/** The first and the last millisecond whose year has four digits: other years are not read everywhere. */
const minTimestampMs = -62_167_219_200_000;
const maxTimestampMs = 253_402_300_799_999;

/** Timestamps in ISO 8601, UTC, with milliseconds. */
export class Timestamps {
  /** The last one, in milliseconds since 1970. */
  ms: number = Number.NaN;
  #text = '';

  isoNow(): string {
    const ms = wallNow();
    // Formatting costs more than the rest of a small call, and a busy client makes many within one millisecond.
    if (ms !== this.ms) {
      this.ms = ms;
      this.#text = new NativeDate(
        Math.min(Math.max(ms, minTimestampMs), maxTimestampMs),
      ).toISOString();
    }
    return this.#text;
  }
}
