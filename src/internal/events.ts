import type { Clock } from './clock.ts';
import { runInRoot } from './context.ts';
import type { Logger } from './warn.ts';

export type Listener<Detail> = (detail: Detail) => unknown;

const quietMs = 60_000;

/**
 * Tells listeners what happened, once the books are right again: `emit` only notes the event,
 * `deliver` calls the listeners, in the root async context. A listener that throws or rejects harms
 * nobody.
 */
export class Events<Details extends object> {
  readonly #listeners: { [Name in keyof Details]?: Set<{ call: Listener<Details[Name]> }> } = {};
  readonly #clock: Clock;
  readonly #logger: Logger;
  #queue: (() => void)[] = [];
  #delivering = false;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Returns the function that removes the listener. The same function twice is two listeners. */
  on<Name extends keyof Details>(name: Name, listener: Listener<Details[Name]>): () => void {
    const entry = { call: listener };
    this.#listeners[name] ??= new Set();
    const listeners = this.#listeners[name].add(entry);
    return () => {
      listeners.delete(entry);
    };
  }

  /** Whether anybody listens: ask before building a detail that costs something. */
  has(name: keyof Details): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  /** Notes an event; costs nothing when nobody listens. */
  emit<Name extends keyof Details>(name: Name, detail: Details[Name]): void {
    if (this.has(name)) {
      this.#queue.push(() => this.#tell(name, detail));
    }
  }

  /** Calls the listeners of all events so far, and of those that they cause meanwhile. */
  deliver(): void {
    if (this.#delivering || this.#queue.length === 0) {
      return;
    }
    this.#delivering = true;
    runInRoot(() => {
      while (this.#queue.length > 0) {
        const due = this.#queue;
        this.#queue = [];
        for (const tell of due) {
          tell();
        }
      }
    });
    this.#delivering = false;
  }

  #tell<Name extends keyof Details>(name: Name, detail: Details[Name]): void {
    // A copy, since listeners may come and go while they are told.
    for (const entry of [...(this.#listeners[name] ?? [])]) {
      if (this.#listeners[name]?.has(entry)) {
        this.#call(name, () => entry.call(detail));
      }
    }
  }

  #call(name: keyof Details, call: () => unknown): void {
    try {
      const result = call();
      if (result instanceof Promise) {
        result.catch((error: unknown) => this.#warn(name, error));
      }
    } catch (error) {
      this.#warn(name, error);
    }
  }

  #warn(name: keyof Details, error: unknown): void {
    const now = this.#clock.now();
    if (now - this.#warnedAt >= quietMs) {
      this.#warnedAt = now;
      this.#logger.warn(
        `A listener of '${String(name)}' failed, which changes nothing here. Catch errors in it; others are not reported for a minute.`,
        error,
      );
    }
  }
}
