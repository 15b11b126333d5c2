import { expect, test } from 'vitest';
import { backoffMs } from '../../../src/coalescer/server/backoff.ts';

const delays = { minDelayMs: 250, maxDelayMs: 30_000 };

test.each([
  { attempt: 1, chance: 0, ms: 0 },
  { attempt: 1, chance: 0.5, ms: 125 },
  { attempt: 2, chance: 0.5, ms: 250 },
  { attempt: 3, chance: 0.5, ms: 500 },
  { attempt: 7, chance: 0.5, ms: 8_000 },
  { attempt: 8, chance: 0.5, ms: 15_000 },
  { attempt: 9, chance: 0.5, ms: 15_000 },
  { attempt: 10_000, chance: 0.5, ms: 15_000 },
])('attempt $attempt by chance $chance waits $ms ms', ({ attempt, chance, ms }) => {
  expect(backoffMs(attempt, delays, chance)).toBe(ms);
});

test('without an upper end the delay still is a number', () => {
  const endless = { minDelayMs: 250, maxDelayMs: Number.POSITIVE_INFINITY };
  expect(backoffMs(10_000, endless, 0.5)).toBeLessThan(Number.POSITIVE_INFINITY);
});
