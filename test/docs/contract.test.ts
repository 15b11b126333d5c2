import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hasTest } from '../helpers/test-titles.ts';

const contract = readFileSync(new URL('../../docs/internals/contract.md', import.meta.url), 'utf8');

/** The tests that the page names: a code span with the file, then the titles, outermost first. */
const named = [...contract.matchAll(/`([^`\s]+\.test\.ts) > ([^`]+)`/g)].map(
  ([, file = '', titles = '']) => ({ file, titles }),
);

test('the page names tests', () => {
  expect(named.length).toBeGreaterThan(100);
});

test('each test that it names exists', () => {
  expect(named.filter(({ file, titles }) => !hasTest(file, titles))).toEqual([]);
});
