import { expect, test } from 'vitest';
import { diagramHtml } from '../../scripts/site/diagram.ts';
import { anchorOf, siteLink, sitePicture } from '../../scripts/site/links.ts';
import { groupsOf } from '../../scripts/site/navigation.ts';
import { blob, pages, raw } from '../../scripts/site/pages.ts';
import { waysInHtml } from '../../scripts/site/ways-in.ts';
import { documentAt } from './markdown.ts';

const groups = groupsOf('docs/README.md');

test('the navigation has the groups of docs/README.md, in its order, and its words', () => {
  const bold = [...documentAt('docs/README.md').matchAll(/^\| \*\*(.+)\*\*/gm)].map(
    ([, words = '']) => words.charAt(0).toUpperCase() + words.slice(1),
  );
  expect(groups.map(({ text }) => text)).toEqual([...bold, 'Reference', 'Inside']);
  expect(groups[0]?.items.slice(0, 2)).toEqual([
    { text: 'README', link: '/index.md' },
    { text: 'Which way in?', link: '/guide/which-way-in.md' },
  ]);
});

test('the navigation leads to each page', () => {
  const items = [...groups, ...groupsOf('docs/decisions/README.md')].flatMap(
    (group) => group.items,
  );
  const links = items.flatMap(({ link, items: more = [] }) => [
    link,
    ...more.map((one) => one.link),
  ]);
  const places = [...pages.values()].filter((place) => place !== 'documents.md');
  expect(new Set(links)).toEqual(new Set(places.map((place) => `/${place}`)));
});

test('pages that a row names behind the first stand under it', () => {
  const items = groups.flatMap((group) => group.items);
  expect(items.find(({ text }) => text === 'Testing')).toEqual({
    text: 'Testing',
    link: '/guide/testing.md',
    items: [{ text: 'Jest', link: '/guide/jest.md' }],
    collapsed: false,
  });
  expect(items.find(({ text }) => text === 'Public names')?.collapsed).toBe(true);
});

test.each([
  ['docs/guide/jest.md', 'testing.md#faults', '/guide/testing.md#faults'],
  ['docs/guide/jest.md', '../../README.md', '/index.md'],
  ['docs/guide/jest.md', '../../src/index.ts', `${blob}src/index.ts`],
  ['docs/README.md', '../examples', `${blob.replace('blob', 'tree')}examples`],
  ['README.md', `${blob}docs/guide/jest.md#a`, '/guide/jest.md#a'],
  ['README.md', `${blob}CHANGELOG.md`, `${blob}CHANGELOG.md`],
  ['README.md', '#order', '#order'],
  ['README.md', 'https://example.com', 'https://example.com'],
])('in %s, the link %s leads to %s', (document, link, expected) => {
  expect(siteLink(document, link)).toBe(expected);
});

test('a link to a file that is not there stops the build', () => {
  expect(() => siteLink('docs/guide/jest.md', 'nothing.md')).toThrow(
    'docs/guide/jest.md: no file "docs/guide/nothing.md" for the link "nothing.md"',
  );
});

test('a picture is taken from the repository', () => {
  expect(sitePicture('README.md', `${raw}docs/pictures/a.svg`)).toBe('./docs/pictures/a.svg');
  expect(sitePicture('docs/guide/a.md', '../pictures/a.svg')).toBe('./../pictures/a.svg');
  expect(() => sitePicture('README.md', 'https://example.com/a.svg')).toThrow('is elsewhere');
});

test('headings are named as on GitHub', () => {
  expect(anchorOf('`flush()` and `close()`')).toBe('flush-and-close');
});

test('the ways in are those of README', () => {
  const html = waysInHtml('/base/');
  expect(html.match(/<a /g)).toHaveLength(6);
  expect(html).toContain(
    '<a href="/base/guide/official-sdk.html"><b>uses the official SDK</b> <span>node --import prefactor-autobatch/register, or /fetch</span></a>',
  );
});

test('a diagram of layers becomes a table; another kind stays code', () => {
  const html = diagramHtml(
    'flowchart TD\n  a["a/<br>first & <b>"]\n  b["b/<br>second"]\n  a --> b\n',
  );
  expect(html).toContain(
    '<tr><td><code>a/</code></td><td>first &amp; &lt;b></td><td><code>b/</code></td></tr>',
  );
  expect(diagramHtml('sequenceDiagram\n  a->>b: c')).toBeUndefined();
  expect(() => diagramHtml('flowchart TD\n  a ==> b')).toThrow('a line of a kind');
});
