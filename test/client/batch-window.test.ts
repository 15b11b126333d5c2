import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { BatchWindow } from '../../src/client/batch-window.ts';
import { scheduleOf } from '../../src/client/batch-window.ts';
import { HandClock } from '../helpers/hand-clock.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';
import { windowsUnderTest } from '../helpers/windows.ts';

const unhandled: unknown[] = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  await turn();
  expect(unhandled).toEqual([]);
});

/** A turn of the event loop: every tick and promise job that is due has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Windows whose end `window` says. The clock is theirs alone. */
function open(window: BatchWindow, onEnd?: (names: readonly string[]) => void) {
  const clock = new HandClock();
  const logger = recordingLogger();
  const schedule = scheduleOf(window, { clock, logger });
  const { engine, windows, add } = windowsUnderTest({ schedule }, onEnd);
  return { clock, logger, windows, engine, add };
}

describe("a window of a tick ('tick')", () => {
  test('gathers what is called in it, in order', async () => {
    const { windows, add, clock } = open('tick');
    add('a', 'b');
    add('c');
    expect(windows).toEqual([]);
    await turn();
    expect(windows).toEqual([['a', 'b', 'c']]);
    expect(clock.timers).toBe(0);
  });

  test('gathers what is called in the promise jobs of that tick', async () => {
    const { windows, add } = open('tick');
    add('a');
    await Promise.resolve();
    add('b');
    await Promise.resolve().then(() => Promise.resolve());
    add('c');
    await turn();
    expect(windows).toEqual([['a', 'b', 'c']]);
  });

  test('ends before the next one', async () => {
    const { windows, add } = open('tick');
    add('a');
    await turn();
    add('b');
    await turn();
    expect(windows).toEqual([['a'], ['b']]);
  });

  test('ends at once when told so, and only once', async () => {
    const { windows, add, engine } = open('tick');
    add('a', 'b');
    void engine.flush();
    expect(windows).toEqual([['a', 'b']]);
    add('c');
    await turn();
    expect(windows).toEqual([['a', 'b'], ['c']]);
  });

  test('that was ended early does not end the next one before its promise jobs', async () => {
    const { windows, add, engine } = open('tick');
    // Runs right before the end of the tick that the first window is to ask for.
    process.nextTick(() => {
      add('b');
      void Promise.resolve().then(() => add('c'));
    });
    add('a');
    void engine.flush();
    await turn();
    expect(windows).toEqual([['a'], ['b', 'c']]);
  });

  test('takes what is called while it ends into the next', async () => {
    const { windows, add } = open('tick', (names) => {
      if (names.includes('a')) add('b');
    });
    add('a');
    await turn();
    expect(windows).toEqual([['a'], ['b']]);
  });

  test('is ended by the scheduler of dataloader, and by no copy of it', async () => {
    const { nextTick } = process;
    let running: string | undefined;
    // In place before the module is loaded, it is the runtime's own, for all that is known there.
    vi.spyOn(process, 'nextTick').mockImplementation((run, ...args) => {
      const { stack } = new Error('Who asks?');
      nextTick(() => {
        running = stack;
        run(...args);
        running = undefined;
      });
    });
    vi.resetModules();
    const loaded = await import('../../src/client/batch-window.ts');
    const clock = new HandClock();
    const schedule = loaded.scheduleOf('tick', { clock, logger: recordingLogger() });
    const ends: string[] = [];
    for (let window = 0; window < 50; window++) {
      await new Promise<void>((resolve) => {
        schedule(() => {
          ends.push(String(running));
          resolve();
        });
      });
    }
    expect(ends).toHaveLength(50);
    for (const end of ends) expect(end).toMatch(/node_modules.dataloader.index\.js/);
    for (const end of ends) expect(end).not.toMatch(/window\.ts/);
  });

  test('in workerd, where nextTick is a promise job, is ended by the next turn of the clock', async () => {
    vi.resetModules();
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
    const loaded = await import('../../src/client/batch-window.ts');
    const clock = new HandClock();
    const flush = vi.fn();
    loaded.scheduleOf('tick', { clock, logger: recordingLogger() })(flush);
    await turn();
    expect(flush).not.toHaveBeenCalled();
    expect(clock.timers).toBe(1);
    clock.advance(0);
    expect(flush).toHaveBeenCalledTimes(1);
  });

  test('where there was no nextTick, is ended by whichever comes first, dataloader or the clock', async () => {
    vi.resetModules();
    vi.stubGlobal('process', undefined);
    const loaded = await import('../../src/client/batch-window.ts');
    vi.unstubAllGlobals();
    const clock = new HandClock();
    const schedule = loaded.scheduleOf('tick', { clock, logger: recordingLogger() });
    const flush = vi.fn();
    const stop = schedule(flush);
    expect(clock.timers).toBe(1);
    clock.advance(0);
    expect(flush).toHaveBeenCalledTimes(1);
    stop?.();
    expect(clock.timers).toBe(0);
    await turn();
    // dataloader comes as well: the engine has long closed that window.
    expect(flush).toHaveBeenCalledTimes(2);
  });

  test('where nextTick is gone, is ended by the next turn of the clock', async () => {
    const { windows, add, clock, engine } = open('tick');
    vi.stubGlobal('process', undefined);
    add('a');
    void engine.flush();
    expect(clock.timers).toBe(0);
    add('b');
    expect(windows).toEqual([['a']]);
    clock.advance(0);
    vi.unstubAllGlobals();
    expect(windows).toEqual([['a'], ['b']]);
  });
});

describe("while a test's nextTick is in place, a tick", () => {
  /** What is asked of the test's nextTick from now on; none of it is run. */
  function fake() {
    const given: (() => void)[] = [];
    const install = () =>
      vi
        .spyOn(process, 'nextTick')
        .mockImplementation((run, ...args) => void given.push(() => run(...args)));
    return { given, install };
  }

  test('ends all the same, and only once', async () => {
    const { windows, add } = open('tick');
    const { given, install } = fake();
    install();
    add('a');
    // Whatever else runs in this process needs its own, once everybody has asked.
    await Promise.resolve();
    vi.restoreAllMocks();
    await turn();
    expect(windows).toEqual([['a']]);
    expect(given).toHaveLength(1);
    add('b');
    given[0]?.();
    expect(windows).toEqual([['a']]);
    await turn();
    expect(windows).toEqual([['a'], ['b']]);
  });

  test('may be ended sooner by that', async () => {
    const { windows, add } = open('tick');
    const { given, install } = fake();
    install();
    add('a');
    await Promise.resolve();
    vi.restoreAllMocks();
    given[0]?.();
    expect(windows).toEqual([['a']]);
    await turn();
    expect(windows).toEqual([['a']]);
  });

  test('ends all the same where that came between the call and the promise job that asks', async () => {
    const { windows, add } = open('tick');
    const { given, install } = fake();
    add('a');
    install();
    await Promise.resolve();
    vi.restoreAllMocks();
    await turn();
    expect(given).toHaveLength(1);
    expect(windows).toEqual([['a']]);
    add('b');
    await turn();
    expect(windows).toEqual([['a'], ['b']]);
  });

  test('ends where this was loaded while it was in place, and is gone', async () => {
    const { nextTick } = process;
    let isGone = false;
    // What loads modules needs it as well.
    vi.spyOn(process, 'nextTick').mockImplementation((run, ...args) => {
      if (!isGone) nextTick(run, ...args);
    });
    vi.resetModules();
    const loaded = await import('../../src/client/batch-window.ts');
    isGone = true;
    vi.restoreAllMocks();
    const flush = vi.fn();
    loaded.scheduleOf('tick', { clock: new HandClock(), logger: recordingLogger() })(flush);
    await turn();
    expect(flush).toHaveBeenCalled();
  });

  test('is left to the clock where this was loaded under it, so the next call finds none that stands still', async () => {
    const { nextTick } = process;
    let isStill = false;
    vi.spyOn(process, 'nextTick').mockImplementation((run, ...args) => {
      if (!isStill) nextTick(run, ...args);
    });
    // The mark of fake timers.
    Object.assign(process.nextTick, { clock: {} });
    vi.resetModules();
    const loaded = await import('../../src/client/batch-window.ts');
    isStill = true;
    const clock = new HandClock();
    const flush = vi.fn();
    const stop = loaded.scheduleOf('tick', { clock, logger: recordingLogger() })(flush);
    await Promise.resolve();
    vi.restoreAllMocks();
    await turn();
    expect(flush).not.toHaveBeenCalled();
    clock.advance(0);
    expect(flush).toHaveBeenCalledTimes(1);
    stop?.();
    expect(clock.timers).toBe(0);
  });
});

describe('a window of milliseconds', () => {
  test('counts from its first call: a trickle does not hold it open', () => {
    const { windows, add, clock } = open(10);
    add('a');
    clock.advance(6);
    add('b');
    clock.advance(3);
    add('c');
    expect(windows).toEqual([]);
    clock.advance(1);
    expect(windows).toEqual([['a', 'b', 'c']]);
    expect(clock.timers).toBe(0);
  });

  test('leaves no timer when it is ended', () => {
    const { windows, add, clock, engine } = open(10);
    add('a');
    void engine.flush();
    expect(windows).toEqual([['a']]);
    expect(clock.timers).toBe(0);
  });
});

describe("a user's window", () => {
  test('ends when its flush is called, which counts once', () => {
    const flushes: (() => void)[] = [];
    const { windows, add, clock } = open((flush) => flushes.push(flush));
    add('a', 'b');
    expect(flushes).toHaveLength(1);
    flushes[0]?.();
    flushes[0]?.();
    add('c');
    flushes[0]?.();
    expect(windows).toEqual([['a', 'b']]);
    flushes[1]?.();
    expect(windows).toEqual([['a', 'b'], ['c']]);
    expect(clock.timers).toBe(0);
  });

  test('may end at once: each call is a window of its own', () => {
    const { windows, add, clock } = open((flush) => flush());
    add('a', 'b');
    expect(windows).toEqual([['a'], ['b']]);
    expect(clock.timers).toBe(0);
  });

  test('that throws ends at once, with a warning', () => {
    const error = new Error('spilt');
    const { windows, add, clock, logger } = open(() => {
      throw error;
    });
    add('a');
    expect(windows).toEqual([['a']]);
    expect(logger.entries).toEqual([
      ['warn', 'batch.window failed, so its window ends at once.', error],
    ]);
    expect(clock.timers).toBe(0);
  });

  test('that rejects ends then, with a warning', async () => {
    const error = new Error('spilt');
    const { windows, add, logger } = open(async () => {
      throw error;
    });
    add('a');
    await turn();
    expect(windows).toEqual([['a']]);
    expect(logger.entries).toEqual([['warn', expect.any(String), error]]);
  });

  test('that forgets is ended after a minute, with a warning', () => {
    const { windows, add, clock, logger } = open(() => undefined);
    add('a');
    clock.advance(59_999);
    expect(windows).toEqual([]);
    clock.advance(1);
    expect(windows).toEqual([['a']]);
    expect(logger.entries).toEqual([
      ['warn', expect.stringContaining('batch.window did not call its flush within 60000 ms')],
    ]);
    expect(clock.timers).toBe(0);
  });

  test('is not called in the context of the caller who opened it', () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const { add } = open(() => seen.push(storage.getStore()));
    storage.run('caller', () => add('a'));
    expect(seen).toEqual([undefined]);
  });
});

test('a window ends outside the context of the caller who opened it', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const { add } = open('tick', () => seen.push(storage.getStore()));
  storage.run('caller', () => add('a'));
  await turn();
  expect(seen).toEqual([undefined]);
});

test.each<BatchWindow>(['tick', 5, (flush) => flush()])(
  'whoever fails to take what is handed on does not raise an unhandled rejection (%s)',
  async (window) => {
    const error = new Error('an invariant');
    const clock = new HandClock();
    const logger = recordingLogger();
    scheduleOf(window, { clock, logger })(() => {
      throw error;
    });
    clock.advance(5);
    await turn();
    expect(logger.entries).toEqual([['error', expect.any(String), error]]);
  },
);
