// scripts/with-deps.mjs: runs a command with the locked dependencies, installing them when missing or stale
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.lock-sha256');
const lockHash = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const env = { ...process.env, PATH: bin + delimiter + (process.env.PATH ?? '') };
function run(command, args) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) throw error;
  return signal ? 1 : (status ?? 1);
}
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockHash) {
  const npm = process.env.npm_execpath;
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const code = npm ? run(process.execPath, [npm, ...args]) : run('npm', args);
  if (code !== 0) process.exit(code);
  writeFileSync(stamp, lockHash);
}
const [command, ...args] = process.argv.slice(2);
if (command) process.exit(run(command, args));
