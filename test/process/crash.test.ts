// docs/guide/what-can-be-lost.md: what is pending lives in memory, so what ends the process ends it too.
import { expect, onTestFinished, test } from 'vitest';
import { Emulator } from '../../src/testing/index.ts';
import { startScript } from '../helpers/child.ts';

test.each([
  ['killed', 'SIGKILL'],
  ['ended by process.exit()', 'SIGTERM'],
] as const)(
  'a process that is %s loses what was not sent, and never hears what became of what was in flight',
  async (_, signal) => {
    let worked = (): void => {};
    const isDone = new Promise<void>((resolve) => {
      worked = resolve;
    });
    // Each request waits on its way there and back: the second one, with its work done, for ever.
    let waits = 0;
    const emulator = new Emulator({
      strict: true,
      latencyMs: 2,
      delay: async () => {
        waits++;
        if (waits < 4) return;
        worked();
        await new Promise(() => {});
      },
    });
    const server = await emulator.listen();
    onTestFinished(() => server.close());

    const child = startScript('crash.ts', [server.url]);
    await Promise.all([isDone, child.says('both were called')]);
    child.kill(signal);
    const { stdout, stderr } = await child.ended;
    expect({ stdout, stderr }).toEqual({ stdout: 'both were called\n', stderr: '' });
    expect(emulator.report().effects).toEqual(
      new Map([
        ['answered', 1],
        ['in flight', 1],
      ]),
    );
  },
  30_000,
);
