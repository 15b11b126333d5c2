import { afterEach, describe, expect, test, vi } from 'vitest';
import { afterPromiseJobs } from '../../src/internal/tick.ts';
import { HandClock } from './hand-clock.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

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

test('so it does in workerd, where nextTick is a promise job', async () => {
  vi.resetModules();
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  const tick = await import('../../src/internal/tick.ts');
  const clock = new HandClock();
  const run = vi.fn();
  tick.afterPromiseJobs(clock, run);
  await new Promise(setImmediate);
  expect(run).not.toHaveBeenCalled();
  expect(clock.timers).toBe(1);
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

describe("while a test's nextTick is in place", () => {
  /** Asks for a tick's end. What was given to the test's has not been run. */
  function askedUnderFake() {
    const given: (() => void)[] = [];
    const order: string[] = [];
    vi.spyOn(process, 'nextTick').mockImplementation((run) => void given.push(() => run()));
    afterPromiseJobs(new HandClock(), () => order.push('end of the tick'));
    // Whatever else runs in this process needs its own.
    vi.restoreAllMocks();
    return { given, order };
  }

  test('the tick ends all the same, and only once', async () => {
    const { given, order } = askedUnderFake();
    await turn();
    expect(order).toEqual(['end of the tick']);
    expect(given).toHaveLength(1);
    given[0]?.();
    expect(order).toHaveLength(1);
  });

  test('the test may end it sooner', async () => {
    const { given, order } = askedUnderFake();
    const jobs: string[] = [];
    process.nextTick(() => jobs.push(...order, 'later'));
    await Promise.resolve();
    given[0]?.();
    await turn();
    expect(jobs).toEqual(['end of the tick', 'later']);
    expect(order).toHaveLength(1);
  });

  test('it is the same where this was loaded while it was in place', async () => {
    const { nextTick } = process;
    let isGone = false;
    // What loads modules needs it as well.
    vi.spyOn(process, 'nextTick').mockImplementation((run) => {
      if (!isGone) nextTick(() => run());
    });
    vi.resetModules();
    const loaded = await import('../../src/internal/tick.ts');
    isGone = true;
    vi.restoreAllMocks();
    const order: string[] = [];
    loaded.afterPromiseJobs(new HandClock(), () => order.push('end of the tick'));
    await turn();
    expect(order).toEqual(['end of the tick']);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
