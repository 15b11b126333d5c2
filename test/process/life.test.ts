// Unsettled calls keep the process alive until they settle, and nothing else of ours does.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { EmulatorOptions } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { runScript, startScript } from '../helpers/child.ts';

async function listen(options: EmulatorOptions = {}) {
  const emulator = new Emulator({ strict: true, ...options });
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  return { emulator, url: server.url };
}

/** How long a process lived after that, in milliseconds. */
function lingeredMs(stdout: string): number {
  return Number(/ended (\d+) ms after/.exec(stdout)?.[1]);
}

/** Far less than any timer of the client's, far more than a busy machine needs. */
const SOON_MS = 3_000;

test('a process with pending calls lives until they settle, and then ends by itself', async () => {
  const { emulator, url } = await listen({ latencyMs: 300 });
  const { code, signal, stdout, stderr } = await runScript('pending-calls.ts', [url]);
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  expect(stdout).toContain('settled 7');
  expect(lingeredMs(stdout)).toBeLessThan(SOON_MS);
  const [run] = Object.values(emulator.snapshot().instances);
  expect(run).toMatchObject({ status: 'complete', span_counts: { complete: 3 } });
  expect(emulator.report().breaches).toEqual([]);
}, 30_000);

test('also through retries', async () => {
  const { emulator, url } = await listen();
  emulator.faults.next({ kind: 'dropBefore' });
  emulator.faults.next({ kind: 'dropAfter' });
  emulator.faults.next({ kind: 'status', status: 503 });
  const { code, stdout } = await runScript('pending-calls.ts', [url]);
  expect(code).toBe(0);
  expect(stdout).toContain('settled 7');
  expect(lingeredMs(stdout)).toBeLessThan(SOON_MS);
  expect([...emulator.report().effects.values()].every((times) => times === 1)).toBe(true);
}, 30_000);

test('clients that are never used keep nothing alive', async () => {
  const { url } = await listen();
  const { code, stdout, stderr } = await runScript('idle-client.ts', [url]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(lingeredMs(stdout)).toBeLessThan(SOON_MS);
}, 30_000);

test('where nobody answers, the calls reject in their time, and the process ends', async () => {
  const { code, stdout, stderr } = await runScript('unreachable-server.ts', [await unusedUrl()]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/settled( PrefactorRetryExhaustedError| PrefactorDependencyError){7}\n/);
  expect(lingeredMs(stdout)).toBeLessThan(SOON_MS);
}, 30_000);

test('after close() nothing is left, though the server has not answered', async () => {
  const { url } = await listen({ latencyMs: 60_000 });
  const { code, stdout, stderr } = await runScript('close-in-time.ts', [url]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('"pending":0');
  expect(lingeredMs(stdout)).toBeLessThan(SOON_MS);
}, 30_000);

test('failing calls that nobody awaits raise nothing, and end nothing', async () => {
  const { url } = await listen();
  const { code, stdout, stderr } = await runScript('failing-calls.ts', [url]);
  expect(code).toBe(0);
  expect(stdout).toContain('still here');
  // The one trace where nobody listens: a warning, which names no payload and no token.
  expect(stderr).toMatch(/^\[prefactor-autobatch\] Calls failed so far: /);
  expect(stderr).not.toMatch(/unhandled|at .*\.ts:\d+|test-token/i);
}, 30_000);

test('a process that crashes where a call of ours is pending does so by its own error', async () => {
  const { url } = await listen({ latencyMs: 60_000 });
  const child = startScript('exit-signal.ts', [url]);
  await child.says('ready');
  child.kill('SIGKILL');
  expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
}, 30_000);

/** An address of 127.0.0.1 at which nobody listens. */
async function unusedUrl(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
