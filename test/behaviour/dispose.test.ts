// `[Symbol.asyncDispose]`, also in runtimes and compilers that know it by another symbol.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Emulator } from '../../src/testing/index.ts';

beforeEach(() => {
  vi.resetModules();
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** `Symbol` of a runtime that has no `asyncDispose`. */
function olderSymbol(): unknown {
  const { Symbol: real } = globalThis;
  const older = (text?: string): symbol => real(text);
  Object.setPrototypeOf(older, real);
  return Object.defineProperty(older, 'asyncDispose', { value: undefined });
}

async function closedBy(name: symbol): Promise<{ client: object; succeeded: number }> {
  const { AutobatchClient } = await import('../../src/index.ts');
  const { fetch } = new Emulator();
  const client = new AutobatchClient({ apiToken: 'test-token', fetch, batch: { window: 60_000 } });
  client.agentInstances.register({});
  await Reflect.apply(Reflect.get(client, name) as () => Promise<void>, client, []);
  return { client, succeeded: client.stats().ledger.succeeded };
}

test('closes', async () => {
  const { succeeded } = await closedBy(Symbol.asyncDispose);
  expect(succeeded).toBe(1);
});

test('without that symbol there is no method of the name "undefined", but that of compilers', async () => {
  vi.stubGlobal('Symbol', olderSymbol());
  const { client, succeeded } = await closedBy(Symbol.for('Symbol.asyncDispose'));
  expect(succeeded).toBe(1);
  expect('undefined' in client).toBe(false);
});
