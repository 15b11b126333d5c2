import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pages, repository } from '../../scripts/site/pages.ts';
import { root } from '../../tools/run.ts';
import { base, builtPages, folder } from './built.ts';

const built = builtPages();
const idsOf = new Map(
  built.map(({ path, html }) => [path, new Set(all(html, /\sid="([^"]+)"/g))] as const),
);

test('each document is a page, and there is no other but that for what is missing', () => {
  const places = [...pages.values()].map((place) => place.replace(/md$/, 'html'));
  expect(built.map(({ path }) => path).sort()).toEqual([...places, '404.html'].sort());
});

test('each link of each page leads to a page and a heading of the site, a file of the repository, or by https elsewhere', () => {
  const links = built.flatMap(({ path, html }) =>
    all(html, /<a\s[^>]*?href="([^"]*)"/g).map((link) => ({ path, link })),
  );
  expect(links.length).toBeGreaterThan(2_000);
  expect(links.filter(({ path, link }) => !isThere(path, link))).toEqual([]);
});

test('what a page loads is a file of the site', () => {
  const loaded = built.flatMap(({ path, html }) => [
    ...all(html, /<(?:img|script)\s[^>]*?src="([^"]*)"/g).map((link) => ({ path, link })),
    ...all(html, /<link\s[^>]*?href="([^"]*)"/g).map((link) => ({ path, link })),
  ]);
  const wrong = loaded.filter(
    ({ link }) =>
      !link.startsWith('data:') &&
      !(link.startsWith(base) && existsSync(join(folder, link.slice(base.length)))),
  );
  expect(loaded.length).toBeGreaterThan(100);
  expect(wrong).toEqual([]);
});

/** `page`: which the link stands on. */
function isThere(page: string, link: string): boolean {
  const text = link.replaceAll('&amp;', '&');
  if (text.startsWith(`${repository}/`)) return isInRepository(text.slice(repository.length + 1));
  if (/^[a-z]+:/.test(text)) return text.startsWith('https://');
  const [path = '', anchor] = text.split('#');
  if (path !== '' && !path.startsWith(base)) return false;
  const ids = idsOf.get(path === '' ? page : fileOf(path.slice(base.length)));
  return ids !== undefined && (anchor === undefined || ids.has(decodeURIComponent(anchor)));
}

/** `path`: behind the address of the repository. Headings of its documents: test/docs/links.test.ts. */
function isInRepository(path: string): boolean {
  const [, kind, file = ''] = /^(blob|tree)\/main\/([^#]*)/.exec(path) ?? [];
  if (kind === undefined) return path === '';
  const entry = statSync(join(root, file), { throwIfNoEntry: false });
  return kind === 'blob' ? entry?.isFile() === true : entry?.isDirectory() === true;
}

function fileOf(path: string): string {
  if (path === '' || path.endsWith('/')) return `${path}index.html`;
  return path.endsWith('.html') ? path : `${path}.html`;
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, found = '']) => found);
}
