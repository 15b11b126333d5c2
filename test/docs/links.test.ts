import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasTest } from '../helpers/test-titles.ts';

const root = new URL('../../', import.meta.url);
const BLOB = 'https://github.com/prefactordev/prefactor-autobatch/blob/main/';
const RAW = 'https://raw.githubusercontent.com/prefactordev/prefactor-autobatch/main/';
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
        const file = posix.relative('test', fileOf(document, target));
        return title === undefined || !hasTest(file, title);
      });
    expect(wrong).toEqual([]);
  });
});

test('README is read on npm, too: its links are absolute, and the picture is the bare file', () => {
  const all = [...prose('README.md').matchAll(/\]\(([^()\s]+)/g)].map(([, target = '']) => target);
  const elsewhere = all.filter(
    (target) => !target.startsWith('#') && !target.startsWith('https://'),
  );
  expect(all.length).toBeGreaterThan(50);
  expect(elsewhere).toEqual([]);
  expect(all.filter((target) => target.endsWith('.svg') !== target.startsWith(RAW))).toEqual([]);
});

test('package.json names the repository that links lead into', () => {
  const { homepage, bugs, repository } = JSON.parse(
    readFileSync(new URL('package.json', root), 'utf8'),
  );
  const home = BLOB.replace(/\/blob\/main\/$/, '');
  expect({ homepage, bugs, repository }).toEqual({
    homepage: `${home}#readme`,
    bugs: `${home}/issues`,
    repository: { type: 'git', url: `git+${home}.git` },
  });
});

test('a link that is a file name leads to the file of that name', () => {
  const named = documents.flatMap((document) =>
    [...text(document).matchAll(/\[`([\w./-]+\.\w+)`\]\(([^()\s#]+)/g)].map(
      ([, name = '', target = '']) => ({ document, name, target }),
    ),
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(({ name, target }) => !`/${target}`.endsWith(`/${name}`))).toEqual([]);
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

/** Links within the repository; those of README, which are absolute, from its root on. */
function linksOf(text: string): Link[] {
  const links = [...text.matchAll(/\]\(([^()\s]+)(?:\s+"([^"]*)")?\)/g)].map(
    ([, target = '', title]) => (title === undefined ? { target } : { target, title }),
  );
  const pictures = [...text.matchAll(/<(?:img|source)[^>]*\s(?:src|srcset)="([^"]+)"/g)].map(
    ([, target = '']) => ({ target }),
  );
  return [...links, ...pictures]
    .map((link) => ({ ...link, target: link.target.replace(BLOB, '/').replace(RAW, '/') }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

function isThere(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? document : fileOf(document, path);
  if (!existsSync(new URL(file, root))) return false;
  return anchor === undefined || anchorsOf(prose(file)).has(anchor);
}

/** From the root of the repository. */
function fileOf(document: string, path: string): string {
  return path.startsWith('/') ? path.slice(1) : posix.join(dirname(document), path);
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
  return withoutCode(text(document));
}

function text(document: string): string {
  return readFileSync(new URL(document, root), 'utf8');
}

function withoutCode(text: string): string {
  return text
    .replace(/^\s*(`{3,})[^`\n]*\n[\s\S]*?^\s*\1`*\s*$/gm, '')
    .replace(/`[^`\n]*`/g, (span) => (span.includes('](') ? '' : span));
}
