/** The navigation of the site: the tables of docs/README.md, read as they stand. */
import { siteLink } from './links.ts';
import { documentAt, pages } from './pages.ts';

interface Item {
  readonly text: string;
  readonly link: string;
  /** Pages that the same row names behind this one. */
  readonly items?: readonly Item[];
  readonly collapsed?: boolean;
}

export interface Group {
  readonly text: string;
  readonly items: readonly Item[];
}

/** More than these pages of a row are folded away. */
const MOST_SHOWN = 2;

/** A group for each bold row of a table, or for each table that has none. */
export function groupsOf(document: string): Group[] {
  const groups: { text: string; items: Item[] }[] = [];
  for (const line of documentAt(document).split('\n')) {
    const title = /^## (.+)$/.exec(line)?.[1] ?? /^\| \*\*(.+)\*\* \|/.exec(line)?.[1];
    if (title !== undefined) groups.push({ text: sentence(title), items: [] });
    else if (line.startsWith('|')) groups.at(-1)?.items.push(...itemOf(document, line));
  }
  return groups.filter(({ items }) => items.length > 0);
}

/** The row's pages as one item; nothing, where it names none. */
function itemOf(document: string, row: string): Item[] {
  const [first, ...rest] = linksOf(document, row);
  if (first === undefined) return [];
  if (rest.length === 0) return [first];
  return [{ ...first, items: rest, collapsed: rest.length >= MOST_SHOWN }];
}

function linksOf(document: string, row: string): Item[] {
  const places = new Set([...pages.values()].map((place) => `/${place}`));
  return [...row.matchAll(/\[([^\]]+)\]\(([^)\s#]+)\)/g)]
    .map(([, words = '', target = '']) => ({
      text: sentence(words.replaceAll('`', '')),
      link: siteLink(document, target),
    }))
    .filter(({ link }) => places.has(link));
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
