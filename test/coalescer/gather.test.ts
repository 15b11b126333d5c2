import { expect, test, vi } from 'vitest';
import { gatherRun } from '../../src/coalescer/gather.ts';

test('what is added within one run of code is handed on together, in order', async () => {
  const { gather, windows } = gathered();
  gather.add('a');
  gather.add('b');
  expect(windows).toEqual([]);
  await Promise.resolve();
  gather.add('c');
  await Promise.resolve();
  expect(windows).toEqual([['a', 'b'], ['c']]);
});

test('a window that was ended at once is not handed on again', async () => {
  const { gather, windows } = gathered();
  gather.add('a');
  gather.end();
  expect(windows).toEqual([['a']]);
  gather.add('b');
  await Promise.resolve();
  expect(windows).toEqual([['a'], ['b']]);
});

test('an end without a window does nothing', async () => {
  const { gather, windows } = gathered();
  gather.end();
  await Promise.resolve();
  expect(windows).toEqual([]);
});

test('what is added while a window is handed on belongs to the next', async () => {
  const windows: (readonly string[])[] = [];
  const gather = gatherRun<string>((entries) => {
    windows.push(entries);
    if (windows.length === 1) gather.add('b');
  });
  gather.add('a');
  gather.end();
  await Promise.resolve();
  expect(windows).toEqual([['a'], ['b']]);
});

test("a test's queueMicrotask cannot hold a window open", async () => {
  vi.stubGlobal('queueMicrotask', () => undefined);
  const { gather, windows } = gathered();
  gather.add('a');
  vi.unstubAllGlobals();
  await Promise.resolve();
  gather.add('b');
  await Promise.resolve();
  expect(windows).toEqual([['a'], ['b']]);
});

function gathered(): {
  gather: ReturnType<typeof gatherRun<string>>;
  windows: (readonly string[])[];
} {
  const windows: (readonly string[])[] = [];
  return { windows, gather: gatherRun<string>((entries) => windows.push(entries)) };
}
