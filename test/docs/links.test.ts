import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasTest } from '../helpers/test-titles.ts';

const root = new URL('../../', import.meta.url);
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'examples/README.md',
  ...globSync('docs/**/*.md', { cwd: root }).map((path) => path.replaceAll('\\', '/')),
];

describe.each(documents)('%s', (document) => {
  const links = linksOf(prose(document));

  test('each link leads to a file, and to a heading in it', () => {
    expect(links.filter(({ target }) => !isThere(document, target))).toEqual([]);
  });

  test('a link to a file of tests has the title of one of them', () => {
    const wrong = links
      .filter(({ target }) => target.endsWith('.test.ts'))
      .filter(({ target, title }) => {
        const file = posix.relative('test', posix.join(dirname(document), target));
        return title === undefined || !hasTest(file, title);
      });
    expect(wrong).toEqual([]);
  });
});

test('links are found, also those of pictures and those with a title', () => {
  expect(
    linksOf('[`a()`](a.md#b), ![c](d.svg) <img src="e.svg"> [f](g.test.ts "is so") [x](https://y)'),
  ).toEqual([
    { target: 'a.md#b' },
    { target: 'd.svg' },
    { target: 'g.test.ts', title: 'is so' },
    { target: 'e.svg' },
  ]);
});

test('what stands in code is no link', () => {
  const code = '```md\n[a](b.md)\n```\n`[a](c.md)`, [`d`](e.md)';
  expect(linksOf(withoutCode(code))).toEqual([{ target: 'e.md' }]);
});

test('headings are named as on GitHub', () => {
  expect(
    anchorsOf('# `flush()` and `close()`\n## In doubt\n### In doubt\n## A [link](x), *so*'),
  ).toEqual(new Set(['flush-and-close', 'in-doubt', 'in-doubt-1', 'a-link-so']));
});

interface Link {
  readonly target: string;
  readonly title?: string;
}

/** Links within the repository. */
function linksOf(text: string): Link[] {
  const links = [...text.matchAll(/\]\(([^()\s]+)(?:\s+"([^"]*)")?\)/g)].map(
    ([, target = '', title]) => (title === undefined ? { target } : { target, title }),
  );
  const pictures = [...text.matchAll(/<(?:img|source)[^>]*\s(?:src|srcset)="([^"]+)"/g)].map(
    ([, target = '']) => ({ target }),
  );
  return [...links, ...pictures].filter(({ target }) => !/^[a-z]+:/.test(target));
}

function isThere(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? document : posix.join(dirname(document), path);
  if (!existsSync(new URL(file, root))) return false;
  return anchor === undefined || anchorsOf(prose(file)).has(anchor);
}

/** What GitHub makes of the headings. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.+)$/gm)) {
    const name = heading
      .replace(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = name;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${name}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** A document without its code, in which brackets mean something else. */
function prose(document: string): string {
  return withoutCode(readFileSync(new URL(document, root), 'utf8'));
}

function withoutCode(text: string): string {
  return text
    .replace(/^\s*(`{3,})[^`\n]*\n[\s\S]*?^\s*\1`*\s*$/gm, '')
    .replace(/`[^`\n]*`/g, (span) => (span.includes('](') ? '' : span));
}
