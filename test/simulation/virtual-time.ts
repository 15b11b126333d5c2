/** One virtual clock for everything: the client, the emulator, the network and the agents. */
import FakeTimers from '@sinonjs/fake-timers';

/** Tests start at an odd time that is not zero. */
const START_MS = 1_234_567_891_234;

/** Turns of the event loop in which a client that was stopped has read what came meanwhile. */
const TURNS = 10;

export interface VirtualTime {
  /** Milliseconds since the start: of the world, which goes on while the process stands still. */
  now(): number;
  /** The same as a date, in Unix milliseconds. */
  wallNow(): number;
  /** A timer of the agents. */
  after(ms: number, wake: () => void): () => void;
  /** One of the network and the server. */
  afterOutside(ms: number, wake: () => void): () => void;
  /** All that are set. */
  readonly timers: number;
  /** Those of them that `after` and `afterOutside` have set. */
  readonly ownTimers: number;
  /** Until when the process stands still; undefined: it runs. */
  readonly frozenUntil: number | undefined;
  /** Calls `resume` when the process runs: at once, or after all of its timers that are late by then. */
  whenRunning(resume: () => void): void;
  /** Lets everything happen that is due now. */
  settle(): Promise<void>;
  /** Goes on to the next timer. */
  next(): Promise<void>;
  /** Stops the process, as a signal may; the world goes on. */
  freeze(ms: number): Promise<void>;
  /** Gives the real time back. */
  end(): void;
}

interface OutsideTimer {
  readonly at: number;
  readonly wake: () => void;
  readonly cancel: () => void;
}

export function installVirtualTime(): VirtualTime {
  const clock = FakeTimers.install({
    now: START_MS,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  clock.tick(77);
  const begin = clock.now;
  const own = new Set<unknown>();
  const outside = new Set<OutsideTimer>();
  const held: (() => void)[] = [];
  let frozenUntil: number | undefined;
  /** Of the world, while the clock of the process stands still. */
  let outsideNow: number | undefined;
  const now = (): number => (outsideNow ?? clock.now) - begin;
  const after = (ms: number, wake: () => void): (() => void) => {
    const timer = clock.setTimeout(
      () => {
        own.delete(timer);
        wake();
      },
      begin + now() + ms - clock.now,
    );
    own.add(timer);
    return () => {
      own.delete(timer);
      clock.clearTimeout(timer);
    };
  };
  const afterOutside = (ms: number, wake: () => void): (() => void) => {
    const cancelTimer = after(ms, () => {
      outside.delete(timer);
      wake();
    });
    const cancel = (): void => {
      outside.delete(timer);
      cancelTimer();
    };
    const timer: OutsideTimer = { at: now() + ms, wake, cancel };
    outside.add(timer);
    return cancel;
  };
  return {
    now,
    wallNow: () => begin + now(),
    after,
    afterOutside,
    get ownTimers() {
      return own.size;
    },
    get timers() {
      return clock.countTimers();
    },
    get frozenUntil() {
      return frozenUntil;
    },
    whenRunning(resume) {
      if (frozenUntil === undefined) resume();
      else held.push(resume);
    },
    settle,
    async next() {
      clock.next();
      await settle();
    },
    async freeze(ms) {
      const until = now() + ms;
      frozenUntil = until;
      for (;;) {
        const timer = firstBefore(until, outside);
        if (timer === undefined) break;
        timer.cancel();
        outsideNow = begin + timer.at;
        timer.wake();
        await settle();
      }
      outsideNow = undefined;
      // Timers come before what lies in the sockets.
      clock.jump(ms);
      frozenUntil = undefined;
      for (const resume of held.splice(0)) resume();
      // Whoever was late looks for what lies there, turn by turn.
      for (let turns = 0; turns < TURNS; turns++) await settle();
    },
    end: () => clock.uninstall(),
  };
}

function firstBefore(until: number, timers: ReadonlySet<OutsideTimer>): OutsideTimer | undefined {
  let first: OutsideTimer | undefined;
  for (const timer of timers) {
    if (timer.at < until && (first === undefined || timer.at < first.at)) first = timer;
  }
  return first;
}

/** When a macrotask of the real loop runs, all promise jobs and ticks before it are done. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
