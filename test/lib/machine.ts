import { createClock } from '@sinonjs/fake-timers';
import { onTestFinished, vi } from 'vitest';

export type Played = ReturnType<typeof createClock>;
type Functions = 'setTimeout' | 'clearTimeout' | 'performance' | 'Date';

const all: readonly Functions[] = ['setTimeout', 'clearTimeout', 'performance', 'Date'];

/** A clock that is moved by hand, to be put in the place of the runtime's functions. */
export function played(startMs: number): Played {
  const clock = createClock(1_790_000_000_123);
  clock.tick(startMs);
  return clock;
}

/** Puts functions of that clock in place, until others are or the test ends. */
export function put(clock: Pick<Played, Functions>, functions: readonly Functions[] = all): void {
  for (const name of functions) vi.stubGlobal(name, clock[name]);
}

/**
 * A machine whose own clock is moved by hand: `clock.ts` and `native-clock.ts` are loaded anew and take it for the
 * runtime's. It is put in place as a whole; its readings are `lateMs` behind its timers.
 */
export async function machine(lateMs: () => number = () => 0) {
  const own = played(7_017);
  const read = own.performance.now;
  own.performance.now = () => read() - lateMs();
  put(own);
  onTestFinished(() => void vi.unstubAllGlobals());
  vi.resetModules();
  return { own, ...(await import('../../src/lib/clock.ts')) };
}
