import { afterEach, expect, test, vi } from 'vitest';
import { env } from '../../src/lib/runtime.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

test('a variable is read', () => {
  vi.stubEnv('PREFACTOR_TEA', 'oolong');
  expect(env('PREFACTOR_TEA')).toBe('oolong');
});

test('an empty one counts as unset', () => {
  vi.stubEnv('PREFACTOR_TEA', '');
  expect(env('PREFACTOR_TEA')).toBeUndefined();
});

test('Deno has its own', () => {
  vi.stubGlobal('process', undefined);
  vi.stubGlobal('Deno', { env: { get: (name: string) => `Deno's ${name}` } });
  expect(env('TEA')).toBe("Deno's TEA");
});

test('where there are both, it is asked once', () => {
  const get = vi.fn();
  vi.stubGlobal('Deno', { env: { get } });
  expect(env('PREFACTOR_COFFEE')).toBeUndefined();
  expect(get).not.toHaveBeenCalled();
});

test('an environment that must not be read is empty', () => {
  vi.stubGlobal('process', undefined);
  vi.stubGlobal('Deno', {
    env: {
      get: () => {
        throw new Error('requires env access');
      },
    },
  });
  expect(env('TEA')).toBeUndefined();
});

test('a runtime without environment is empty', () => {
  vi.stubGlobal('process', undefined);
  expect(env('TEA')).toBeUndefined();
});
