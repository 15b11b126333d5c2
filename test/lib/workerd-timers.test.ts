import { expect, test, vi } from 'vitest';

/** A runtime in which timers belong to a request, and are gone when that is over. */
async function runtime(lateMs?: number) {
  let now = 1_000;
  let request = 1;
  const set: {
    readonly id: number;
    readonly run: () => void;
    at: number;
    readonly of: number;
  }[] = [];
  vi.stubGlobal('performance', { now: () => now });
  vi.stubGlobal('setTimeout', (run: () => void, ms: number) => {
    set.push({ id: set.length, run, at: now + ms, of: request });
    return set.length - 1;
  });
  vi.stubGlobal('clearTimeout', (id: number) => {
    for (const timer of set) if (timer.id === id) timer.at = Number.NaN;
  });
  // It takes what it finds for the runtime's own.
  vi.resetModules();
  const { WorkerdTimers } = await import('../../src/lib/workerd-timers.ts');
  vi.unstubAllGlobals();
  const timers = new WorkerdTimers(lateMs);
  return {
    timers,
    /** From here on, everything belongs to the request of that number. */
    enter: (number: number) => {
      request = number;
    },
    over: (number: number) => {
      for (const timer of set) if (timer.of === number) timer.at = Number.NaN;
    },
    pass: (ms: number) => {
      now += ms;
      for (const timer of set) {
        if (timer.at > now || Number.isNaN(timer.at)) continue;
        timer.at = Number.NaN;
        timer.run();
      }
    },
    get left() {
      return set.filter(({ at }) => !Number.isNaN(at)).length;
    },
  };
}

test('a timer comes once', async () => {
  const t = await runtime();
  let times = 0;
  t.timers.set(() => times++, 10);
  t.pass(9);
  expect(times).toBe(0);
  t.pass(1);
  t.timers.rearm();
  t.pass(100);
  expect(times).toBe(1);
});

test('one whose request is over comes in the next request, when its time is over', async () => {
  const t = await runtime();
  let times = 0;
  t.timers.set(() => times++, 10);
  t.over(1);
  t.enter(2);
  t.timers.rearm();
  t.pass(10);
  expect(times).toBe(0);
  t.pass(1);
  t.timers.rearm();
  t.pass(0);
  expect(times).toBe(1);
  expect(t.left).toBe(0);
});

test('however many requests are over before it came', async () => {
  const t = await runtime();
  let times = 0;
  t.timers.set(() => times++, 0);
  for (let request = 1; request < 10; request++) {
    t.over(request);
    t.enter(request + 1);
    t.pass(5);
    t.timers.rearm();
  }
  expect(times).toBe(0);
  t.pass(0);
  expect(times).toBe(1);
});

test('one that is about to come stays with its own request, too, and comes once', async () => {
  const t = await runtime();
  let times = 0;
  t.timers.set(() => times++, 10);
  t.pass(9);
  t.enter(2);
  t.pass(0);
  // Late, but not lost: the request that set it still waits for it.
  t.timers.rearm();
  t.over(2);
  t.pass(1);
  expect(times).toBe(1);
  t.pass(10);
  expect(times).toBe(1);
});

test('one that is less late than it may be is left alone', async () => {
  const t = await runtime(100);
  t.timers.set(() => {}, 0);
  t.over(1);
  t.enter(2);
  t.pass(100);
  t.timers.rearm();
  expect(t.left).toBe(0);
  t.pass(1);
  t.timers.rearm();
  expect(t.left).toBe(1);
});

test('one that was cancelled never comes', async () => {
  const t = await runtime();
  let times = 0;
  const cancel = t.timers.set(() => times++, 0);
  t.over(1);
  t.enter(2);
  t.pass(5);
  t.timers.rearm();
  cancel();
  t.pass(5);
  expect(times).toBe(0);
});
