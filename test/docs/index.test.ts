import { globSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { expect, test } from 'vitest';
import { documentAt } from './markdown.ts';

const root = new URL('../../', import.meta.url);

test.each([
  ['docs/README.md', 'docs/{guide,reference,internals,api}/*.md'],
  ['docs/README.md', 'docs/*.md'],
  ['docs/decisions/README.md', 'docs/decisions/*.md'],
])('%s leads to each page of %s', (index, pages) => {
  const links = [...documentAt(index).matchAll(/\]\(([^)#:]+)/g)].map(([, path = '']) =>
    join(dirname(index), path),
  );
  const others = globSync(pages, { cwd: root }).filter((page) => page !== index);
  expect(others.length).toBeGreaterThan(0);
  expect(others.filter((page) => !links.includes(page))).toEqual([]);
});
