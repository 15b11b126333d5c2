import { expect, test } from 'vitest';
import {
  isDate,
  isoOf,
  nanosOfCount,
  nanosOfIso,
  nanosOfPair,
} from '../../../src/cli/import/recorded-nanos.ts';

const day = 1_788_249_600_000_000_000n; // 2026-09-01T08:00:00Z

test.each([
  ['2026-09-01T08:00:00Z', day],
  ['2026-09-01T08:00:00.5Z', day + 500_000_000n],
  ['2026-09-01T08:00:00.123456789Z', day + 123_456_789n],
  ['2026-09-01T08:00:00.1234567899Z', day + 123_456_789n],
  ['2026-09-01T08:00:00.123456', day + 123_456_000n],
  ['2026-09-01 08:00:00+00:00', day],
  ['2026-09-01T10:00:00.000001+02:00', day + 1_000n],
  ['2026-09-01T10:00:00+0200', day],
  ['2026-09-01', undefined],
  ['2026-13-01T08:00:00Z', undefined],
  ['soon', undefined],
  [7, undefined],
])('the text %j is %s nanoseconds', (text, nanos) => {
  expect(nanosOfIso(text)).toBe(nanos);
});

test.each([
  ['1788249600000000001', 1n, 1_788_249_600_000_000_001n],
  [1_788_249_600_000, 1_000_000n, day],
  ['0', 1n, undefined],
  ['', 1n, undefined],
  ['-1', 1n, undefined],
  [1.5, 1n, undefined],
  [null, 1n, undefined],
])('the count %j of %s is %s nanoseconds; 0 is none', (count, unit, nanos) => {
  expect(nanosOfCount(count, unit)).toBe(nanos);
});

test('seconds and nanoseconds are added, not rounded', () => {
  expect(nanosOfPair([1_788_249_600, 1])).toBe(day + 1n);
  expect(nanosOfPair([1.5, 0])).toBeUndefined();
  expect(nanosOfPair(['1', '2'])).toBeUndefined();
});

test.each([
  [day, '2026-09-01T08:00:00.000Z'],
  [day + 999_999n, '2026-09-01T08:00:00.000999Z'],
  [day + 1_000_000n, '2026-09-01T08:00:00.001Z'],
  [day + 999n, '2026-09-01T08:00:00.000Z'],
  [-1n, '1969-12-31T23:59:59.999999Z'],
])('%s nanoseconds are %s', (nanos, text) => {
  expect(isoOf(nanos)).toBe(text);
});

test('a time is a date if its year has four digits', () => {
  expect(isDate(day)).toBe(true);
  expect(isDate(day * 1_000n)).toBe(false);
});

test('a count that has no text, or is a deep list, is no time', () => {
  let deep: unknown = 1;
  for (let depth = 0; depth < 50_000; depth++) deep = [deep];
  expect(nanosOfCount(Object.create(null))).toBe(undefined);
  expect(nanosOfCount(deep)).toBe(undefined);
});
