import { expect, test } from 'vitest';
import { RecentKeys } from '../../src/lib/recent-keys.ts';

test('as many as its bound, those added last, are always known', () => {
  const recent = new RecentKeys<number>(3);
  for (const n of Array(20).keys()) {
    recent.add(n);
    expect([n, n - 1, n - 2].every((one) => one < 0 || recent.has(one))).toBe(true);
  }
});

test('not all are, and none that was not added', () => {
  const recent = new RecentKeys<number>(3);
  for (const n of Array(20).keys()) recent.add(n);
  expect([0, 11, 20].map((n) => recent.has(n))).toEqual([false, false, false]);
});

test('it is the same whether somebody has asked before or not', () => {
  for (const askedAt of [0, 2, 3, 4, 7, 20]) {
    const recent = new RecentKeys<number>(3);
    for (const n of Array(20).keys()) {
      if (n === askedAt) recent.has(n);
      recent.add(n);
    }
    expect([15, 16, 17, 18, 19].map((n) => recent.has(n))).toEqual([false, true, true, true, true]);
  }
});
