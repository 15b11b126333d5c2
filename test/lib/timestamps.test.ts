import { install } from '@sinonjs/fake-timers';
import { expect, onTestFinished, test } from 'vitest';
import { Timestamps, wallNow } from '../../src/lib/timestamps.ts';

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
