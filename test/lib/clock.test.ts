import { install } from '@sinonjs/fake-timers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';

let time: ReturnType<typeof install>;
beforeEach(() => {
  time = install({
    now: 1_790_000_000_123,
    toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'],
  });
});
afterEach(() => {
  const timers = time.countTimers();
  time.uninstall();
  expect(timers).toBe(0);
});

test('it wakes once, when the time has come', () => {
  const woken: number[] = [];
  const clock = systemClock();
  clock.after(50, () => woken.push(clock.now()));
  const start = clock.now();
  time.tick(49);
  expect(woken).toEqual([]);
  time.tick(1_000);
  expect(woken).toEqual([start + 50]);
});

test('it never wakes early, though timers count whole milliseconds', () => {
  const clock = systemClock();
  let wokenAt: number | undefined;
  clock.after(0.4, () => {
    wokenAt = clock.now();
  });
  const start = clock.now();
  time.tick(1);
  expect(wokenAt).toBe(start + 1);
});

test('what was cancelled never wakes', () => {
  const cancel = systemClock().after(50, () => {
    throw new Error('woken');
  });
  cancel();
  cancel();
  time.tick(100);
});

test('it waits longer than a timer of the runtime can', () => {
  const month = 31 * 86_400_000;
  let woken = false;
  systemClock().after(month, () => {
    woken = true;
  });
  time.tick(month - 1);
  expect(woken).toBe(false);
  time.tick(1);
  expect(woken).toBe(true);
});

test('what waits for ever can be cancelled', () => {
  const cancel = systemClock().after(Number.POSITIVE_INFINITY, () => {
    throw new Error('woken');
  });
  time.tick(2 ** 33);
  cancel();
});
