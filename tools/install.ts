/** Packages that only one command needs: a lock of their own, which keeps them out of `npm ci`. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from './run.ts';

/** Installs the lock of this folder of the repository where it is missing or stale. */
export async function installLocked(folder: string): Promise<void> {
  const cwd = join(root, folder);
  const stamp = join(cwd, 'node_modules/.lock-sha256');
  const lock = readFileSync(join(cwd, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  console.error(`Installing ${folder}/package-lock.json (once)...`);
  rmSync(stamp, { force: true });
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env['npm_execpath'];
  if (npm?.endsWith('npm-cli.js')) await must(process.execPath, [npm, ...args], { cwd });
  else await must('npm', args, { cwd });
  writeFileSync(stamp, hash);
}
