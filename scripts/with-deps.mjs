// Runs a command with the locked dependencies first on PATH, and installs them first when they are
// missing or stale: `node scripts/with-deps.mjs vitest run`. So each npm script can be the first
// command of a fresh clone, under any Node from 20 on; the command itself gets the locked Node 24.
// Plain JavaScript without dependencies, because it runs before there are any.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
// Written only after a complete install. It lives in node_modules so that both go together.
const stamp = join(root, 'node_modules', '.lock-sha256');
// Beside node_modules, not in it: `npm ci` empties that folder.
const mutex = join(root, '.with-deps.lock');
const mutexMaxAgeMs = 15 * 60_000;
const env = { ...process.env, PATH: bin + delimiter + (process.env.PATH ?? '') };

if (!isInstalled()) withMutex(() => isInstalled() || install());
const [command, ...args] = process.argv.slice(2);
if (command) process.exit(run(command, args, 'inherit'));

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function isInstalled() {
  return read(stamp) === lockHash();
}

function install() {
  const hash = lockHash();
  rmSync(stamp, { force: true }); // a failed install must not pass for a good one
  process.stderr.write('Installing the locked dependencies (once)...\n');
  // --include=dev: under NODE_ENV=production npm would leave out Node 24 itself.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  // Under `npm run` the npm that started us is known; its path needs no shell on any system.
  const npm = process.env.npm_execpath;
  const code = npm?.endsWith('npm-cli.js')
    ? run(process.execPath, [npm, ...args], 'ignore')
    : run('npm', args, 'ignore');
  if (code !== 0) fail(`npm ci failed with exit code ${code}; see its message above.`);
  if (!existsSync(join(bin, 'node')) && !existsSync(join(bin, 'node.cmd'))) {
    fail('npm ci left out the package "node": allow its install script (ignore-scripts=false).');
  }
  writeFileSync(stamp, hash);
}

/** Two first commands at once must not both run `npm ci`: the later one waits for the earlier. */
function withMutex(work) {
  let told = false;
  while (!take()) {
    const owner = read(mutex);
    if (owner !== undefined && isAbandoned(owner)) {
      steal(owner);
      continue;
    }
    if (!told) process.stderr.write('Waiting for another process to install...\n');
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  const release = () => rmSync(mutex, { force: true });
  process.once('exit', release); // for fail()
  work();
  process.off('exit', release);
  release();
}

function take() {
  try {
    writeFileSync(mutex, String(process.pid), { flag: 'wx' }); // fails where there is one already
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Renames it, since of several that wait only one can do that, and then sees whose it was. */
function steal(owner) {
  const mine = `${mutex}.${process.pid}`;
  try {
    renameSync(mutex, mine);
    if (read(mine) !== owner) linkSync(mine, mutex); // another process was faster and installs: put it back
  } catch {} // gone or taken already: the next look at it decides
  rmSync(mine, { force: true });
}

/** True when the owner was killed, so that it will never remove its mutex. */
function isAbandoned(owner) {
  try {
    if (Date.now() - statSync(mutex).mtimeMs > mutexMaxAgeMs) return true;
    process.kill(Number(owner), 0); // signal 0 only asks whether the process exists
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function run(command, args, stdout) {
  const { status, signal, error } = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: ['inherit', stdout, 'inherit'],
    shell: process.platform === 'win32',
  });
  if (error) fail(`Cannot run ${command}: ${error.message}`);
  return signal ? 1 : (status ?? 1);
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function fail(message) {
  process.stderr.write(`with-deps: ${message}\n`);
  process.exit(1);
}
