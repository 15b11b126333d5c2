import { describe, expect, test } from 'vitest';
import { isObject } from '../../src/lib/own-fields.ts';
import { isTime, kindOf } from '../../src/schemas/field-checks.ts';

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

test('an object is whatever JSON may write in braces', () => {
  class Payload {
    a = 1;
  }
  expect([{}, Object.create(null), new Payload()].every(isObject)).toBe(true);
  expect([null, undefined, [], 'a', 1, () => {}].some(isObject)).toBe(false);
});

describe('a value is named by its kind, never by what it holds', () => {
  test.each([
    [undefined, 'missing'],
    [null, 'null'],
    ['', 'empty'],
    ['secret', 'a string'],
    [7, 'a number'],
    [7n, 'a bigint'],
    [[1], 'an array'],
    [{ a: 1 }, 'an object'],
    [new Date(0), 'a Date'],
    [new Date(Number.NaN), 'an invalid Date'],
    [Symbol('secret'), 'a symbol'],
  ])('%s', (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});
