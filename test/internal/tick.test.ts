import { afterEach, expect, test, vi } from 'vitest';
import { afterPromiseJobs } from '../../src/internal/tick.ts';
import { HandClock } from './hand-clock.ts';

afterEach(() => vi.unstubAllGlobals());

test('it runs after all promise jobs that are due, and those that they make due', async () => {
  const order: string[] = [];
  const clock = new HandClock();
  const done = new Promise<void>((resolve) => {
    afterPromiseJobs(clock, () => {
      order.push('end of the tick');
      resolve();
    });
  });
  const chain = Promise.resolve()
    .then(() => order.push('one'))
    .then(() => order.push('two'))
    .then(() => order.push('three'));
  await Promise.all([done, chain]);
  expect(order).toEqual(['one', 'two', 'three', 'end of the tick']);
  expect(clock.timers).toBe(0);
});

test('it can be cancelled', async () => {
  const order: string[] = [];
  const clock = new HandClock();
  const cancel = afterPromiseJobs(clock, () => order.push('cancelled'));
  cancel();
  await new Promise<void>((resolve) => {
    afterPromiseJobs(clock, resolve);
  });
  expect(order).toEqual([]);
});

test('without nextTick it takes the next turn of the clock', () => {
  vi.stubGlobal('process', undefined);
  const order: string[] = [];
  const clock = new HandClock();
  afterPromiseJobs(clock, () => order.push('run'));
  afterPromiseJobs(clock, () => order.push('cancelled'))();
  expect(order).toEqual([]);
  clock.advance(0);
  expect(order).toEqual(['run']);
});
