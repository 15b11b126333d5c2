import { existsSync, readFileSync } from 'node:fs';

/**
 * Whether a file under `test/` has tests of these titles, outermost first and divided by ` > `, as
 * vitest prints them: each a string of exactly that text, in any quotes.
 */
export function hasTest(file: string, titles: string): boolean {
  const url = new URL(`../${file}`, import.meta.url);
  if (!existsSync(url)) return false;
  const source = readFileSync(url, 'utf8');
  return titles
    .split(' > ')
    .every((title) =>
      [`'${title}'`, `"${title}"`, `\`${title}\``].some((text) => source.includes(text)),
    );
}
