import { describe, expect, test } from 'vitest';
import {
  aBoolean,
  aFunction,
  describeValue,
  integerFrom,
  kindOf,
  matching,
  numberFrom,
  oneOf,
  problemsOf,
} from '../../src/lib/value-checks.ts';

test('a right value has no problem', () => {
  expect(numberFrom(0, 1)(0.5)).toBeUndefined();
  expect(numberFrom(1, Number.POSITIVE_INFINITY)(Number.POSITIVE_INFINITY)).toBeUndefined();
  expect(integerFrom(1, 3)(3)).toBeUndefined();
  expect(oneOf('tea', 'milk')('milk')).toBeUndefined();
  expect(matching('tea', /^tea$/)('tea')).toBeUndefined();
  expect(aBoolean(false)).toBeUndefined();
  expect(aFunction(() => 1)).toBeUndefined();
});

test.each([
  [numberFrom(0, 1)(2), 'must be a number from 0 to 1, but it is 2'],
  [numberFrom(0, 1)(Number.NaN), 'must be a number from 0 to 1, but it is NaN'],
  [numberFrom(0, 1)('1'), 'must be a number from 0 to 1, but it is "1"'],
  [integerFrom(1, 3)(1.5), 'must be an integer from 1 to 3, but it is 1.5'],
  [integerFrom(1, 3)('2'), 'must be an integer from 1 to 3, but it is "2"'],
  [oneOf('tea', 'milk')('beer'), `must be 'tea' or 'milk', but it is "beer"`],
  [matching('tea', /^tea$/)(7), 'must be tea, but it is 7'],
  [aBoolean(1), 'must be true or false, but it is 1'],
  [aFunction(null), 'must be a function, but it is null'],
])('a wrong one says what is wanted, and what was given: %s', (problem, text) => {
  expect(problem).toBe(text);
});

test.each<[unknown, string]>([
  ['x'.repeat(41), 'a string of 41 characters'],
  [{ secret: 1 }, 'an object'],
  [['secret'], 'an array'],
  [() => 1, 'a function'],
  [Symbol('secret'), 'a symbol'],
  [7n, '7'],
  [undefined, 'undefined'],
])('only what is small and plain is describeValue', (value, text) => {
  expect(describeValue(value)).toBe(text);
});

test('all that is wrong with an object is told, each with its place', () => {
  const table = { size: numberFrom(0, 9), retry: { limit: aBoolean }, call: aFunction };
  const given = { size: 10, retry: { limt: true, limit: 1 } };
  expect(problemsOf(given, table, 'options', ['call'])).toEqual([
    'options.size must be a number from 0 to 9, but it is 10',
    'options.retry.limt is not known here; the nearest is limit',
    'options.retry.limit must be true or false, but it is 1',
    'options.call must be a function, but it is undefined',
  ]);
  expect(problemsOf({ size: undefined }, table)).toEqual([]);
  expect(problemsOf({ siz: 1 }, table)).toEqual(['siz is not known here; the nearest is size']);
  expect(problemsOf([], table)).toEqual(['it must be an object, but it is an array']);
  expect(problemsOf(null, table, 'retry')).toEqual(['retry must be an object, but it is null']);
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
