/** One virtual clock for everything: the client, the emulator, the network and the agents. */
import FakeTimers from '@sinonjs/fake-timers';

/** Tests start at an odd time that is not zero. */
const START_MS = 1_234_567_891_234;

export interface VirtualTime {
  /** Milliseconds since the start. */
  now(): number;
  after(ms: number, wake: () => void): () => void;
  /** All that are set. */
  readonly timers: number;
  /** Those of them that `after` has set. */
  readonly ownTimers: number;
  /** Lets everything happen that is due now. */
  settle(): Promise<void>;
  /** Goes on to the next timer. */
  next(): Promise<void>;
  /** Gives the real time back. */
  end(): void;
}

export function installVirtualTime(): VirtualTime {
  const clock = FakeTimers.install({
    now: START_MS,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  clock.tick(77);
  const begin = clock.now;
  const own = new Set<unknown>();
  return {
    now: () => clock.now - begin,
    after(ms, wake) {
      const timer = clock.setTimeout(() => {
        own.delete(timer);
        wake();
      }, ms);
      own.add(timer);
      return () => {
        own.delete(timer);
        clock.clearTimeout(timer);
      };
    },
    get ownTimers() {
      return own.size;
    },
    get timers() {
      return clock.countTimers();
    },
    settle,
    async next() {
      clock.next();
      await settle();
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
