/** What has to be there before anything is measured: the built package, and the peers. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must, root } from '../tools/run.ts';

const PEERS = join(root, 'bench/peers');
const STAMP = join(PEERS, 'node_modules/.lock-sha256');

/** Built anew each time, so that the figures are those of the source as it is. */
export async function build(): Promise<void> {
  await must(process.execPath, ['scripts/build.ts']);
}

/** Installs the peers where they are missing or stale. They are no dependencies of the package. */
export async function installPeers(): Promise<void> {
  const lock = readFileSync(join(PEERS, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === hash) return;
  console.error('Installing the peers (once)...');
  rmSync(STAMP, { force: true });
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env['npm_execpath'];
  if (npm?.endsWith('npm-cli.js')) await must(process.execPath, [npm, ...args], { cwd: PEERS });
  else await must('npm', args, { cwd: PEERS });
  writeFileSync(STAMP, hash);
}

/** The files beside the peers are checked only here, since no other check has the peers. */
export async function checkPeerTypes(): Promise<void> {
  await must('tsc', ['-p', PEERS]);
}

export async function bundleKb(): Promise<number> {
  const file = new URL('peers/bundle-size.ts', import.meta.url).href;
  const { bundleKb } = (await import(file)) as { bundleKb: () => Promise<number> };
  return bundleKb();
}
