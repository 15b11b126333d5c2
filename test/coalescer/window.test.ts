// The window in which calls are gathered, whoever says when it ends.
import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test, vi } from 'vitest';
import type { Schedule } from '../../src/coalescer/index.ts';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest, openWindow } from '../helpers/engine.ts';
import type { WindowsUnderTest } from '../helpers/windows.ts';
import { windowsUnderTest } from '../helpers/windows.ts';

/** The flush of each window that was opened. */
function withFlushes(stop?: () => void) {
  const flushes: (() => void)[] = [];
  const schedule: Schedule = (flush) => {
    flushes.push(flush);
    return stop;
  };
  return { ...windowsUnderTest({ schedule }), flushes };
}

test('what is called within one run of code is handed on together, in order', async () => {
  const t = windowsUnderTest();
  t.add('a', 'b');
  expect(t.windows).toEqual([]);
  await Promise.resolve();
  t.add('c');
  await Promise.resolve();
  expect(t.windows).toEqual([['a', 'b'], ['c']]);
  await endsIdle(t);
});

test('a window that was ended at once is not handed on again, nor does its end touch the next', async () => {
  const t = withFlushes();
  t.add('a');
  void t.engine.flush();
  expect(t.windows).toEqual([['a']]);
  t.add('b');
  t.flushes[0]?.();
  expect(t.windows).toEqual([['a']]);
  t.flushes[1]?.();
  t.flushes[1]?.();
  expect(t.windows).toEqual([['a'], ['b']]);
  await endsIdle(t);
});

test('where no window is open, there is nothing to end', async () => {
  const t = withFlushes();
  await t.engine.flush();
  t.engine.sendOutliving(1_000);
  expect(t.flushes).toEqual([]);
  expect(t.windows).toEqual([]);
});

test('what is called while a window is handed on belongs to the next', async () => {
  const t: WindowsUnderTest = windowsUnderTest({}, (keys) => {
    if (keys.includes('a')) t.add('b');
  });
  t.add('a');
  void t.engine.flush();
  expect(t.windows).toEqual([['a']]);
  await Promise.resolve();
  expect(t.windows).toEqual([['a'], ['b']]);
  await endsIdle(t);
});

test('a window may be over as soon as it is opened', async () => {
  const stop = vi.fn();
  const t = windowsUnderTest({
    schedule: (flush) => {
      flush();
      return stop;
    },
  });
  t.add('a', 'b');
  expect(t.windows).toEqual([['a'], ['b']]);
  expect(stop).toHaveBeenCalledTimes(2);
  await endsIdle(t);
});

test('whoever opens a window may call back: what he calls is in it, and what he flushes is over', async () => {
  let opened = 0;
  const stop = vi.fn();
  const t: WindowsUnderTest = windowsUnderTest({
    schedule: () => {
      opened++;
      if (opened > 1) return undefined;
      t.add('b');
      void t.engine.flush();
      t.add('c');
      return stop;
    },
  });
  t.add('a');
  expect(t.windows).toEqual([['a', 'b']]);
  expect(opened).toBe(2);
  expect(stop).toHaveBeenCalledTimes(1);
  void t.engine.flush();
  expect(t.windows).toEqual([['a', 'b'], ['c']]);
  await endsIdle(t);
});

test.each(['its end', 'a flush', 'a full batch', 'the abort of all that is in it'])(
  'what would end a window is stopped once it is over, by %s',
  async (by) => {
    const stop = vi.fn();
    const t = withFlushes(stop);
    const abort = new AbortController();
    const calls = [t.call('a', { signal: abort.signal })];
    expect(stop).not.toHaveBeenCalled();
    if (by === 'its end') t.flushes[0]?.();
    if (by === 'a flush') void t.engine.flush();
    if (by === 'a full batch') for (let n = 1; n < 100; n++) calls.push(t.call(`k${n}`));
    if (by.startsWith('the abort')) abort.abort();
    expect(stop).toHaveBeenCalledTimes(1);
    calls.push(t.call('next'));
    expect(t.flushes).toHaveLength(2);
    t.flushes[1]?.();
    expect(stop).toHaveBeenCalledTimes(2);
    await endsIdle(t);
    const first = by.startsWith('the abort') ? 'aborted' : 'ok';
    expect(await endsOf(...calls)).toEqual([first, ...calls.slice(1).map(() => 'ok')]);
  },
);

test('one that cannot be stopped harms nothing', async () => {
  const t = withFlushes(() => {
    throw new Error('jammed');
  });
  t.add('a');
  void t.engine.flush();
  t.add('b');
  t.flushes[1]?.();
  expect(t.windows).toEqual([['a'], ['b']]);
  await endsIdle(t);
});

test("a test's queueMicrotask cannot hold a window open", async () => {
  const t = windowsUnderTest();
  vi.stubGlobal('queueMicrotask', () => undefined);
  t.add('a');
  vi.unstubAllGlobals();
  await Promise.resolve();
  t.add('b');
  await Promise.resolve();
  expect(t.windows).toEqual([['a'], ['b']]);
  await endsIdle(t);
});

test('a window is opened, and ends, outside the context of the caller who opened it', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const look = () => void seen.push(storage.getStore());
  const t = windowsUnderTest(
    {
      schedule: (flush) => {
        look();
        queueMicrotask(flush);
        return undefined;
      },
    },
    look,
  );
  storage.run('caller', () => t.add('a'));
  await Promise.resolve();
  expect(seen).toEqual([undefined, undefined]);
  await endsIdle(t);
});

test('who waits for a window does so at most as long as for anything else', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 1_000 }, { schedule: openWindow });
  const first = t.call('a');
  await t.clock.pass(1_000);
  const next = t.call('b');
  void t.engine.flush();
  await endsIdle(t);
  expect(await endsOf(first, next)).toEqual(['exhausted', 'ok']);
  expect(t.wire.batches).toEqual([['b']]);
});

async function endsIdle(t: EngineUnderTest): Promise<void> {
  await t.answerAll();
  t.expectIdle();
}
