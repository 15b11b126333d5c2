import { runtime } from './runtime.ts';

/**
 * Runs `run` in the async context in which this module was loaded, so that one caller's AsyncLocalStorage (a
 * request, a trace) does not leak into work done for many callers. Without such contexts, it just runs.
 */
export const runInRoot: <T>(run: () => T) => T = rootSnapshot() ?? ((run) => run());

function rootSnapshot(): (<T>(run: () => T) => T) | undefined {
  const hooks = runtime.process?.getBuiltinModule?.('node:async_hooks');
  return hasSnapshot(hooks) ? hooks.AsyncLocalStorage.snapshot() : undefined;
}

interface AsyncHooks {
  readonly AsyncLocalStorage: { snapshot(): <T>(run: () => T) => T };
}

function hasSnapshot(hooks: unknown): hooks is AsyncHooks {
  const storage: unknown = Reflect.get(Object(hooks), 'AsyncLocalStorage');
  return typeof storage === 'function' && 'snapshot' in storage;
}
