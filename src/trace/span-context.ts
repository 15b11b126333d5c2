import { runtime } from '../lib/runtime.ts';
import type { EndedByResult } from './recorder.ts';

/** Node's, which other runtimes have as well; browsers have none. */
interface AsyncLocalStorage {
  getStore(): EndedByResult | undefined;
  run<T>(store: EndedByResult, run: () => T): T;
}

interface AsyncHooks {
  readonly AsyncLocalStorage?: new () => AsyncLocalStorage;
}

/** The span around the code that runs, also across `await`. */
export class SpanContext {
  readonly #storage: AsyncLocalStorage | undefined;

  constructor() {
    const hooks: AsyncHooks = Object(runtime.process?.getBuiltinModule?.('node:async_hooks'));
    this.#storage = hooks.AsyncLocalStorage && new hooks.AsyncLocalStorage();
  }

  active(): EndedByResult | undefined {
    return this.#storage?.getStore();
  }

  /** Without such contexts `run` just runs: then only handles say what belongs to what. */
  within<T>(span: EndedByResult, run: () => T): T {
    return this.#storage === undefined ? run() : this.#storage.run(span, run);
  }
}
