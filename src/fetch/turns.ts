import { deferred } from '../lib/deferred.ts';

/** A place in the order in which calls were made. */
export interface Turn {
  /** Resolves when all before it have ended. */
  readonly comes: Promise<void>;
  /** Lets the next one go. */
  end(): void;
}

/** Has calls go on in the order in which they were made, however long each one takes to be read. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when all taken so far have ended. */
  get allSoFar(): Promise<void> {
    return this.#last;
  }

  take(): Turn {
    const comes = this.#last;
    const over = deferred<void>();
    this.#last = comes.then(() => over.promise);
    return { comes, end: () => over.resolve() };
  }
}

/** Not the method of that name, which signals of other packages lack. */
export function throwIfAborted(signal: AbortSignal | null | undefined): void {
  if (signal?.aborted === true) throw signal.reason;
}

/** What the promise settles to; or rejects with the reason of the signal, if that fires first. */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | null | undefined,
): Promise<T> {
  if (signal === null || signal === undefined) return promise;
  throwIfAborted(signal);
  const aborted = deferred<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
