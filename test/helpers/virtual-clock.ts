import { createClock } from '@sinonjs/fake-timers';
import type { Clock } from '../../src/lib/clock.ts';

/** Tests start at an odd time that is not zero: a clock that is taken for a flag shows at once. */
const START_MS = 1_234_567;

export interface VirtualClock extends Clock {
  /** Timers that are set. */
  readonly timers: number;
  /** Lets everything happen that is due at this moment. */
  settle(): Promise<void>;
  /** Lets time pass, and everything happen that becomes due meanwhile. */
  pass(ms: number): Promise<void>;
  /** Lets the process stand still for so long from now: what becomes due meanwhile fires at its end. */
  stop(ms: number): Promise<void>;
  /** Lets time pass until no timer is set. */
  drain(): Promise<void>;
}

export function virtualClock(): VirtualClock {
  const clock = createClock(START_MS);
  return {
    now: () => clock.now,
    after(ms, wake) {
      // A longer delay would fire at once, as the runtime's own timers do.
      const timer = clock.setTimeout(wake, Math.min(Math.ceil(ms), 2 ** 31 - 1));
      return () => clock.clearTimeout(timer);
    },
    get timers() {
      return clock.countTimers();
    },
    settle,
    async pass(ms) {
      await settle();
      await clock.tickAsync(ms);
      await settle();
    },
    async stop(ms) {
      clock.jump(ms);
      // What has come is read before a limit that is late holds.
      for (const _ of Array(4)) await settle();
    },
    async drain() {
      await settle();
      while (clock.countTimers() > 0) {
        clock.next();
        await settle();
      }
    },
  };
}

/** When a macrotask of the real loop runs, all promise jobs and ticks before it are done. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
