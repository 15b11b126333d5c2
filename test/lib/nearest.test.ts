import { expect, test } from 'vitest';
import { knownNames, nearest } from '../../src/lib/nearest.ts';

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
])('%s most likely means %s', (name, meant) => {
  expect(nearest(name, names)).toBe(meant);
});

test.each(['batch.zzzzzz', 'journal', 'on', 'retries', 'x'])('%s is near to none', (name) => {
  expect(nearest(name, names)).toBeUndefined();
});

test('letters that changed places are one mistake', () => {
  expect(nearest('prot', ['rtt', 'port'])).toBe('port');
  expect(nearest('wtih', ['wait', 'with'])).toBe('with');
});

test('a message names the nearest, or all of a few, or says nothing', () => {
  const quoted = (name: string) => `'${name}'`;
  expect(knownNames('apiTokn', names)).toBe('; the nearest is apiToken');
  expect(knownNames('apiTokn', names, quoted)).toBe("; the nearest is 'apiToken'");
  expect(knownNames('tea', ['ids', 'batch'], quoted)).toBe("; known are 'ids', 'batch'");
  expect(knownNames('tea', Array(13).fill('ids'))).toBe('');
});

test('among none there is none', () => {
  expect(nearest('tea', [])).toBeUndefined();
});
