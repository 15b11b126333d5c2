// Time as the emulator sees it. The globals are looked up when they are used, not when the module
// loads, so that fake timers installed later are the ones that count.

/** The exception: a test may put in the place of `Date.now` what gives no time. */
const OwnDate = Date;
/** The last millisecond that a Date can hold, and, negative, the first. */
const maxDateMs = 8.64e15;

export type Delay = (ms: number, signal?: AbortSignal) => Promise<void>;

export interface ClockOptions {
  /** @default Date.now */
  readonly now?: (() => number) | undefined;
  /** @default a timer */
  readonly delay?: Delay | undefined;
}

/** The clock and the waiting of one emulator. Whoever waits here leaves no timer behind. */
export class EmulatorClock {
  readonly #now: (() => number) | undefined;
  readonly #delay: Delay | undefined;

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
    let stop = (): void => {};
    const aborted = new Promise<never>((_resolve, reject) => {
      const onAbort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      stop = () => signal?.removeEventListener('abort', onAbort);
    });
    const timer = this.#start(ms, signal);
    try {
      await Promise.race([timer.done, aborted]);
    } finally {
      timer.cancel();
      stop();
    }
  }

  #start(ms: number, signal: AbortSignal | undefined): { done: Promise<void>; cancel: () => void } {
    if (this.#delay !== undefined) {
      const done = this.#delay(ms, signal);
      // After an abort nobody waits for it any more, and it may well reject for the same reason.
      done.catch(() => {});
      return { done, cancel: () => {} };
    }
    let cancel = (): void => {};
    const done = new Promise<void>((resolve) => {
      const timer = globalThis.setTimeout(resolve, ms);
      cancel = () => globalThis.clearTimeout(timer);
    });
    return { done, cancel };
  }
}
