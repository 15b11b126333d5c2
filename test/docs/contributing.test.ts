import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const root = new URL('../../', import.meta.url);
const [, ...tables] = sectionOf(documentAt('CONTRIBUTING.md'), '## The source tree').split(
  /^\| in /m,
);

test.each([
  ['src/', 0, (entry: string) => entry],
  ['src/coalescer/', 1, (entry: string) => (entry.endsWith('.ts') ? [] : entry)],
  ['src/testing/', 2, (entry: string) => (entry.endsWith('.ts') ? [] : entry)],
] as const)('each folder of %s has a row, and each row a folder', (folder, table, shown) => {
  const entries = readdirSync(new URL(folder, root), { withFileTypes: true }).flatMap((entry) =>
    shown(entry.isDirectory() ? `${entry.name}/` : entry.name),
  );
  const rows = rowsOf(`| in ${tables[table]?.split('\n\n')[0]}`);
  expect(rows.flatMap(([name = '']) => spansOf(name)).sort()).toEqual(entries.sort());
});
