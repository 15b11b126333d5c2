/** The built site: `npm run docs` makes it before these tests run. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultBase } from '../../scripts/site/pages.ts';
import { root } from '../../tools/run.ts';

export const folder: string = join(root, 'scripts/site/dist');
export const base: string = process.env['SITE_BASE'] ?? defaultBase;

export interface Page {
  /** As in `guide/tracing.html`. */
  readonly path: string;
  readonly html: string;
}

export function builtPages(): Page[] {
  return globSync('**/*.html', { cwd: folder }).map((path) => ({
    path: path.replaceAll('\\', '/'),
    html: readFileSync(join(folder, path), 'utf8'),
  }));
}
