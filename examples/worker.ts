// Runs the Worker of `web/worker.ts` in Cloudflare's workerd, by Miniflare, for ten requests at once. Where Miniflare is not
// installed (`npm run runtimes -- workerd` does it) the Worker runs in Node. Has its own emulator: node examples/worker.ts
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Emulator } from '../src/testing/index.ts';
import worker from './web/worker.ts';

const emulator = new Emulator({ latencyMs: 20 });
await using api = await emulator.listen();
const env = { PREFACTOR_API_URL: api.url, PREFACTOR_API_TOKEN: 'test-token' };

const miniflare = new URL(
  '../test/runtimes/deps/node_modules/miniflare/dist/src/index.js',
  import.meta.url,
);
const runtime = existsSync(miniflare) ? await inWorkerd() : inNode();

const urls = Array.from({ length: 10 }, (_, index) => `http://worker/?order=${4711 + index}`);
const answers = await Promise.all(urls.map((url) => runtime.fetch(url)));
console.log(`${runtime.name} has answered ${answers.length} times: "${answers[0]}" ...`);

// The answers did not wait for the reports, which are on their way.
const isComplete = (): boolean => {
  const runs = Object.values(emulator.snapshot().instances);
  return runs.length === 10 && runs.every((run) => run['status'] === 'complete');
};
const deadline = Date.now() + 10_000;
while (!isComplete() && Date.now() < deadline)
  await new Promise((resolve) => setTimeout(resolve, 20));
await runtime.end();
const runs = Object.values(emulator.snapshot().instances);
console.log(`${runs.length} runs have arrived, in ${emulator.report().requests.bulk} requests`);
assert(isComplete());

interface Runtime {
  readonly name: string;
  fetch(url: string): Promise<string>;
  end(): Promise<unknown>;
}

async function inWorkerd(): Promise<Runtime> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('web/worker.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['workerd', 'worker', 'browser'],
    write: false,
  });
  const { Miniflare } = await import(miniflare.href);
  const contents = outputFiles[0]?.text;
  const flare = new Miniflare({
    modules: [{ type: 'ESModule', path: 'worker.mjs', contents }],
    compatibilityDate: '2026-04-01',
    bindings: env,
  });
  return {
    name: 'workerd',
    fetch: async (url) => (await flare.dispatchFetch(url)).text(),
    end: () => flare.dispose(),
  };
}

function inNode(): Runtime {
  const underWay: Promise<unknown>[] = [];
  const context = { waitUntil: (promise: Promise<unknown>) => void underWay.push(promise) };
  return {
    name: 'Node (Miniflare is not installed)',
    fetch: async (url) => (await worker.fetch(new Request(url), env, context)).text(),
    end: () => Promise.all(underWay),
  };
}
