import { runtime } from './runtime.ts';

interface AsyncHooks {
  readonly AsyncLocalStorage?: { snapshot?(): <T>(run: () => T) => T };
}

const { AsyncLocalStorage }: AsyncHooks = Object(
  runtime.process?.getBuiltinModule?.('node:async_hooks'),
);

/**
 * Runs `run` in the async context in which this module was loaded, so that one caller's AsyncLocalStorage (a
 * request, a trace) does not leak into work done for many callers. Without such contexts, it just runs.
 */
export const runInRoot: <T>(run: () => T) => T =
  AsyncLocalStorage?.snapshot?.() ?? ((run) => run());
