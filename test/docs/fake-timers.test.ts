// The sample of the guide that needs Vitest to run it.
import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { Emulator } from '../../src/testing/index.ts';

afterEach(() => void vi.useRealTimers());

test('a lost request is sent again', async () => {
  vi.useFakeTimers();
  const emulator = new Emulator({ latencyMs: 20 });
  const client = new AutobatchClient({ apiToken: 'test-token', fetch: emulator.fetch });
  emulator.faults.next({ kind: 'dropBefore' });
  const run = client.agentInstances.register({});
  await vi.advanceTimersByTimeAsync(1_000); // the answer's 20 ms, a back-off of at most 250 ms
  expect((await run).status).toBe('pending');
  expect(emulator.report().requests.bulk).toBe(2);
  await client.close();
});

test('the guide shows what is run here', () => {
  const guide = readFileSync(new URL('../../docs/guide/testing.md', import.meta.url), 'utf8');
  const own = readFileSync(new URL(import.meta.url), 'utf8');
  const shown = /afterEach\(\(\) => void vi[\s\S]*?\n\}\);\n/.exec(own)?.[0];
  expect(shown).toContain('useFakeTimers');
  expect(guide).toContain(shown);
});
