import { expect, test } from 'vitest';
import { Alarm } from '../../src/coalescer/engine-loop.ts';
import { FairTimeouts } from '../../src/lib/fair-timeouts.ts';
import { virtualClock } from '../helpers/virtual-clock.ts';

test('it wakes once, at the earliest time that it was asked for', async () => {
  const { clock, start, alarm, wokenAt } = alarmUnderTest();
  alarm.setBy(start + 30);
  alarm.setBy(start + 10);
  alarm.setBy(start + 20);
  expect(clock.timers).toBe(1);
  await clock.pass(9);
  expect(wokenAt).toEqual([]);
  await clock.pass(100);
  expect(wokenAt).toEqual([10]);
  expect(clock.timers).toBe(0);
});

test('after it has woken it can be set for any time', async () => {
  const { clock, start, alarm, wokenAt } = alarmUnderTest();
  alarm.setBy(start + 10);
  await clock.pass(10);
  alarm.setBy(start + 25);
  await clock.pass(15);
  expect(wokenAt).toEqual([10, 25]);
});

test('a time that has passed wakes it, though not within the call', async () => {
  const { clock, start, alarm, wokenAt } = alarmUnderTest();
  alarm.setBy(start - 5);
  expect(wokenAt).toEqual([]);
  await clock.pass(0);
  expect(wokenAt).toEqual([0]);
});

test('never is no time, and leaves the timer that is set', async () => {
  const { clock, start, alarm, wokenAt } = alarmUnderTest();
  alarm.setBy(Number.POSITIVE_INFINITY);
  expect(clock.timers).toBe(0);
  alarm.setBy(start + 10);
  alarm.setBy(Number.POSITIVE_INFINITY);
  await clock.pass(10);
  expect(wokenAt).toEqual([10]);
});

test('cleared, it does not wake, holds no timer and can be set again', async () => {
  const { clock, start, alarm, wokenAt } = alarmUnderTest();
  alarm.setBy(start + 10);
  alarm.clear();
  alarm.clear();
  expect(clock.timers).toBe(0);
  alarm.setBy(start + 20);
  await clock.pass(50);
  expect(wokenAt).toEqual([20]);
});

test('it may be set again while it wakes', async () => {
  const { clock, start, alarm, wokenAt } = alarmUnderTest((at) => {
    if (at < 30) alarm.setBy(start + at + 10);
  });
  alarm.setBy(start + 10);
  await clock.pass(100);
  expect(wokenAt).toEqual([10, 20, 30]);
});

interface AlarmUnderTest {
  readonly clock: ReturnType<typeof virtualClock>;
  readonly start: number;
  readonly alarm: Alarm;
  /** Milliseconds since the start. */
  readonly wokenAt: readonly number[];
}

function alarmUnderTest(onWake: (at: number) => void = () => {}): AlarmUnderTest {
  const clock = virtualClock();
  const start = clock.now();
  const wokenAt: number[] = [];
  const wake = (): void => {
    wokenAt.push(clock.now() - start);
    onWake(clock.now() - start);
  };
  const alarm = new Alarm({ clock, timeouts: new FairTimeouts(clock), wake });
  return { clock, start, alarm, wokenAt };
}
