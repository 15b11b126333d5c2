import { install } from '@sinonjs/fake-timers';

/** An odd time, in Unix milliseconds: 2026-09-01T08:00:00.123Z. */
export const START = 1_788_249_600_123;

/** Turns of the real loop without a timer after which nothing is expected to happen any more. */
const MAX_IDLE_TURNS = 10_000;

/** The clock of the whole test file: timers and dates are virtual until `end`. */
export interface FakeTime {
  /** Timers that are set. */
  readonly timers: number;
  /** Lets everything happen that is due at this moment. */
  settle(): Promise<void>;
  /** Lets time pass, and everything happen that becomes due meanwhile. */
  pass(ms: number): Promise<void>;
  /** Lets time pass until no timer is set. */
  drain(): Promise<void>;
  /** Lets time pass until that promise has settled, and gives what it resolves to. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Gives the real clock back. */
  end(): void;
}

export function fakeTime(): FakeTime {
  // Never nextTick or queueMicrotask: with those faked, the window's tick never ends.
  const clock = install({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    now: START,
  });
  // performance.now begins at zero, and a time that is zero may be taken for a flag.
  clock.tick(1_237);
  clock.setSystemTime(START);
  return {
    get timers() {
      return clock.countTimers();
    },
    settle,
    async pass(ms) {
      await settle();
      await clock.tickAsync(ms);
      await settle();
    },
    async drain() {
      await settle();
      while (clock.countTimers() > 0) {
        clock.next();
        await settle();
      }
    },
    async until(promise) {
      let isSettled = false;
      const note = (): void => {
        isSettled = true;
      };
      promise.then(note, note);
      for (let idleTurns = 0; !isSettled; idleTurns++) {
        if (idleTurns > MAX_IDLE_TURNS) throw new Error('Nothing is left to happen.');
        await settle();
        if (isSettled || clock.countTimers() === 0) continue;
        clock.next();
        idleTurns = 0;
      }
      return promise;
    },
    end: () => clock.uninstall(),
  };
}

/** When a macrotask of the real loop runs, all promise jobs and ticks before it are done. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
