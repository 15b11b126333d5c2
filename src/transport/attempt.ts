import type { SendOptions } from '../coalescer/index.ts';
import type { Failure } from '../errors/failure.ts';
import { deferred } from '../lib/deferred.ts';
import type { FairTimeouts } from '../lib/fair-timeouts.ts';
import type { HttpResponse, ProgressListener } from './sender.ts';

/**
 * One attempt at a request: how far it has come, and its result. A token function or a `fetch` that does not obey
 * the signal is left to itself, and what comes of it is ignored.
 */
export class Attempt implements ProgressListener {
  readonly #controller = new AbortController();
  /** Fires when the attempt is cut off. */
  readonly signal: AbortSignal = this.#controller.signal;
  /** Before that, nothing of it can be at the server. */
  hasToken = false;
  hasLeft = false;
  isOver = false;
  readonly #options: SendOptions;
  readonly #timeoutMs: number;
  readonly #timeouts: FairTimeouts;
  readonly #cancelTimeout: () => void;
  readonly #result = deferred<HttpResponse | Failure>();
  /** The response, or why it was cut off; rejects with what the sender failed with. */
  readonly result: Promise<HttpResponse | Failure> = this.#result.promise;

  constructor(options: SendOptions, timeoutMs: number, timeouts: FairTimeouts) {
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#timeouts = timeouts;
    options.waits?.();
    this.#cancelTimeout = timeouts.after(timeoutMs, () => this.#cutOff(this.#timeout()));
    if (options.signal.aborted) this.#abort();
    else options.signal.addEventListener('abort', this.#abort);
  }

  left(): void {
    this.hasLeft = true;
    this.#options.left?.();
  }

  heard(): void {
    this.#timeouts.received++;
    this.#options.heard?.();
  }

  succeed(response: HttpResponse): void {
    this.#end();
    this.#result.resolve(response);
    // Not every fetch ends the connection when the rest of its stream is not read (node-fetch 2).
    if (!response.isWhole) this.#controller.abort();
  }

  fail(error: unknown): void {
    this.#end();
    this.#result.reject(error);
  }

  readonly #abort = (): void => {
    const { reason } = this.#options.signal;
    this.#cutOff({ kind: 'aborted', cause: reason }, reason);
  };

  #timeout(): Failure {
    const ms = this.#timeoutMs;
    if (!this.hasToken) {
      const cause = new Error(`The apiToken function gave nothing within ${ms} ms.`);
      return { kind: 'token', cause };
    }
    return this.hasLeft ? { kind: 'timeout', ms } : { kind: 'timeout', ms, unsent: true };
  }

  #cutOff(why: Failure, reason?: unknown): void {
    this.#end();
    this.#result.resolve(why);
    this.#controller.abort(reason);
  }

  #end(): void {
    this.isOver = true;
    this.#cancelTimeout();
    this.#options.signal.removeEventListener('abort', this.#abort);
  }
}
