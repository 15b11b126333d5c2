import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, test } from 'vitest';
import type { BatchWindow } from '../src/options.ts';
import { gatherWith } from '../src/window.ts';
import { HandClock } from './internal/hand-clock.ts';
import { recordingLogger } from './internal/recording-logger.ts';

interface Entry {
  readonly name: string;
}

const unhandled: unknown[] = [];
process.on('unhandledRejection', (error) => unhandled.push(error));
afterEach(async () => {
  await turn();
  expect(unhandled).toEqual([]);
});

/** A turn of the event loop: every tick and promise job that is due has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function open(window: BatchWindow, onEnd: (names: string[]) => void = () => undefined) {
  const clock = new HandClock();
  const logger = recordingLogger();
  const windows: string[][] = [];
  const gather = gatherWith<Entry>(window, { clock, logger })((entries) => {
    const names = entries.map(({ name }) => name);
    windows.push(names);
    onEnd(names);
  });
  const add = (...names: string[]) => {
    for (const name of names) gather.add({ name });
  };
  return { clock, logger, windows, gather, add };
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
    const { windows, add, gather } = open('tick');
    add('a', 'b');
    gather.end();
    expect(windows).toEqual([['a', 'b']]);
    add('c');
    await turn();
    expect(windows).toEqual([['a', 'b'], ['c']]);
  });

  test('takes what is called while it ends into the next', async () => {
    const { windows, add } = open('tick', (names) => {
      if (names.includes('a')) add('b');
    });
    add('a');
    await turn();
    expect(windows).toEqual([['a'], ['b']]);
  });
});

test('where none is open, there is nothing to end', () => {
  const { windows, gather } = open('tick');
  gather.end();
  expect(windows).toEqual([]);
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
    const { windows, add, clock, gather } = open(10);
    add('a');
    gather.end();
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

test('whoever fails to take the entries does not raise an unhandled rejection', async () => {
  const error = new Error('an invariant');
  const { add, logger } = open('tick', () => {
    throw error;
  });
  add('a');
  await turn();
  expect(logger.entries).toEqual([['error', expect.any(String), error]]);
});
