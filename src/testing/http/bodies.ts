// Bodies of requests, of which no more is read than a bound; and bodies of responses that are cut off, or endless.

import type { Reporter } from '../report/report.ts';

/** An endless body breaks off here, before a reader without a bound runs out of memory. */
const ENDLESS_BYTES = 64 * 1024 * 1024;

/** Collects the chunks of a body up to a bound, so that an endless body does not fill the memory. */
export class BoundedBody {
  readonly #bound: number;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  /** Whether the body has more bytes than the bound. Later chunks are not kept. */
  get isOver(): boolean {
    return this.#length > this.#bound;
  }

  add(chunk: Uint8Array): void {
    if (this.isOver) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }
}

/** Half of the body, then the error that a broken connection gives. */
export function cutBody(body: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(body);
  return new ReadableStream({
    start: (controller) => controller.enqueue(bytes.subarray(0, bytes.length >>> 1)),
    pull: (controller) => controller.error(networkError('terminated')),
  });
}

/** Repeats the chunk, as fast as it is read. */
export function endlessBody(
  chunk: string,
  signal: AbortSignal | undefined,
  reporter: Reporter,
): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(chunk);
  let left = ENDLESS_BYTES;
  let onAbort = (): void => {};
  const bodyClosed = reporter.bodyOpened();
  const close = (exhausted: boolean): void => {
    signal?.removeEventListener('abort', onAbort);
    bodyClosed(exhausted);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(signal?.reason);
          close(false);
        };
        signal?.addEventListener('abort', onAbort);
      },
      pull(controller) {
        if (left <= 0) {
          controller.error(networkError('terminated'));
          close(true);
          return;
        }
        left -= bytes.length;
        controller.enqueue(bytes.slice());
      },
      cancel: () => close(false),
    },
    { highWaterMark: 0 },
  );
}

/** As Node's `fetch` has it when the other side hangs up. */
export function networkError(message: string): TypeError {
  const cause = Object.assign(new Error('other side closed'), { code: 'ECONNRESET' });
  return new TypeError(message, { cause });
}
