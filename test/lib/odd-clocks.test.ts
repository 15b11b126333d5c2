// Clocks that tests put in the place of the runtime's, and what becomes of timers when they go.
import { describe, expect, test, vi } from 'vitest';
import { machine, played, put } from './machine.ts';

test('it waits again where a timer of the machine fired a fraction early', async () => {
  let lateMs = 0;
  const { own, systemClock } = await machine(() => lateMs);
  let woken = false;
  systemClock().after(10, () => {
    woken = true;
  });
  lateMs = 0.7;
  own.tick(10);
  expect(woken).toBe(false);
  own.tick(1);
  expect(woken).toBe(true);
  expect(own.countTimers()).toBe(0);
});

describe("while a test's clock is in place", () => {
  test('its timers are obeyed, whatever the time is by the machine', async () => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    const test = played(0);
    put(test);
    const start = clock.now();
    const wokenAt: number[] = [];
    clock.after(50, () => wokenAt.push(clock.now() - start));
    own.tick(900);
    clock.now();
    test.tick(49);
    expect(wokenAt).toEqual([]);
    test.tick(1);
    expect(wokenAt).toEqual([50]);
    expect([own, test].map((one) => one.countTimers())).toEqual([0, 0]);
  });

  test('the time that its timers took is over, though it moves nothing else', async () => {
    const { systemClock } = await machine();
    const clock = systemClock();
    const test = played(0);
    put(test, ['setTimeout', 'clearTimeout']);
    const start = clock.now();
    const wokenAt: number[] = [];
    const wake = () => {
      wokenAt.push(clock.now() - start);
      if (wokenAt.length < 3) clock.after(250, wake);
    };
    clock.after(250, wake);
    test.tick(750);
    expect(wokenAt).toEqual([250, 500, 750]);
    expect(test.countTimers()).toBe(0);
  });

  test('so is that of a month, which takes several timers', async () => {
    const { systemClock } = await machine();
    const clock = systemClock();
    const test = played(0);
    put(test, ['setTimeout', 'clearTimeout']);
    const month = 31 * 86_400_000;
    let woken = 0;
    clock.after(month, () => woken++);
    test.tick(month - 1);
    expect(woken).toBe(0);
    test.tick(1);
    expect(woken).toBe(1);
  });

  test('what was set before comes by the machine', async () => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    const start = clock.now();
    const wokenAt: number[] = [];
    clock.after(50, () => wokenAt.push(clock.now() - start));
    put(played(0));
    expect(clock.now()).toBe(start);
    own.tick(50);
    expect(wokenAt).toEqual([50]);
  });

  test('a timer that it lets stand still for a second too long is taken from it', async () => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    const test = played(0);
    put(test);
    const start = clock.now();
    const wokenAt: number[] = [];
    clock.after(50, () => wokenAt.push(clock.now() - start));
    const cancel = clock.after(60, () => wokenAt.push(Number.NaN));
    own.tick(1_049);
    clock.now();
    expect(own.countTimers()).toBe(0);
    own.tick(11);
    clock.now();
    expect(wokenAt).toEqual([]); // Not within the question.
    cancel();
    own.tick(0);
    expect(wokenAt).toEqual([50]);
    expect([own, test].map((one) => one.countTimers())).toEqual([0, 0]);
  });

  test('what is cancelled does not come, though its timer cannot be cleared', async () => {
    const { systemClock } = await machine();
    const test = played(0);
    put(test, ['setTimeout']);
    systemClock().after(50, () => expect.unreachable())();
    test.tick(50);
  });
});

describe("when a test's clock is gone", () => {
  test.each([
    ['at once', 0, 30],
    ['after the test has moved it', 20, 10],
  ])('%s, timers are set anew for what is left', async (_, movedMs, leftMs) => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    const test = played(0);
    put(test);
    let woken = 0;
    clock.after(30, () => woken++);
    const cancel = clock.after(30, () => expect.unreachable());
    test.tick(movedMs);
    put(own);
    clock.now();
    cancel();
    own.tick(leftMs - 1);
    expect(woken).toBe(0);
    own.tick(1);
    expect(woken).toBe(1);
    expect([own, test].map((one) => one.countTimers())).toEqual([0, 0]);
  });

  test('time that has passed by the machine meanwhile is over', async () => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    const start = clock.now();
    own.tick(300);
    put(played(0));
    expect(clock.now() - start).toBe(300);
    let woken = 0;
    clock.after(400, () => woken++);
    own.tick(500);
    put(own);
    expect(clock.now() - start).toBe(800);
    own.tick(0);
    expect(woken).toBe(1);
  });

  test('time that only the test has let pass stays over', async () => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    const start = clock.now();
    const test = played(0);
    put(test);
    clock.now();
    test.tick(86_400_000);
    put(own);
    expect(clock.now() - start).toBe(86_400_000);
    own.tick(5);
    expect(clock.now() - start).toBe(86_400_005);
  });

  test('another that follows it is obeyed, and a timer follows from one to the next', async () => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    let woken = 0;
    put(played(0));
    clock.after(30, () => woken++);
    const second = played(500);
    put(second);
    clock.now();
    const third = played(3);
    put(third);
    clock.now();
    third.tick(29);
    expect(woken).toBe(0);
    third.tick(1);
    expect(woken).toBe(1);
    expect([own, second, third].map((one) => one.countTimers())).toEqual([0, 0, 0]);
  });

  test('it is the same where the module was loaded while it was in place', async () => {
    const { own: first, systemClock } = await machine();
    // The sign by which it is known.
    Object.assign(first.setTimeout, { clock: first });
    vi.resetModules();
    const loaded = await import('../../src/lib/clock.ts');
    const clock = loaded.systemClock();
    expect(loaded.systemClock).not.toBe(systemClock);
    let woken = 0;
    clock.after(30, () => woken++);
    const real = played(12_345_678);
    put(real);
    clock.now();
    real.tick(30);
    expect(woken).toBe(1);
  });
});

describe('where performance.now', () => {
  test.each([
    ['nothing', undefined],
    ['NaN', Number.NaN],
    ['a BigInt', 5n],
    ['text', '7'],
    ['Infinity', Number.POSITIVE_INFINITY],
  ])("gives %s, the machine's own time counts", async (_, given) => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    const start = clock.now();
    vi.stubGlobal('performance', { now: () => given });
    let wokenAt: number | undefined;
    clock.after(40, () => {
      wokenAt = clock.now() - start;
    });
    own.tick(40);
    expect(wokenAt).toBe(40);
    vi.stubGlobal('performance', undefined);
    own.tick(2);
    expect(clock.now() - start).toBe(42);
    put(own);
    expect(clock.now() - start).toBe(42);
  });

  test('stands still, timers come in their time, and it is over then', async () => {
    const { own, systemClock } = await machine();
    const clock = systemClock();
    const start = clock.now();
    vi.stubGlobal('performance', { now: () => 1_000 });
    const wokenAt: number[] = [];
    clock.after(40, () => wokenAt.push(clock.now() - start));
    clock.after(90, () => wokenAt.push(clock.now() - start));
    own.tick(90);
    expect(wokenAt).toEqual([40, 90]);
  });

  test('goes back, the time stands still rather', async () => {
    const { systemClock } = await machine();
    const readings = [500, 510, 20, 25, 30];
    vi.stubGlobal('performance', { now: () => readings.shift() });
    const clock = systemClock();
    const times = [1, 2, 3, 4, 5].map(() => clock.now());
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 10, 10, 15, 20]);
  });
});

describe('where Date.now', () => {
  const MACHINE = '2026-09-21T14:13:27.140Z';

  test.each([
    ['nothing', undefined],
    ['NaN', Number.NaN],
    ['a BigInt', 1n],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['text', '2026'],
  ])("gives %s, the machine's own time counts, and later all is as before", async (_, given) => {
    const { Timestamps, wallNow, own } = await machine();
    const times = new Timestamps();
    const now = own.Date.now();
    vi.stubGlobal(
      'Date',
      Object.assign(() => {}, { now: () => given }),
    );
    expect([wallNow(), times.isoNow()]).toEqual([now, MACHINE]);
    put(own);
    expect([wallNow(), times.isoNow()]).toEqual([now, MACHINE]);
  });

  test.each([
    [-0.5, '1969-12-31T23:59:59.999Z'],
    [-8.64e15, '0000-01-01T00:00:00.000Z'],
    [Number.MIN_SAFE_INTEGER * 4, '0000-01-01T00:00:00.000Z'],
    [253_402_300_800_000, '9999-12-31T23:59:59.999Z'],
    [1e300, '9999-12-31T23:59:59.999Z'],
    [1_790_000_000_123.5, '2026-09-21T14:13:20.123Z'],
  ])('gives %d, the nearest time with a year of four digits counts', async (given, iso) => {
    const { Timestamps, own } = await machine();
    const times = new Timestamps();
    vi.stubGlobal('Date', { now: () => given });
    expect(times.isoNow()).toBe(iso);
    put(own);
    expect(times.isoNow()).toBe(MACHINE);
  });
});

describe('where the machine has slept, and its monotonic clock with it', () => {
  /** The wall clock runs ahead of all the rest. */
  async function sleeper() {
    const { own, ...loaded } = await machine();
    const clock = loaded.systemClock();
    clock.now();
    return { own, clock, sleep: (ms: number) => own.setSystemTime(own.Date.now() + ms) };
  }

  test('that time is over, and timers whose time it was come at once', async () => {
    const { own, clock, sleep } = await sleeper();
    const start = clock.now();
    let woken = 0;
    clock.after(300_000, () => woken++);
    sleep(299_000);
    expect(clock.now() - start).toBe(299_000);
    own.tick(999);
    expect(woken).toBe(0);
    own.tick(1);
    expect(woken).toBe(1);
    clock.after(300_000, () => woken++);
    sleep(3_600_000);
    expect(clock.now() - start).toBe(300_000 + 3_600_000);
    own.tick(0);
    expect(woken).toBe(2);
    expect(own.countTimers()).toBe(0);
  });

  test('a wall clock that is corrected by a little, or set back, says nothing', async () => {
    const { own, clock, sleep } = await sleeper();
    const start = clock.now();
    sleep(900);
    expect(clock.now() - start).toBe(0);
    sleep(-7_200_000);
    expect(clock.now() - start).toBe(0);
    sleep(1_001);
    own.tick(5);
    expect(clock.now() - start).toBe(1_006);
  });

  test("nor does a test's", async () => {
    const { clock } = await sleeper();
    const start = clock.now();
    const test = played(0);
    put(test, ['Date', 'setTimeout', 'clearTimeout']);
    test.setSystemTime(4_000_000_000_000);
    expect(clock.now() - start).toBe(0);
  });
});
