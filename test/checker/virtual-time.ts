/** One virtual clock for the client, the server and the agents; and what nobody can hurry: the loop. */
import FakeTimers from '@sinonjs/fake-timers';
import type { Time, Wake } from './time.ts';

/** An odd time, not zero: 2026-03-04T05:06:07.089Z. */
const START_MS = 1_772_600_767_089;

/** Turns of the loop in which nothing has to happen before all counts as quiet. */
const QUIET_TURNS = 4;
/** Enough for all promise jobs between two timers. */
const JOBS = 64;

export interface VirtualTime extends Time {
  readonly timers: number;
  /** Timers that the client has set. */
  readonly foreignTimers: number;
  /** Lets all that is due happen: promise jobs, and tasks of the loop that cause others. */
  settle(): Promise<void>;
  /** Goes to the next timer; or, after `stop`, stands still and wakes later. */
  next(): Promise<void>;
  end(): void;
}

export function virtualTime(): VirtualTime {
  const clock = FakeTimers.install({
    now: START_MS,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  clock.tick(41);
  const begin = clock.now;
  const own = new Set<unknown>();
  const outside = new Map<unknown, { readonly due: number; readonly wake: Wake }>();
  /** What lies in the socket until the process goes on. */
  let delivered: Wake[] = [];
  /** Timers that are due when it goes on: it takes one after the other, and promise jobs between. */
  let late: { readonly timer: unknown; readonly wake: Wake }[] | undefined;
  let outsideNow: number | undefined;
  let stirred = 0;
  let stopMs = 0;
  let stoppedMs = 0;

  const setInProcess = (wake: Wake, ms = 0): ReturnType<typeof clock.setTimeout> => {
    const timer = clock.setTimeout(() => {
      if (late === undefined) wake();
      else late.push({ timer, wake });
    }, ms);
    return timer;
  };
  const clearInProcess = (timer: ReturnType<typeof clock.setTimeout>): void => {
    late = late?.filter((entry) => entry.timer !== timer);
    clock.clearTimeout(timer);
  };
  Object.assign(globalThis, { setTimeout: setInProcess, clearTimeout: clearInProcess });

  const standStill = async (ms: number): Promise<void> => {
    const until = clock.now + ms;
    for (;;) {
      const due = [...outside].filter((entry) => entry[1].due <= until);
      const [first] = due.sort(([, one], [, other]) => one.due - other.due);
      if (first === undefined) break;
      const [timer, { due: at, wake }] = first;
      outside.delete(timer);
      clock.clearTimeout(timer as ReturnType<typeof clock.setTimeout>);
      outsideNow = at;
      wake();
    }
    outsideNow = undefined;
    late = [];
    clock.jump(ms);
    // jump() takes the timers for due that lie before its end, and fires them at its end.
    while (late.length > 0) {
      late.shift()?.wake();
      for (let job = 0; job < JOBS; job++) await undefined;
    }
    late = undefined;
    const arrived = delivered;
    delivered = [];
    for (const arrive of arrived) arrive();
  };

  return {
    now: () => (outsideNow ?? clock.now) - begin,
    wallNow: () => outsideNow ?? clock.now,
    after(ms, wake) {
      const timer = setInProcess(() => {
        own.delete(timer);
        stirred++;
        wake();
      }, ms);
      own.add(timer);
    },
    afterOutside(ms, wake) {
      const due = (outsideNow ?? clock.now) + ms;
      const timer = clock.setTimeout(() => {
        outside.delete(timer);
        stirred++;
        wake();
      }, due - clock.now);
      outside.set(timer, { due, wake });
    },
    deliver(what) {
      if (outsideNow === undefined) what();
      else delivered.push(what);
    },
    get timers() {
      return clock.countTimers();
    },
    get foreignTimers() {
      return clock.countTimers() - own.size - outside.size;
    },
    get stoppedMs() {
      return stoppedMs;
    },
    async settle() {
      for (let quiet = 0; quiet < QUIET_TURNS; ) {
        const before = stirred;
        await turn();
        quiet = stirred === before ? quiet + 1 : 0;
      }
    },
    async next() {
      stirred++;
      const ms = stopMs;
      stopMs = 0;
      if (ms === 0) {
        clock.next();
      } else {
        stoppedMs += ms;
        await standStill(ms);
      }
    },
    stop: (ms) => {
      stopMs = ms;
    },
    stir: () => void stirred++,
    end: () => {
      clock.uninstall();
    },
  };
}

/** All promise jobs and ticks that are due lie before a task of the real loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
