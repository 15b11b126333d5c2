import type { Clock } from '../../src/lib/clock.ts';

/** A clock that is moved by hand. */
export class HandClock implements Clock {
  #now = 1_017;
  readonly #waiting = new Set<{ readonly at: number; readonly wake: () => void }>();

  /** Timers that have neither fired nor been cancelled. */
  get timers(): number {
    return this.#waiting.size;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, wake: () => void): () => void {
    const timer = { at: this.#now + ms, wake };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of this.#waiting) {
      if (timer.at <= this.#now) {
        this.#waiting.delete(timer);
        timer.wake();
      }
    }
  }
}
