import { expect, test } from 'vitest';
import { nearest } from '../../src/lib/nearest.ts';

const names = [
  'apiToken',
  'attemptTimeoutMs',
  'ids',
  'batch.maxItems',
  'batch.window',
  'retry.limit',
];

test.each([
  ['apiTokn', 'apiToken'],
  ['APITOKEN', 'apiToken'],
  ['token', 'apiToken'],
  ['timeout', 'attemptTimeoutMs'],
  ['id', 'ids'],
  ['maxItems', 'batch.maxItems'],
  ['batch.maxItem', 'batch.maxItems'],
  ['batch.limit', 'retry.limit'],
  ['batch.zzzzzz', 'batch.window'],
])('%s most likely means %s', (name, meant) => {
  expect(nearest(name, names)).toBe(meant);
});

test('among none there is none', () => {
  expect(nearest('tea', [])).toBeUndefined();
});
