/** Which documents the site shows, and where they stand there. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/run.ts';

const { homepage } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  homepage: string;
};

/** The repository, as package.json names it. */
export const repository: string = homepage.replace(/#.*$/, '');
export const blob: string = `${repository}/blob/main/`;
export const raw: string = `${repository.replace('github.com', 'raw.githubusercontent.com')}/main/`;

/** Where GitHub serves the pages of this repository. */
export const defaultBase: string = `/${repository.split('/').at(-1)}/`;

/** From the path of a document in the repository to its path in the site. */
export const pages: ReadonlyMap<string, string> = new Map(
  ['README.md', ...globSync('docs/**/*.md', { cwd: root }).sort()]
    .map((path) => path.replaceAll('\\', '/'))
    .map((path) => [path, placeOf(path)]),
);

export function documentAt(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function placeOf(path: string): string {
  if (path === 'README.md') return 'index.md';
  if (path === 'docs/README.md') return 'documents.md';
  return path.replace(/^docs\//, '').replace(/README\.md$/, 'index.md');
}
