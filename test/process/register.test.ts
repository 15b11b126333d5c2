// `node --import prefactor-autobatch/register`: settings from the environment, once for a process.
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Emulator } from '../../src/testing/index.ts';
import { root } from '../../tools/run.ts';
import type { Ended } from '../helpers/child.ts';
import { runScript } from '../helpers/child.ts';

const register = join(root, 'src/fetch/register.ts');

async function listen() {
  const emulator = new Emulator();
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  const env = { PREFACTOR_API_URL: server.url, PREFACTOR_API_TOKEN: 'test-token' };
  return { emulator, url: server.url, env };
}

function run(
  url: string,
  env: Readonly<Record<string, string>>,
  imports = [register],
): Promise<Ended> {
  const nodeArgs = imports.flatMap((path) => ['--import', path]);
  return runScript('registered.ts', [url], nodeArgs, env);
}

test('with a token, the calls of the program are batched', async () => {
  const { emulator, url, env } = await listen();
  const ended = await run(url, env);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual({ isNative: false, status: 200 });
  expect(emulator.report().requests.byPath).toEqual({ 'POST /api/v1/bulk': 1 });
});

test('without a token, or disabled, fetch stays as it is', async () => {
  const { url, env } = await listen();
  const { PREFACTOR_API_TOKEN: _, ...withoutToken } = env;
  for (const settings of [withoutToken, { ...env, PREFACTOR_AUTOBATCH_DISABLED: 'true' }]) {
    const ended = await run(url, settings);
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ isNative: true });
  }
});

test('what is wrong is said once, and the program runs without us', async () => {
  const { url, env } = await listen();
  const wrong = [
    { PREFACTOR_AUTOBATCH_ANSWER: 'soon' },
    { PREFACTOR_API_URL: 'no address' },
    { PREFACTOR_API_TOKEN: 'two words' },
  ];
  const said: string[] = [];
  for (const settings of wrong) {
    const ended = await run(url, { ...env, ...settings });
    expect(JSON.parse(ended.stdout)).toMatchObject({ isNative: true });
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toContain('two words');
    said.push(ended.stderr.trim());
  }
  const head = '[prefactor-autobatch] Nothing is batched, since the settings are wrong: ';
  expect(said).toEqual([
    `${head}PREFACTOR_AUTOBATCH_ANSWER must be 'on-result' or 'on-accept', but it is "soon".`,
    expect.stringContaining(`${head}Invalid options: PREFACTOR_API_URL must`),
    expect.stringContaining(`${head}Invalid options: PREFACTOR_API_TOKEN must`),
  ]);
});

test('where the program has another token, or calls another API, one line on the console says so', async () => {
  const { emulator, url, env } = await listen();
  const said: string[] = [];
  for (const [settings, args] of [
    [env, [url, 'other-token']],
    [{ ...env, PREFACTOR_API_URL: 'http://127.0.0.1:1' }, [url]],
  ] as const) {
    const ended = await runScript('registered.ts', args, ['--import', register], settings);
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toMatch(/(test|other)-token/);
    said.push(ended.stderr);
  }
  expect(said).toEqual([
    expect.stringMatching(
      /^\[prefactor-autobatch\] 0 calls batched so far: this one has another token.*\n$/,
    ),
    expect.stringContaining(
      `this one goes to ${url}, and the API of the client is http://127.0.0.1:1.`,
    ),
  ]);
  expect(emulator.report().requests.byPath).toEqual({
    'POST /api/v1/agent_instance/register': 2,
  });
});

test('it takes its place once, also by two copies of the package', async () => {
  const { emulator, url, env } = await listen();
  const copy = mkdtempSync(join(tmpdir(), 'copy-'));
  onTestFinished(() => rmSync(copy, { recursive: true }));
  cpSync(join(root, 'src'), join(copy, 'src'), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const ended = await run(url, env, [register, join(copy, 'src/fetch/register.ts'), register]);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(emulator.report().requests.byPath).toEqual({ 'POST /api/v1/bulk': 1 });
});
