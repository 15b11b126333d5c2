import type { SendOptions } from '../coalescer/index.ts';
import type { Failure } from '../errors/failure.ts';
import type { Patience } from '../internal/patience.ts';
import type { Answer, Told } from './sender.ts';

export interface AttemptLimits {
  readonly options: SendOptions;
  /** What it may take, in milliseconds. */
  readonly ms: number;
  readonly patience: Patience;
}

/**
 * One attempt at a request: how far it has come, and what came of it. What it starts has to obey its signal; if
 * that does not, it is left to itself, and its outcome is ignored.
 */
export class Attempt implements Told {
  /** What came of it, or why it was cut off; rejects with what it failed with. */
  readonly result: Promise<Answer | Failure>;
  /** Fires when it is cut off. */
  readonly signal: AbortSignal;
  /** Before that, nothing of it can be at the server. */
  hasToken = false;
  hasLeft = false;
  isOver = false;
  readonly #options: SendOptions;
  readonly #patience: Patience;
  readonly #ms: number;
  readonly #controller = new AbortController();
  readonly #cancelTimeout: () => void;
  #resolve!: (result: Answer | Failure) => void;
  #reject!: (error: unknown) => void;

  constructor({ options, ms, patience }: AttemptLimits) {
    this.#options = options;
    this.#patience = patience;
    this.#ms = ms;
    this.signal = this.#controller.signal;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.waits?.();
    this.#cancelTimeout = patience.after(ms, this.#timeOut);
    if (options.signal.aborted) this.#giveUp();
    else options.signal.addEventListener('abort', this.#giveUp);
  }

  /** It can no longer be ruled out that the server gets something of it. */
  left(): void {
    this.hasLeft = true;
    this.#options.left?.();
  }

  /** Bytes of the answer have come, those of its headers included. */
  heard(): void {
    this.#patience.heard++;
    this.#options.heard?.();
  }

  answered(answer: Answer): void {
    this.#end();
    this.#resolve(answer);
    // Not every fetch ends the connection when nobody wants the rest of its stream (node-fetch 2).
    if (!answer.isWhole) this.#controller.abort();
  }

  failed(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  readonly #timeOut = (): void => {
    this.#cutOff(this.#timeoutOf());
  };

  readonly #giveUp = (): void => {
    const { reason } = this.#options.signal;
    this.#cutOff({ kind: 'aborted', cause: reason }, reason);
  };

  #timeoutOf(): Failure {
    const ms = this.#ms;
    if (!this.hasToken) {
      const cause = new Error(`The apiToken function gave nothing within ${ms} ms.`);
      return { kind: 'token', cause };
    }
    return this.hasLeft ? { kind: 'timeout', ms } : { kind: 'timeout', ms, unsent: true };
  }

  #cutOff(why: Failure, reason?: unknown): void {
    this.#end();
    this.#resolve(why);
    this.#controller.abort(reason);
  }

  #end(): void {
    this.isOver = true;
    this.#cancelTimeout();
    this.#options.signal.removeEventListener('abort', this.#giveUp);
  }
}
