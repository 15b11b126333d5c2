/** The package as users have it: packed, and installed into a project of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../../tools/run.ts';

export const quiet = ['--no-audit', '--no-fund', '--loglevel=error'] as const;

/** Packs the built package into `folder`, and gives the path of the tarball. */
export async function pack(folder: string): Promise<string> {
  const name = await must('npm', ['pack', '--pack-destination', folder, ...quiet]);
  return join(folder, name.trim());
}

/** Makes `folder` a project that has these packages. */
export async function install(folder: string, packages: readonly string[]): Promise<void> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  await must('npm', ['install', ...packages, ...quiet], { cwd: folder });
}
