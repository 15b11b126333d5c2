import { runInRoot } from './async-context.ts';
import type { Clock } from './clock.ts';
import { inLaterTurn } from './event-loop.ts';
import type { Logger } from './logger.ts';
import { callUserCode } from './user-code.ts';

export type Listener<Detail> = (detail: Detail) => unknown;

const quietMs = 60_000;

/** More than ever comes in one turn of the event loop by itself. */
const MAX_DELIVERIES_PER_TURN = 2_000;

export interface EventsParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Tells listeners what happened, once the books are right again: `emit` only notes the event,
 * `deliver` calls the listeners, in the root async context. A listener that throws or rejects harms
 * nobody. What listeners cause is told in a later turn of the event loop: one that causes what it listens
 * to must not keep the loop from turning.
 */
export class Events<Details extends object> {
  /** Something was noted that has not been told. */
  hasNews = false;
  /** The events of which somebody hears: ask before building a detail that costs something. */
  readonly wanted: { [Name in keyof Details]?: boolean } = {};
  readonly #listeners: { [Name in keyof Details]?: Set<{ call: Listener<Details[Name]> }> } = {};
  readonly #hearers: { [Name in keyof Details]?: (detail: Details[Name]) => void } = {};
  readonly #clock: Clock;
  readonly #logger: Logger;
  #queue: (() => void)[] = [];
  /** So many of the queue have been told. */
  #told = 0;
  /** Times that something was told in this turn. */
  #timesInTurn = 0;
  /** Listeners are being called, or what they have caused waits for the next turn. */
  #isHeld = false;
  /** The event whose listener is being called. */
  #telling: keyof Details | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor({ clock, logger }: EventsParts) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Returns the function that removes the listener. The same function twice is two listeners. */
  on<Name extends keyof Details>(name: Name, listener: Listener<Details[Name]>): () => void {
    const entry = { call: listener };
    this.#listeners[name] ??= new Set();
    const listeners = this.#listeners[name].add(entry);
    this.wanted[name] = true;
    return () => {
      listeners.delete(entry);
      this.wanted[name] = listeners.size > 0 || this.#hearers[name] !== undefined;
    };
  }

  /** Whether anybody listens. */
  has(name: keyof Details): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  /**
   * `hear` is called as soon as the event is emitted, so it must not throw, nor call code of the user's. It
   * is no listener. One for each event.
   */
  hearAtOnce<Name extends keyof Details>(name: Name, hear: (detail: Details[Name]) => void): void {
    this.#hearers[name] = hear;
    this.wanted[name] = true;
  }

  /** Notes an event, if anybody listens. */
  emit<Name extends keyof Details>(name: Name, detail: Details[Name]): void {
    this.#hearers[name]?.(detail);
    const listeners = this.#listeners[name];
    if (listeners === undefined || listeners.size === 0) return;
    this.note(() => this.#tell(name, detail));
  }

  /** Whether a listener of that event is being called. */
  isTelling(name: keyof Details): boolean {
    return this.#telling === name;
  }

  /** Notes anything else that is to be told in its turn. It must not throw. */
  note(tell: () => void): void {
    this.#queue.push(tell);
    this.hasNews = true;
  }

  /**
   * Tells all that was noted, and throws nothing. Where listeners cause it without end, if only by promise
   * jobs, the rest waits until the event loop has turned.
   */
  deliver(): void {
    if (this.#isHeld || !this.hasNews) return;
    this.#isHeld = true;
    const due = this.#queue.length;
    try {
      if (this.#timesInTurn === 0) inLaterTurn(this.#beginTurn, true);
      this.#timesInTurn++;
      runInRoot(() => {
        while (this.#told < due) this.#queue[this.#told++]?.();
      });
      this.#queue = this.#queue.slice(due);
      this.#told = 0;
      this.hasNews = this.#queue.length > 0;
      if (this.hasNews || this.#timesInTurn >= MAX_DELIVERIES_PER_TURN)
        inLaterTurn(this.#goOn, true);
      else this.#isHeld = false;
    } catch {
      // The stack is used up: what is left is told with what comes next.
      this.#isHeld = false;
      this.#telling = undefined;
    }
  }

  readonly #beginTurn = (): void => {
    this.#timesInTurn = 0;
  };

  readonly #goOn = (): void => {
    this.#isHeld = false;
    this.deliver();
  };

  #tell<Name extends keyof Details>(name: Name, detail: Details[Name]): void {
    this.#telling = name;
    // A copy, since listeners may come and go while they are told.
    for (const entry of [...(this.#listeners[name] ?? [])]) {
      if (this.#listeners[name]?.has(entry)) {
        callUserCode(
          () => entry.call(detail),
          (error) => this.#warn(name, error),
        );
      }
    }
    this.#telling = undefined;
  }

  #warn(name: keyof Details, error: unknown): void {
    const now = this.#clock.now();
    if (now - this.#warnedAt < quietMs) return;
    this.#warnedAt = now;
    this.#logger.warn(
      `A listener of '${String(name)}' failed, which changes nothing here. Catch errors in it; others are not reported for a minute.`,
      error,
    );
  }
}
