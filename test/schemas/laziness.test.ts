import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as z from 'zod/mini';

// A page's Content-Security-Policy reports each `new Function`, also one whose error is caught.
const blocked = vi.fn(() => {
  throw new EvalError('Refused by the Content-Security-Policy');
});

beforeEach(() => {
  vi.resetModules();
  blocked.mockClear();
});

afterEach(() => {
  vi.unstubAllGlobals();
  z.config({ jitless: false });
});

/** A client as on a page that may make no code of text; it checks options, and calls of several kinds. */
async function useClient(): Promise<readonly string[]> {
  vi.stubGlobal('Function', new Proxy(Function, { apply: blocked, construct: blocked }));
  const { AutobatchClient } = await import('../../src/index.ts');
  const { Emulator } = await import('../../src/testing/index.ts');
  expect(blocked).not.toHaveBeenCalled();
  const { fetch } = new Emulator();
  const client = new AutobatchClient({ apiToken: 'test-token', fetch, logger: false });
  const run = client.agentInstances.register({ agentVersion: { name: 'A' } });
  const span = { agentInstanceId: run, schemaName: 'a', status: 'active' } as const;
  const calls = [
    run,
    client.agentInstances.start(run),
    client.agentSpans.create({ ...span, payload: {} }),
    client.agentSpans.create({ ...span, payload: [] }),
    client.submit({ _type: 'agents/list' }, { uses: [run] }),
  ];
  await Promise.allSettled(calls);
  await client.close();
  const settled = await Promise.allSettled(calls);
  return settled.map((one) => (one.status === 'rejected' ? String(one.reason.message) : 'ok'));
}

const ends = ['ok', 'ok', 'ok', expect.stringContaining('payload must be an object'), 'ok'];

test('nothing is compiled on import; where nothing may be, that is tried once, and checks still work', async () => {
  expect(await useClient()).toEqual(ends);
  expect(blocked).toHaveBeenCalledTimes(1);
});

test('it is not even tried where zod was told to make no code', async () => {
  z.config({ jitless: true });
  expect(await useClient()).toEqual(ends);
  expect(blocked).not.toHaveBeenCalled();
});

test('a payload is not looked into', async () => {
  const { createAgentSpan } = await import('../../src/schemas/agent-spans.ts');
  const payload = new Proxy(
    {},
    {
      get: () => expect.fail('was read'),
      ownKeys: () => expect.fail('was walked'),
    },
  );
  const params = { agentInstanceId: 'run', schemaName: 'a', status: 'active', payload };
  expect(createAgentSpan.checkParams(params)).toBeUndefined();
});
