// Looks up the timers of the runtime at each use, and not when the module loads: so fake timers that a test installs
// later count, too.

/** For when `Date.now` was replaced by a function that gives no time. */
const OwnDate = Date;
/** The last millisecond that a Date can hold. */
const maxDateMs = 8.64e15;

export interface ClockOptions {
  /** @default Date.now */
  readonly now?: (() => number) | undefined;
  /** @default a timer */
  readonly delay?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

export class EmulatorClock {
  readonly #options: ClockOptions;

  constructor({ now, delay }: ClockOptions) {
    this.#options = { now, delay };
  }

  now(): number {
    const { now } = this.#options;
    const ms: unknown = now === undefined ? Date.now() : now();
    if (typeof ms !== 'number' || !Number.isFinite(ms)) return new OwnDate().getTime();
    return Math.min(Math.max(ms, -maxDateMs), maxDateMs);
  }

  /** Rejects with the signal's reason as soon as that aborts, as `fetch` does. No timer is left behind. */
  async wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!(ms > 0)) return;
    const { delay } = this.#options;
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
