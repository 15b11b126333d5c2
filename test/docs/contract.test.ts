import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const contract = readFileSync(new URL('../../docs/internals/contract.md', import.meta.url), 'utf8');

/** The tests that the page names: a code span with the file, then the titles, outermost first. */
const named = [...contract.matchAll(/`([^`\s]+\.test\.ts) > ([^`]+)`/g)].map(
  ([, file = '', titles = '']) => ({ file, titles: titles.split(' > ') }),
);

test('the page names tests', () => {
  expect(named.length).toBeGreaterThan(100);
});

test('each test that it names exists', () => {
  expect(named.filter(({ file, titles }) => !titles.every((title) => isIn(file, title)))).toEqual(
    [],
  );
});

/** Whether a file has a string of exactly that text, in any of the quotes that may stand around it. */
function isIn(file: string, title: string): boolean {
  const url = new URL(`../${file}`, import.meta.url);
  if (!existsSync(url)) return false;
  const source = readFileSync(url, 'utf8');
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((text) => source.includes(text));
}
