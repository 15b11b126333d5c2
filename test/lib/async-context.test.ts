import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, test, vi } from 'vitest';
import { runInRoot } from '../../src/lib/async-context.ts';

afterEach(() => vi.unstubAllGlobals());

test('the context of a caller does not reach what runs in the root', async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen = await storage.run('caller', async () => {
    const inRoot = await runInRoot(async () => {
      await null;
      return storage.getStore();
    });
    return [inRoot, storage.getStore()];
  });
  expect(seen).toEqual([undefined, 'caller']);
});

test('results and errors come through', () => {
  expect(runInRoot(() => 7)).toBe(7);
  expect(() =>
    runInRoot(() => {
      throw new Error('seven');
    }),
  ).toThrow('seven');
});

test.each([
  ['no process', undefined],
  ['no getBuiltinModule', {}],
  ['no async_hooks', { getBuiltinModule: () => undefined }],
  ['no snapshot', { getBuiltinModule: () => ({ AsyncLocalStorage: class {} }) }],
])('with %s it just runs', async (_, process) => {
  vi.resetModules();
  vi.stubGlobal('process', process);
  const copy = await import('../../src/lib/async-context.ts');
  vi.unstubAllGlobals();
  expect(copy.runInRoot(() => 7)).toBe(7);
});
