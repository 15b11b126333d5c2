import { describe, expect, test } from 'vitest';
import { AdaptiveLimit } from '../../../src/coalescer/server/adaptive-limits.ts';
import { randomFrom } from '../../helpers/random.ts';

/** How many batches the server gets. */
const BATCHES = 2_000;

/** Sends full batches to a server that takes no more than `cap`, and counts what it refuses. */
function sendTo(limit: AdaptiveLimit, cap: number, fill: (limit: number) => number = (all) => all) {
  let refused = 0;
  let sent = 0;
  let largest = 0;
  for (const _ of Array(BATCHES).keys()) {
    const size = fill(limit.limit);
    largest = Math.max(largest, size);
    if (size > cap) {
      limit.refused(size);
      refused++;
    } else {
      limit.accepted(size);
      sent += size;
    }
  }
  return { refused, mean: sent / BATCHES, largest };
}

/** The limits after each of so many full batches, all of which go through. */
function growthOf(limit: AdaptiveLimit, batches: number): number[] {
  return Array.from({ length: batches }, () => {
    limit.accepted(limit.limit);
    return limit.limit;
  });
}

test('nothing is learned as long as nothing is refused', () => {
  const limit = new AdaptiveLimit(100);
  expect(sendTo(limit, 100)).toEqual({ refused: 0, mean: 100, largest: 100 });
  expect(limit.limit).toBe(100);
});

describe('a refusal', () => {
  test.each([
    { max: 100, refused: [100], limit: 50 },
    { max: 100, refused: [60], limit: 30 },
    { max: 100, refused: [100, 50], limit: 25 },
    { max: 100, refused: [100, 100], limit: 50 },
    { max: 100, refused: [30, 100], limit: 15 },
    { max: 100, refused: [2], limit: 1 },
    { max: 1, refused: [1], limit: 1 },
  ])('of $refused leaves $limit of $max', ({ max, refused, limit }) => {
    const adaptive = new AdaptiveLimit(max);
    for (const size of refused) adaptive.refused(size);
    expect(adaptive.limit).toBe(limit);
  });

  test('is grown back from by a quarter, to just below it', () => {
    const limit = new AdaptiveLimit(1_000_000);
    limit.refused(400_000);
    expect(growthOf(limit, 4)).toEqual([250_000, 312_500, 360_000, 360_000]);
  });

  test('is grown back from only by batches that filled most of the limit', () => {
    const limit = new AdaptiveLimit(1_000);
    limit.refused(1_000);
    limit.accepted(399);
    expect(limit.limit).toBe(500);
    limit.accepted(400);
    expect(limit.limit).toBe(625);
  });

  test('is tried once more after 8 full batches, and is forgotten if it goes through', () => {
    const limit = new AdaptiveLimit(1_000);
    limit.refused(400);
    growthOf(limit, 3);
    expect(growthOf(limit, 8)).toEqual([360, 360, 360, 360, 360, 360, 360, 400]);
    expect(growthOf(limit, 5)).toEqual([500, 625, 781, 976, 1_000]);
  });

  test('of the one that tried makes the next one wait for twice as many', () => {
    const limit = new AdaptiveLimit(1_000);
    const untilTried: number[] = [];
    limit.refused(400);
    for (const _ of ['first', 'second', 'third']) {
      let batches = 0;
      while (limit.limit < 400) {
        limit.accepted(limit.limit);
        // Refusals while the limit grows back are not counted.
        if (limit.limit >= 360) batches++;
      }
      untilTried.push(batches - 1);
      limit.refused(400);
    }
    expect(untilTried).toEqual([8, 16, 32]);
  });
});

describe('the cap that a server hides', () => {
  test.each([
    { max: 1_000_000, cap: 430_000, atMost: 10, mean: 380_000 },
    { max: 1_000_000, cap: 999_999, atMost: 10, mean: 870_000 },
    { max: 1_000_000, cap: 1_000, atMost: 20, mean: 850 },
    { max: 100, cap: 95, atMost: 8, mean: 87 },
    { max: 100, cap: 20, atMost: 13, mean: 18 },
  ])('$cap of $max is found with $atMost refusals', ({ max, cap, atMost, mean }) => {
    const found = sendTo(new AdaptiveLimit(max), cap);
    expect(found.refused).toBeLessThanOrEqual(atMost);
    expect(found.mean).toBeGreaterThanOrEqual(mean);
  });

  test('is followed when it rises', () => {
    const limit = new AdaptiveLimit(1_000_000);
    sendTo(limit, 100_000);
    expect(sendTo(limit, 1_000_000).refused).toBe(0);
    expect(limit.limit).toBe(1_000_000);
  });

  test('is followed when it falls', () => {
    const limit = new AdaptiveLimit(1_000_000);
    sendTo(limit, 800_000);
    expect(sendTo(limit, 50_000).refused).toBeLessThanOrEqual(15);
    expect(limit.limit).toBeLessThanOrEqual(50_000);
  });

  test('never makes a batch larger than the user allows', () => {
    const { largest } = sendTo(new AdaptiveLimit(100), 1_000);
    expect(largest).toBe(100);
  });

  test.each([1, 5, 19])(
    'is found where batches are up to %d percent short of the limit',
    (short) => {
      const random = randomFrom(1);
      const fill = (all: number) => Math.floor(all * (1 - (random() * short) / 100));
      expect(sendTo(new AdaptiveLimit(1_000_000), 430_000, fill).refused).toBeLessThanOrEqual(12);
    },
  );

  test.each([
    { cap: 2, refused: 3 },
    { cap: 4, refused: 5 },
  ])('is reached where it is as small as $cap', ({ cap, refused }) => {
    const limit = new AdaptiveLimit(100);
    limit.refused(refused);
    expect(sendTo(limit, cap).mean).toBeGreaterThan(0.95 * cap);
  });

  test('is followed when it rises from one item', () => {
    const limit = new AdaptiveLimit(100);
    limit.refused(2);
    sendTo(limit, 100);
    expect(limit.limit).toBe(100);
  });

  test('is tried again in time though many requests were refused at once', () => {
    const limit = new AdaptiveLimit(100);
    for (const _ of Array(16).keys()) limit.refused(100);
    sendTo(limit, 100);
    expect(limit.limit).toBe(100);
  });
});
