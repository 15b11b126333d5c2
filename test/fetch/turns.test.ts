import { expect, test } from 'vitest';
import { Turns, unlessAborted } from '../../src/fetch/turns.ts';

/** Which of them have settled by now, once all promise jobs are done. */
async function settled(...promises: readonly Promise<unknown>[]): Promise<boolean[]> {
  const flags = promises.map(() => false);
  for (const [at, promise] of promises.entries()) {
    const note = (): void => {
      flags[at] = true;
    };
    promise.then(note, note);
  }
  await new Promise(setImmediate);
  return flags;
}

test('a turn comes when all before it have ended, in whatever order', async () => {
  const turns = new Turns();
  const [first, second, third] = [turns.take(), turns.take(), turns.take()];
  const comes = () => settled(first.comes, second.comes, third.comes, turns.allSoFar);
  expect(await comes()).toEqual([true, false, false, false]);
  second.end();
  expect(await comes()).toEqual([true, false, false, false]);
  first.end();
  expect(await comes()).toEqual([true, true, true, false]);
  third.end();
  expect(await comes()).toEqual([true, true, true, true]);
});

test('a signal of another package, which has no more than it must, ends the waiting', async () => {
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    reason: new Error('enough'),
    addEventListener: (_: string, listener: () => void) => listeners.add(listener),
    removeEventListener: (_: string, listener: () => void) => listeners.delete(listener),
  };
  const never = new Promise(() => {});
  const waiting = unlessAborted(never, signal as unknown as AbortSignal);
  const quick = unlessAborted(Promise.resolve(1), signal as unknown as AbortSignal);
  expect(await quick).toBe(1);
  expect(listeners.size).toBe(1);
  for (const listener of listeners) listener();
  await expect(waiting).rejects.toBe(signal.reason);
  expect(listeners.size).toBe(0);
  signal.aborted = true;
  await expect(unlessAborted(never, signal as unknown as AbortSignal)).rejects.toBe(signal.reason);
});
