// Time as the emulator sees it. The globals are looked up when they are used, not when the module
// loads, so that fake timers installed later are the ones that count.

/** The exception: a test may put in the place of `Date.now` what gives no time. */
const OwnDate = Date;
/** The last millisecond that a Date can hold, and, negative, the first. */
const maxDateMs = 8.64e15;

export interface ClockOptions {
  /** @default Date.now */
  readonly now?: (() => number) | undefined;
  /** @default a timer */
  readonly delay?: ((ms: number, signal?: AbortSignal) => Promise<void>) | undefined;
}

/** The clock and the waiting of one emulator. No wait leaves a timer behind. */
export class EmulatorClock {
  readonly #now: ClockOptions['now'];
  readonly #delay: ClockOptions['delay'];

  constructor({ now, delay }: ClockOptions) {
    this.#now = now;
    this.#delay = delay;
  }

  now(): number {
    const ms: unknown = this.#now === undefined ? Date.now() : this.#now();
    if (typeof ms !== 'number' || !Number.isFinite(ms)) return new OwnDate().getTime();
    return Math.min(Math.max(ms, -maxDateMs), maxDateMs);
  }

  /**
   * Waits; not at all for 0. Rejects with the signal's own reason as soon as it aborts, as `fetch`
   * does, and clears the timer.
   */
  async wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (!(ms > 0)) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let onAbort = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        onAbort = () => reject(signal?.reason);
        signal?.addEventListener('abort', onAbort);
        if (this.#delay === undefined) timer = globalThis.setTimeout(resolve, ms);
        else this.#delay(ms, signal).then(resolve, reject);
      });
    } finally {
      globalThis.clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }
}
