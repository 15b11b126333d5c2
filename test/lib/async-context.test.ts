import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, test, vi } from 'vitest';
import { isInOwnRequest, runInRoot, sendInRoot } from '../../src/lib/async-context.ts';

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

test('a request of our own is known as one, also later in it, and other code is not', async () => {
  const seen = await Promise.all([
    sendInRoot(async () => {
      const first = isInOwnRequest();
      await null;
      return [first, isInOwnRequest()];
    }),
    (async () => {
      await null;
      return isInOwnRequest();
    })(),
  ]);
  expect(seen).toEqual([[true, true], false]);
  expect(isInOwnRequest()).toBe(false);
});

test('another copy of this package knows it as well', async () => {
  vi.resetModules();
  const copy = await import('../../src/lib/async-context.ts');
  expect(copy.sendInRoot).not.toBe(sendInRoot);
  expect(sendInRoot(() => copy.isInOwnRequest())).toBe(true);
  expect(copy.sendInRoot(() => isInOwnRequest())).toBe(true);
});

test('without async contexts it is known as long as it is being sent', async () => {
  const place = Symbol.for('prefactor-autobatch.ownRequest');
  const known: unknown = Reflect.get(globalThis, place);
  Reflect.deleteProperty(globalThis, place);
  vi.resetModules();
  vi.stubGlobal('process', undefined);
  const copy = await import('../../src/lib/async-context.ts');
  vi.unstubAllGlobals();
  Object.defineProperty(globalThis, place, { value: known, configurable: true });
  const within = (): boolean[] => [copy.isInOwnRequest(), copy.sendInRoot(copy.isInOwnRequest)];
  expect([...copy.sendInRoot(within), copy.isInOwnRequest()]).toEqual([true, true, false]);
  const failing = (): never => {
    throw new Error('seven');
  };
  expect(() => copy.sendInRoot(failing)).toThrow('seven');
  expect(copy.isInOwnRequest()).toBe(false);
});
