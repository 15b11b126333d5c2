import { install } from '@sinonjs/fake-timers';
import { expect, onTestFinished, test } from 'vitest';
import { Timestamps, wallNow } from '../../src/lib/clock.ts';
import { isTime } from '../../src/schemas/field-checks.ts';

test('a timestamp is UTC, in milliseconds, and moves on', () => {
  const time = install({ now: 1_790_000_000_123, toFake: ['Date'] });
  onTestFinished(() => time.uninstall());
  const timestamps = new Timestamps();
  expect(timestamps.isoNow()).toBe(new Date(1_790_000_000_123).toISOString());
  expect(timestamps.isoNow()).toBe(timestamps.isoNow());
  time.tick(1);
  expect(timestamps.isoNow()).toBe(new Date(1_790_000_000_124).toISOString());
  expect(wallNow()).toBe(1_790_000_000_124);
});

test.each([
  '2026-09-01',
  '2026-09-01T08:00Z',
  '2026-09-01T08:00:00Z',
  '2026-09-01T08:00:00.123Z',
  '2026-09-01T08:00:00.123456+00:00',
  '2026-09-01T08:00:00,5-0730',
  '2026-09-01 08:00:00',
  new Date(0),
])('%s is a time', (value) => {
  expect(isTime(value)).toBe(true);
});

test.each([
  '',
  'now',
  '1756713600',
  '2026-9-1',
  '2026-09-01T',
  '2026-09-01T08',
  'on 2026-09-01',
  '2026-09-01T08:00:00Z\n',
  1756713600,
  new Date(Number.NaN),
  null,
])('%s is none', (value) => {
  expect(isTime(value)).toBe(false);
});
