// Comments and documents cite pages by file and heading. Both must be there for whoever reads them.
import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { documentAt } from './markdown.ts';

const root = new URL('../../', import.meta.url);
const paths = [
  '*.md',
  'docs/**/*.md',
  'examples/**/*.{md,ts}',
  '{src,test,bench,scripts,tools}/**/*.{ts,mjs,cts}',
]
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => !path.includes('node_modules') && !path.startsWith('bench/peers/'));
const pages = new Set(paths.filter((path) => path.endsWith('.md')));

test('comments and documents cite only pages that are in the repository, by headings that they have', () => {
  const faults = paths
    .filter((path) => path !== 'test/docs/citations.test.ts')
    .flatMap((path) => {
      const text = documentAt(path);
      const found = faultsOf(path.endsWith('.md') ? text : commentsOf(text));
      return found.map((fault) => `${path}: ${fault}`);
    });
  expect(paths.length).toBeGreaterThan(300);
  expect(faults).toEqual([]);
});

test('a citation is found over the ends of lines, and so are several headings of one page', () => {
  const comment =
    '/** See docs/internals/api.md, "Ids", "Error\n * codes" and "No such thing". */\n';
  expect(faultsOf(commentsOf(comment))).toEqual([
    'docs/internals/api.md has no heading "No such thing"',
  ]);
});

test('a page that is not there is found, and a number in the place of a heading', () => {
  expect(faultsOf('As other.md says, and docs/none.md; see contract.md 5.')).toEqual([
    'other.md is not there',
    'docs/none.md is not there',
    'contract.md 5: cite a heading',
  ]);
});

function faultsOf(text: string): string[] {
  const cited = [
    ...text.matchAll(
      /(?<![\w/.-])((?:\.{1,2}\/)*\w[\w./-]*\.md)\b((?:(?:,| and|, and) "[^"]*")*)/g,
    ),
  ];
  const pagesOnly = cited.flatMap(([, path = '', headings = '']) => {
    if (path === 'FILE.md') return []; // in a line of help
    const page = pageOf(path);
    if (page === undefined) return [`${path} is not there`];
    return [...headings.matchAll(/"([^"]*)"/g)]
      .map(([, heading = '']) => heading)
      .filter((heading) => !headingsOf(page).includes(heading))
      .map((heading) => `${path} has no heading "${heading}"`);
  });
  const numbered = [...text.matchAll(/\w+\.md,?(?: section)? \d+/g)].map(
    ([words]) => `${words}: cite a heading`,
  );
  return [...pagesOnly, ...numbered];
}

/** A page by its path, from wherever it is cited, or by its name alone. */
function pageOf(path: string): string | undefined {
  const end = path.replace(/^(?:\.{1,2}\/)+/, '');
  return [...pages].find(
    (page) => page === end || page.endsWith(`/${end}`) || basename(page) === end,
  );
}

function headingsOf(page: string): string[] {
  return [...documentAt(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading);
}

/** What stands in comments, each as one line. */
function commentsOf(code: string): string {
  const comments = code.match(/\/\*[\s\S]*?\*\/|(?:^|\s)\/\/.*(?:\n\s*\/\/.*)*/gm) ?? [];
  return comments.map((comment) => comment.replaceAll(/\s*\n\s*(?:\*|\/\/)\s*/g, ' ')).join('\n');
}
