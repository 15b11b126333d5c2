// Arguments are what the caller gave, whatever all objects inherit.
import { expect, onTestFinished, test } from 'vitest';
import { Emulator } from '../../src/testing/index.ts';
import { runScript } from '../helpers/child.ts';

test('names that somebody has put on Object.prototype make nothing invalid, and are not sent', async () => {
  const emulator = new Emulator({ strict: true });
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  const { code, stdout, stderr } = await runScript('polluted.ts', [server.url]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'succeeded 6\n', stderr: '' });
  expect(emulator.report().breaches).toEqual([]);
  const [run] = Object.values(emulator.snapshot().instances);
  expect(run).toMatchObject({ status: 'complete', purpose: 'live', span_counts: { complete: 1 } });
  expect(JSON.stringify([...emulator.report().effects, run])).not.toContain('polluted');
}, 30_000);
