// exitSignals: drain, then end the process by that signal.
import { expect, onTestFinished, test } from 'vitest';
import type { EmulatorOptions } from '../../src/testing/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { startScript } from '../helpers/child.ts';

async function listen(options: EmulatorOptions = {}) {
  const emulator = new Emulator({ strict: true, ...options });
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  return { emulator, url: server.url };
}

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: what is queued is sent first',
  async (signal) => {
    const { emulator, url } = await listen({ latencyMs: 100 });
    const child = startScript('exit-signal.ts', [url, 'SIGTERM,SIGINT']);
    await child.says('ready');
    child.kill(signal);
    const ended = await child.ended;
    expect(ended).toMatchObject({ code: null, signal, stderr: '' });
    expect(ended.stdout).toContain('settled 7');
    const [run] = Object.values(emulator.snapshot().instances);
    expect(run).toMatchObject({ status: 'complete', span_counts: { complete: 3 } });
  },
  30_000,
);

test('eleven clients send all that they hold, and Node warns of nothing', async () => {
  const { emulator, url } = await listen();
  const child = startScript('exit-signal.ts', [url, 'SIGTERM', '11']);
  await child.says('ready');
  child.kill('SIGTERM');
  const ended = await child.ended;
  expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
  expect(ended.stdout).toContain('settled 77');
  expect(Object.values(emulator.snapshot().instances)).toHaveLength(11);
}, 30_000);

test('a second signal is not held up', async () => {
  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const { url } = await listen({
    latencyMs: () => {
      arrive();
      return 60_000;
    },
  });
  const child = startScript('exit-signal.ts', [url, 'SIGTERM']);
  await child.says('ready');
  child.kill('SIGTERM');
  // The first one is being waited out: the request has come, and is not answered.
  await arrived;
  child.kill('SIGTERM');
  const ended = await child.ended;
  expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
  expect(ended.stdout).not.toContain('settled');
}, 9_000);

test('without the option, a signal ends the process as it always does', async () => {
  const { emulator, url } = await listen();
  const child = startScript('exit-signal.ts', [url]);
  await child.says('ready');
  child.kill('SIGTERM');
  expect(await child.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
  expect(emulator.report().requests.all).toBe(0);
}, 30_000);
