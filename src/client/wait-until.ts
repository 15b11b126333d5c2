import type { Schedule } from '../coalescer/index.ts';
import type { Deferred } from '../lib/deferred.ts';
import { deferred } from '../lib/deferred.ts';
import type { Logger } from '../lib/logger.ts';
import { callUserCode } from '../lib/user-code.ts';

/** Tells a serverless runtime what to wait for: one promise for each time that work is under way. */
export class WaitUntil {
  readonly #waitUntil: (work: Promise<unknown>) => void;
  readonly #logger: Logger;
  #current: Deferred<void> | undefined;

  constructor(waitUntil: (work: Promise<unknown>) => void, logger: Logger) {
    this.#waitUntil = waitUntil;
    this.#logger = logger;
  }

  /** The same schedule; the first window that it opens is the first sign of work. */
  watching(schedule: Schedule): Schedule {
    return (flush) => {
      if (this.#current === undefined) {
        this.#current = deferred();
        this.await(this.#current.promise);
      }
      return schedule(flush);
    };
  }

  end(): void {
    this.#current?.resolve();
    this.#current = undefined;
  }

  /** Work outside the queue. */
  await(work: Promise<unknown>): void {
    callUserCode(
      () => this.#waitUntil(work),
      (error) =>
        this.#logger.warn(
          'waitUntil failed, so the runtime may not wait for calls that are under way. Give it a function that takes any promise, and keeps its method on its object: (promise) => ctx.waitUntil(promise), not ctx.waitUntil.',
          error,
        ),
    );
  }
}
