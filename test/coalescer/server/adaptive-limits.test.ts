import { expect, test } from 'vitest';
import { complete } from '../../../src/coalescer/ports/options.ts';
import { AdaptiveLimits } from '../../../src/coalescer/server/adaptive-limits.ts';

const NOW = 1_234_567;

function limitsUnderTest(): AdaptiveLimits {
  const { retry } = complete({ send: () => Promise.reject(new Error('sends nothing')) });
  return new AdaptiveLimits({ concurrency: 16, maxItems: 100, maxBytes: 1_000_000, retry });
}

test('starts with all that the user allows', () => {
  const { gate, concurrency, items, bytes } = limitsUnderTest();
  expect(gate.isClosed(NOW)).toBe(false);
  expect([concurrency.limit, items.limit, bytes.limit]).toEqual([16, 100, 1_000_000]);
});

test('learns each limit by itself', () => {
  const { concurrency, items, bytes } = limitsUnderTest();
  items.refused(40);
  expect([concurrency.limit, items.limit, bytes.limit]).toEqual([16, 20, 1_000_000]);
  bytes.refused(600_000);
  expect([concurrency.limit, items.limit, bytes.limit]).toEqual([16, 20, 300_000]);
  concurrency.refused(NOW, 16, NOW + 10);
  expect([concurrency.limit, items.limit, bytes.limit]).toEqual([8, 20, 300_000]);
});

test('an answer is good news for all limits', () => {
  const learned = limitsUnderTest();
  const { concurrency, items, bytes } = learned;
  items.refused(40);
  bytes.refused(600_000);
  concurrency.refused(NOW, 2, NOW + 10);
  learned.answered(20, 300_000);
  expect([items.limit, bytes.limit]).toEqual([25, 375_000]);
  learned.answered(1, 100);
  expect([items.limit, bytes.limit]).toEqual([25, 375_000]);
});

test('a try of all that the user allows is over with a batch that is smaller', () => {
  const learned = limitsUnderTest();
  const { items } = learned;
  items.refused(100);
  for (const size of [50, 62, 77, 90]) learned.answered(size, 100);
  expect(items.limit).toBe(90);
  for (const _ of Array(7)) learned.answered(90, 100);
  expect(items.limit).toBe(100);
  learned.answered(85, 100);
  expect(items.limit).toBe(90);
});
