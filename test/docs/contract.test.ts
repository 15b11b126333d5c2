import { describe, expect, test } from 'vitest';
import { hasTest } from '../helpers/test-titles.ts';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const api = documentAt('docs/internals/api.md');

describe.each(['contract', 'api'])('docs/internals/%s.md', (page) => {
  /** A code span with the file, then the titles, outermost first. */
  const named = [
    ...documentAt(`docs/internals/${page}.md`).matchAll(/`([^`\s]+\.test\.ts) > ([^`]+)`/g),
  ].map(([, file = '', titles = '']) => ({ file, titles }));

  test('names tests', () => {
    expect(named.length).toBeGreaterThan(80);
  });

  test('names only tests that exist', () => {
    expect(named.filter(({ file, titles }) => !hasTest(file, titles))).toEqual([]);
  });
});

describe('docs/internals/api.md', () => {
  const standings = [
    ...sectionOf(api, '## How sure a fact is').matchAll(/^- \*\*([a-z ]+)\*\*/gm),
  ].map(([, word = '']) => word);

  test('says of each fact how we know it, in one of its words', () => {
    const unsaid = tablesOf(api)
      .filter(([head]) => head?.includes('how we know'))
      .flatMap(([head = [], ...rows]) => rows.map((row) => row[head.indexOf('how we know')] ?? ''))
      .filter((cell) => !standings.some((word) => cell.includes(word)));
    expect(standings).toContain('inferred');
    expect(unsaid).toEqual([]);
  });

  test('explains each source that it names', () => {
    const explained = rowsOf(sectionOf(api, '## How sure a fact is')).flatMap((row) =>
      row.flatMap(spansOf),
    );
    const named = tablesOf(api)
      .filter(([head]) => head?.includes('how we know'))
      .flatMap(([head = [], ...rows]) =>
        rows.flatMap((row) => spansOf(row[head.indexOf('how we know')] ?? '')),
      )
      .filter((word) => /^(py|ts|docs|rust|go)-[a-z-]+$/.test(word));
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((word) => !explained.includes(word))).toEqual([]);
  });
});

/** Its tables, each with its head as the first row. */
function tablesOf(markdown: string): string[][][] {
  return markdown
    .split(/\n(?!\|)/)
    .filter((block) => block.includes('\n|'))
    .map((block) => {
      const lines = block.slice(block.indexOf('|')).split('\n');
      const [head = ''] = lines;
      return [
        head
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
        ...rowsOf(block),
      ];
    });
}
