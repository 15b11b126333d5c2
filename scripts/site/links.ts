/** Where a link of a document leads in the site: to a page of it, or into the repository on GitHub. */
import { statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from '../../tools/run.ts';
import { blob, pages, raw, repository } from './pages.ts';

/** `document`: the path of the document in the repository. Throws for a link that leads nowhere. */
export function siteLink(document: string, link: string): string {
  const own = link.startsWith(blob) ? `/${link.slice(blob.length)}` : link;
  if (own.startsWith('#') || /^[a-z]+:/.test(own)) return own;
  const [path = '', anchor] = own.split('#');
  const file = fileOf(document, path);
  const place = pages.get(file);
  const hash = anchor === undefined ? '' : `#${anchor}`;
  if (place !== undefined) return `/${place}${hash}`;
  const entry = statSync(join(root, file), { throwIfNoEntry: false });
  if (entry === undefined) throw new Error(`${document}: no file "${file}" for the link "${link}"`);
  return `${repository}/${entry.isDirectory() ? 'tree' : 'blob'}/main/${file}${hash}`;
}

/** The file of a picture, as seen from the document. */
export function sitePicture(document: string, source: string): string {
  const own = source.startsWith(raw) ? `/${source.slice(raw.length)}` : source;
  if (/^[a-z]+:/.test(own)) throw new Error(`${document}: the picture "${source}" is elsewhere`);
  return `./${posix.relative(posix.dirname(document), fileOf(document, own))}`;
}

/** Names a heading as GitHub does, so that the same anchors work in both. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function fileOf(document: string, path: string): string {
  return path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(document), path);
}
