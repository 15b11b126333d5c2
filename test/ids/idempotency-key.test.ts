import { expect, test } from 'vitest';
import { IdGenerator } from '../../src/ids/id-generator.ts';
import { checkKey } from '../../src/ids/idempotency-key.ts';

test('keys are unique, and pass the check', () => {
  const ids = new IdGenerator();
  const keys = Array.from({ length: 5_000 }, () => ids.makeKey());
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.map(checkKey).filter((problem) => problem !== undefined)).toEqual([]);
});

test.each([
  'order-01',
  'x'.repeat(64),
  '5b0c9f1e-0001-4a6d-9a51-3f2b6d1c7e01',
  '__proto__',
  'naïve-key',
  '🍵'.repeat(8),
])('%j is a key', (key) => {
  expect(checkKey(key)).toBeUndefined();
});

test.each<[unknown, string]>([
  ['order-1', 'must have 8 to 64 characters, but it has 7'],
  ['', 'must have 8 to 64 characters, but it has 0'],
  ['x'.repeat(65), 'must have 8 to 64 characters, but it has 65'],
  ['🍵'.repeat(33), 'must have 8 to 64 characters, but it has 66'],
  ['🍵'.repeat(4), 'must have 8 to 64 characters, but it has 4'],
  ['order-0\ud83c', 'must not hold a lone surrogate'],
  [12345678, 'must be a string of 8 to 64 characters, but it is number'],
  [null, 'must be a string of 8 to 64 characters, but it is null'],
])('%j is none', (key, problem) => {
  expect(checkKey(key)).toBe(problem);
});
