import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stormsPicture } from '../../scripts/storms/picture.ts';
import { introduction, rows, tableOf } from '../../scripts/storms/table.ts';
import { documentAt } from './markdown.ts';

const drawn = rows();

test('the page of failing items shows what the simulation prints', () => {
  const page = documentAt('docs/internals/stop-at-first-error.md');
  expect(page, 'npm run storms').toContain(
    `\`\`\`text\n${introduction}\n\n${tableOf(drawn)}\n\`\`\``,
  );
});

test('the picture of failing items shows what the simulation says', () => {
  const url = new URL('../../docs/pictures/storms.svg', import.meta.url);
  expect(readFileSync(url, 'utf8'), 'npm run storms -- --draw').toBe(stormsPicture(drawn));
});

test.each([1, 1.5, 2, 2.8, 4, 5])(
  'what %d expected stretches cost is as the page says',
  (length) => {
    const page = documentAt('docs/internals/stop-at-first-error.md');
    const rowOf = (head: string): string[] =>
      page
        .split('\n')
        .find((line) => line.startsWith(`| ${head} |`))
        ?.split('|')
        .map((cell) => cell.trim()) ?? [];
    const at = rowOf('`c`').indexOf(`${length}`);
    const meets = 1 - Math.exp(-length);
    expect(rowOf('requests ÷ fewest')[at]).toBe((1 / meets).toFixed(2));
    expect(rowOf('items sent ÷ calls')[at]).toBe((length / meets).toFixed(2));
  },
);
