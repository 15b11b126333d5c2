// What is in the package, as a user has it: node bundled.mjs
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

// Before the package is loaded: it keeps the function that it finds.
let draws = 0;
const { getRandomValues } = crypto;
crypto.getRandomValues = (bytes) => {
  draws += 1;
  return getRandomValues.call(crypto, bytes);
};
const { AutobatchClient } = await import('prefactor-autobatch');

const folder = dirname(createRequire(import.meta.url).resolve('prefactor-autobatch/package.json'));

const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
assert.equal(dependencies, undefined, 'what entries need is in dist/');
const licences = readFileSync(join(folder, 'dist/LICENSES.txt'), 'utf8');
for (const name of ['dataloader', 'ky', 'nanoid', 'zod']) {
  assert.match(licences, new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\\n\\n`, 'm'));
}

const maps = globSync('dist/**/*.js.map', { cwd: folder });
assert.ok(maps.length >= 5);
for (const path of maps) {
  const {
    sources,
    sourcesContent,
    ignoreList = [],
    x_google_ignoreList = ignoreList,
  } = JSON.parse(readFileSync(join(folder, path), 'utf8'));
  assert.ok(!sourcesContent?.some((text) => text !== null), `${path} has sources in it`);
  for (const [index, source] of sources.entries()) {
    if (x_google_ignoreList.includes(index)) continue;
    const file = resolve(folder, dirname(path), source);
    assert.ok(existsSync(file), `${path} leads to ${source}, which is not there`);
  }
}

const client = new AutobatchClient({ apiUrl: 'http://127.0.0.1:9', apiToken: 'a-token-of-nobody' });
const error = await client.agentSpans.create({}).catch((reason) => reason);
assert.match(error.stack, /at AgentSpans\.create /);

// A bundler may take what a dependency has for browsers, which draws random values for each key.
const calls = Array.from({ length: 1_000 }, () => client.agentInstances.register({}));
await client.close({ timeoutMs: 0 });
await Promise.allSettled(calls);
assert.ok(draws > 0 && draws < 50, `random values were drawn ${draws} times for 1,000 calls`);

const program = join(folder, 'dist/cli/bin.js');
assert.match(
  execFileSync(process.execPath, [program, 'demo'], { encoding: 'utf8' }),
  /the books balance/,
);
