import { runtime } from './runtime.ts';

interface AsyncHooks {
  readonly AsyncLocalStorage?: { new (): RequestFlag; snapshot?(): <T>(run: () => T) => T };
}

/** Tells code that runs within a request of this package's own from any other. */
interface RequestFlag {
  run<T>(flag: true, send: () => T): T;
  getStore(): unknown;
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

const place = Symbol.for('prefactor-autobatch.ownRequest');
/** One for all copies of this package in the process, since the client may be of another one; unless globals are frozen. */
const ownRequest: RequestFlag = Reflect.get(globalThis, place) ?? newFlag();
Reflect.set(globalThis, place, ownRequest);

/**
 * Runs `send` as `runInRoot` does, and flags it as a request of this package's own: for what is done in it
 * synchronously, and where there are async contexts also later.
 */
export function sendInRoot<T>(send: () => T): T {
  return runInRoot(() => ownRequest.run(true, send));
}

/** Whether the caller is within such a request, as instrumentation of `fetch` or of sockets is that sees it leave. */
export function isInOwnRequest(): boolean {
  return ownRequest.getStore() === true;
}

function newFlag(): RequestFlag {
  if (AsyncLocalStorage !== undefined) return new AsyncLocalStorage();
  let depth = 0;
  return {
    run(_, send) {
      depth++;
      try {
        return send();
      } finally {
        depth--;
      }
    },
    getStore: () => depth > 0,
  };
}
