// The emulator in a bundle: by real bundlers, run where nothing of this repository is near.

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { rolldown } from 'rolldown';
import { describe, expect, onTestFinished, test } from 'vitest';

const TESTING = fileURLToPath(new URL('../../../src/testing/index.ts', import.meta.url));
const USE = `
import { Emulator } from ${JSON.stringify(TESTING)};
const headers = { authorization: 'Bearer test-token', 'x-prefactor-sdk': 'bundle@1.0.0' };
const emulator = new Emulator();
const inProcess = await emulator.fetch('https://emulator.test/api/v1/ping', { headers });
try {
  const server = await emulator.listen();
  const onSocket = await fetch(server.url + '/api/v1/ping', { headers });
  await server.close();
  console.log(inProcess.status, onSocket.status);
} catch (error) {
  console.log(inProcess.status, error.message);
}
`;

type Bundler = (entry: string, outDir: string) => Promise<unknown>;
type Platform = 'node' | 'browser' | 'neutral';

const byEsbuild =
  (platform: Platform, splitting: boolean): Bundler =>
  (entry, outdir) =>
    build({
      entryPoints: { bundle: entry },
      outdir,
      bundle: true,
      minify: true,
      splitting,
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      platform,
      logLevel: 'silent',
    });

const byRolldown =
  (platform: Platform): Bundler =>
  async (entry, dir) => {
    const warnings: string[] = [];
    const bundle = await rolldown({
      input: { bundle: entry },
      platform,
      onLog: (_level, { message }) => void warnings.push(message),
    });
    await bundle.write({ dir, format: 'esm', entryFileNames: '[name].mjs', minify: true });
    expect(warnings).toEqual([]);
  };

const platforms: readonly Platform[] = ['node', 'browser', 'neutral'];
const bundlers: readonly [string, Bundler][] = platforms.flatMap(
  (platform): [string, Bundler][] => [
    [`esbuild for ${platform}`, byEsbuild(platform, false)],
    [`esbuild for ${platform}, in chunks`, byEsbuild(platform, true)],
    [`rolldown for ${platform}`, byRolldown(platform)],
  ],
);

/** Bundles it into a folder of its own, and gives what the bundle prints. */
async function printed(bundler: Bundler, before = ''): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, 'use.ts');
  writeFileSync(entry, USE);
  await bundler(entry, folder);
  rmSync(entry);
  const start = join(folder, 'start.mjs');
  writeFileSync(start, `${before}\nawait import('./bundle.mjs');\n`);
  const { stdout } = await promisify(execFile)(process.execPath, [start], { cwd: folder, env: {} });
  expect(readdirSync(folder)).toContain('bundle.mjs');
  return stdout.trim();
}

describe.each(bundlers)('bundled by %s', (_name, bundler) => {
  test('it answers in process and listens', async () => {
    expect(await printed(bundler)).toBe('200 200');
  });
});

test('where there is no Node it answers in process, and says why it cannot listen', async () => {
  const noNode = 'delete globalThis.process;';
  expect(await printed(byEsbuild('browser', false), noNode)).toBe(
    '200 listen() needs node:http, which this runtime lacks: use emulator.fetch.',
  );
});
