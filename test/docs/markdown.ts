/** Reads the tables of a document. */
import { readFileSync } from 'node:fs';

export function documentAt(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
}

/** The cells of all rows of all tables, without their heads. */
export function rowsOf(markdown: string): string[][] {
  const lines = markdown.split('\n');
  return lines
    .map((line, index) => ({ line, isHead: /^\|[\s:|-]+\|$/.test(lines[index + 1] ?? '') }))
    .filter(({ line, isHead }) => line.startsWith('|') && !isHead && !/^\|[\s:|-]+\|$/.test(line))
    .map(({ line }) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split(/(?<!\\)\|/)
        .map((cell) => cell.replaceAll('\\|', '|').trim()),
    );
}

/** The part under a heading, up to the next one of the same or a higher rank. */
export function sectionOf(markdown: string, heading: string): string {
  const start = markdown.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`there is no "${heading}"`);
  const rank = /^#+/.exec(heading)?.[0].length ?? 1;
  const after = markdown.slice(start + heading.length + 1);
  const end = after.search(new RegExp(`\\n#{1,${rank}} `));
  return end < 0 ? after : after.slice(0, end);
}

/** What stands in code spans. */
export function spansOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}
