// The runtime's own clock and timers, as they were when this module was loaded: tests may replace the globals later.

export type Timers = Pick<typeof globalThis, 'setTimeout' | 'clearTimeout'>;

export const nativePerformance: typeof globalThis.performance = globalThis.performance;
export const nativeRead: () => number = nativePerformance.now;

export function nativeNow(): number {
  return nativeRead.call(nativePerformance);
}

export const NativeDate: DateConstructor = Date;
export const nativeDateNow: () => number = Date.now;

export const nativeTimers: Timers = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
};

/**
 * False where a test's clock was in place by then. The field `clock` is the mark of `@sinonjs/fake-timers`, which
 * Jest and Vitest use.
 */
export const isNative: boolean = !Object.hasOwn(nativeTimers.setTimeout, 'clock');

export const nativeSetTimeout: typeof setTimeout | undefined = isNative
  ? nativeTimers.setTimeout
  : undefined;
