// Makes sure that dist/ is up to date, for scripts that read it.
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from '../../tools/run.ts';

/** A public way into the package. */
export interface Entry {
  /** As users write it after the package's name: `.`, `./testing`. */
  readonly name: string;
  /** Its module, as package.json names it: `./dist/index.js`. */
  readonly path: string;
}

/** Where one of these is missing, or older than src/, all of it is built anew. */
export async function buildIfStale(paths: readonly string[]): Promise<void> {
  if (paths.some(isStale)) await must(process.execPath, ['scripts/build.ts']);
}

/** The entries of package.json that are modules. */
export async function entriesOf(): Promise<Entry[]> {
  const { exports } = (await import('../../package.json', { with: { type: 'json' } })).default;
  return Object.entries(exports)
    .filter(([, path]) => path.endsWith('.js'))
    .map(([name, path]) => ({ name, path }));
}

function isStale(path: string): boolean {
  const built = join(root, path);
  if (!existsSync(built)) return true;
  const { mtimeMs } = statSync(built);
  return globSync('src/**/*.ts', { cwd: root }).some(
    (source) => statSync(join(root, source)).mtimeMs > mtimeMs,
  );
}
