import { describe, expect, test } from 'vitest';
import { Concurrency } from '../../../src/coalescer/server/adaptive-limits.ts';

/** As many answers as that, each to a request of its own. */
function answer(concurrency: Concurrency, times: number): void {
  for (const _ of Array(times).keys()) concurrency.answered();
}

/** Answers until the limit has changed; returns how many it took. */
function answersUntilStep(concurrency: Concurrency): number {
  const { limit } = concurrency;
  let answers = 0;
  while (concurrency.limit === limit) {
    concurrency.answered();
    answers++;
  }
  return answers;
}

/**
 * Round trips of as many requests as the limit allows, to a server that takes `cap` at once and
 * refuses the others. Counts what it refuses, and what it takes per round trip.
 */
function rounds(concurrency: Concurrency, count: number, cap: number, from = 0) {
  let refused = 0;
  let taken = 0;
  for (const round of Array(count).keys()) {
    const leftAt = from + round;
    const { limit } = concurrency;
    for (const place of Array(limit).keys()) {
      if (place < cap) {
        taken++;
        concurrency.answered();
      } else {
        refused++;
        concurrency.refused(leftAt, limit, leftAt + 0.5);
      }
    }
  }
  return { refused, perRound: taken / count };
}

test('all requests that the user allows may be in flight at first', () => {
  const concurrency = new Concurrency(16);
  answer(concurrency, 1_000);
  expect(concurrency.limit).toBe(16);
});

describe('a refusal', () => {
  test.each([
    { max: 16, inFlight: 16, limit: 8 },
    { max: 16, inFlight: 7, limit: 3 },
    { max: 16, inFlight: 2, limit: 1 },
    { max: 16, inFlight: 1, limit: 16 },
    { max: 3, inFlight: 3, limit: 1 },
    { max: 1, inFlight: 1, limit: 1 },
    { max: 4, inFlight: 9, limit: 2 }, // more than allowed: what leaves with the page
  ])('with $inFlight of $max in flight leaves $limit', ({ max, inFlight, limit }) => {
    const concurrency = new Concurrency(max);
    concurrency.refused(0, inFlight, 10);
    expect(concurrency.limit).toBe(limit);
  });

  test('of one that left before the last cut is part of the same event', () => {
    const concurrency = new Concurrency(16);
    for (const inFlight of [16, 15, 14, 13]) concurrency.refused(0, inFlight, 10);
    concurrency.refused(10, 12, 11);
    expect(concurrency.limit).toBe(8);
  });

  test('of one that left after it cuts again', () => {
    const concurrency = new Concurrency(16);
    concurrency.refused(0, 16, 10);
    concurrency.refused(11, 8, 20);
    expect(concurrency.limit).toBe(4);
  });

  test('is never so many that nothing may leave', () => {
    const concurrency = new Concurrency(16);
    for (const time of Array(100).keys()) concurrency.refused(time + 0.5, 2, time + 1);
    expect(concurrency.limit).toBe(1);
  });

  test('of a lone request changes nothing, nor does it hide the next event', () => {
    const concurrency = new Concurrency(16);
    concurrency.refused(0, 1, 20);
    concurrency.refused(10, 16, 21);
    expect(concurrency.limit).toBe(8);
  });
});

describe('the number grows back', () => {
  test('by one per round trip, up to just below what was refused', () => {
    const concurrency = new Concurrency(16);
    concurrency.refused(0, 13, 10);
    const limits: number[] = [];
    for (const _ of Array(9).keys()) {
      limits.push(concurrency.limit);
      // A little more than the limit, which grows meanwhile.
      answer(concurrency, concurrency.limit + 1);
    }
    expect(limits).toEqual([6, 7, 8, 9, 10, 11, 12, 12, 12]);
  });

  test('beyond that by one step after 64 calm answers, then sooner after each that held', () => {
    const concurrency = new Concurrency(16);
    concurrency.refused(0, 9, 10);
    while (concurrency.limit < 8) concurrency.answered();
    const waits = Array.from({ length: 8 }, () => answersUntilStep(concurrency));
    expect(waits).toEqual([64, 64, 32, 16, 8, 8, 8, 8]);
    expect(concurrency.limit).toBe(16);
  });

  test('later after a step that was refused, up to 4,096 answers', () => {
    const concurrency = new Concurrency(16);
    const waits: number[] = [];
    let now = 0;
    concurrency.refused(now, 9, now + 1);
    for (const _ of Array(8).keys()) {
      while (concurrency.limit < 8) concurrency.answered();
      let answers = 0;
      while (concurrency.limit < 9) {
        concurrency.answered();
        answers++;
      }
      waits.push(answers);
      now += 10;
      concurrency.refused(now, 9, now + 1);
    }
    expect(waits).toEqual([64, 128, 256, 512, 1_024, 2_048, 4_096, 4_096]);
  });

  test('never beyond what the user allows', () => {
    const concurrency = new Concurrency(4);
    concurrency.refused(0, 4, 10);
    answer(concurrency, 100_000);
    expect(concurrency.limit).toBe(4);
  });
});

describe('a server that hides how many it takes', () => {
  test.each([
    { cap: 1, refused: 31, perRound: 1 },
    { cap: 6, refused: 20, perRound: 5.9735 },
    { cap: 15, refused: 12, perRound: 14.79 },
    { cap: 16, refused: 0, perRound: 16 },
  ])('$cap of 16 is found with $refused refusals in 2,000 round trips', ({ cap, ...found }) => {
    expect(rounds(new Concurrency(16), 2_000, cap)).toEqual(found);
  });

  test('is used fully again after a bad time', () => {
    const concurrency = new Concurrency(16);
    const bad = rounds(concurrency, 200, 1);
    const good = rounds(concurrency, 1_000, 16, 200);
    expect(bad.refused).toBeLessThanOrEqual(40);
    expect(good.refused).toBe(0);
    expect(concurrency.limit).toBe(16);
  });
});
