// Looks up the timers of the runtime at each use, and not when the module loads: so fake timers that a test installs
// later count, too.

/** For when `Date.now` was replaced by a function that gives no time. */
const RealDate = Date;

type Delay = (ms: number, signal?: AbortSignal) => Promise<void>;

export class EmulatorClock {
  readonly #now: () => unknown;
  readonly #delay: Delay | undefined;

  constructor(now: (() => unknown) | undefined, delay: Delay | undefined) {
    this.#now = now ?? (() => Date.now());
    this.#delay = delay;
  }

  now(): number {
    const now = this.#now;
    const ms = now();
    if (typeof ms !== 'number' || !Number.isFinite(ms)) return new RealDate().getTime();
    // No Date holds more.
    return Math.min(Math.max(ms, -8.64e15), 8.64e15);
  }

  /** Rejects with the signal's reason as soon as that aborts, as `fetch` does. No timer is left behind. */
  async wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!(ms > 0)) return;
    const delay = this.#delay;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        onAbort = () => reject(signal?.reason);
        signal?.addEventListener('abort', onAbort);
        if (delay === undefined) timer = globalThis.setTimeout(resolve, ms);
        else delay(ms, signal).then(resolve, reject);
      });
    } finally {
      globalThis.clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
