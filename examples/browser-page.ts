// Shows the page of `web/page.ts` in Chromium. Page and API are of two origins, so the browser asks the API by preflights
// whether the page may call it; the emulator says yes. Skipped where there is no Chromium. Has its own emulator:
// node examples/browser-page.ts
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Emulator } from '../src/testing/index.ts';

const emulator = new Emulator({ latencyMs: 20 });
await using api = await emulator.listen();
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('web/page.ts', import.meta.url))],
  bundle: true,
  format: 'esm',
  define: { api: JSON.stringify(api.url) },
  write: false,
});
const html =
  '<!doctype html><meta charset="utf-8"><title>Page</title><body><script type="module" src="/page.js"></script>';

let show: (text: string) => void = () => {};
const shown = new Promise<string>((resolve) => {
  show = resolve;
});
const server = createServer(async (request, response) => {
  if (request.url === '/shown') {
    show(await text(request));
    response.end();
  } else if (request.url === '/page.js') {
    response.setHeader('content-type', 'text/javascript').end(outputFiles[0]?.text);
  } else {
    response.setHeader('content-type', 'text/html').end(html);
  }
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
assert(typeof address === 'object' && address !== null);

const said = await inChromium(`http://127.0.0.1:${address.port}/`);
server.close();
server.closeAllConnections();
if (said === undefined) {
  console.log('skipped: there is no program "chromium" here');
} else {
  console.log(`the page says: ${said}`);
  const [run] = Object.values(emulator.snapshot().instances);
  const spans = Object.keys(run?.spans ?? {}).length;
  console.log(`the server has a run that is ${run?.['status']}, with ${spans} spans`);
  assert.equal(spans, 200);
}

/** What the page shows in the end; undefined where there is no browser. */
async function inChromium(url: string): Promise<string | undefined> {
  const profile = mkdtempSync(join(tmpdir(), 'browser-'));
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
  ];
  // With a port for debugging it stays when the page is loaded.
  const more = [
    '--disable-background-networking',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
  ];
  // A browser is many processes: it gets a group of its own, that can be ended as a whole.
  const browser = spawn('chromium', [...args, ...more, url], { detached: true, stdio: 'ignore' });
  const isMissing = new Promise<undefined>((resolve) =>
    browser.once('error', () => resolve(undefined)),
  );
  const isOver = new Promise<void>((resolve) => browser.once('exit', () => resolve()));
  try {
    return await Promise.race([shown, isMissing, tooLate()]);
  } finally {
    if (browser.pid !== undefined) {
      process.kill(-browser.pid, 'SIGKILL');
      await isOver;
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(reject, 40_000, new Error('the page has not reported within 40 s')).unref();
  });
}
