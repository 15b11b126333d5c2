import { runInRoot } from './async-context.ts';
import type { Clock } from './clock.ts';
import { inLaterTurn } from './event-loop.ts';
import type { Logger } from './logger.ts';
import { callUserCode } from './user-code.ts';

export type Listener<Detail> = (detail: Detail) => unknown;

/** After a warning, failing listeners are not reported for so long. */
const listenerWarningsEveryMs = 60_000;

/** More deliveries than ordinary work causes in one turn of the event loop. */
const MAX_DELIVERIES_PER_TURN = 2_000;

/**
 * Calls listeners once the books are right again: `emit` only queues an event, `deliver` calls its listeners,
 * in the root async context. A listener that throws or rejects harms nothing. Events that listeners cause
 * are delivered in a later turn of the event loop, so that a circle of them does not block the loop.
 */
export class Events<Details extends object> {
  /** Something was queued and is not delivered. */
  hasUndelivered = false;
  /** The events that have a listener: to be asked where a detail costs something. */
  readonly observed: { [Name in keyof Details]?: boolean } = {};
  readonly #listeners: { [Name in keyof Details]?: Set<{ call: Listener<Details[Name]> }> } = {};
  readonly #syncListeners: { [Name in keyof Details]?: (detail: Details[Name]) => void } = {};
  readonly #parts: { readonly clock: Clock; readonly logger: Logger };
  #queue: (() => void)[] = [];
  /** So many of the queue have been delivered. */
  #delivered = 0;
  #deliveriesInTurn = 0;
  /** Listeners are being called, or what they caused waits for the next turn. */
  #isHeld = false;
  /** The event whose listener is being called. */
  #current: keyof Details | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: { readonly clock: Clock; readonly logger: Logger }) {
    this.#parts = parts;
  }

  /** Returns the function that removes the listener. The same function twice is two listeners. */
  on<Name extends keyof Details>(name: Name, listener: Listener<Details[Name]>): () => void {
    const entry = { call: listener };
    this.#listeners[name] ??= new Set();
    const listeners = this.#listeners[name].add(entry);
    this.observed[name] = true;
    return () => {
      listeners.delete(entry);
      this.observed[name] = listeners.size > 0 || this.#syncListeners[name] !== undefined;
    };
  }

  hasListeners(name: keyof Details): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  /**
   * Has `listen` called within `emit`, so it must not throw, nor call code of the user's. One for each event;
   * `hasListeners` does not count it.
   */
  onSync<Name extends keyof Details>(name: Name, listen: (detail: Details[Name]) => void): void {
    this.#syncListeners[name] = listen;
    this.observed[name] = true;
  }

  emit<Name extends keyof Details>(name: Name, detail: Details[Name]): void {
    this.#syncListeners[name]?.(detail);
    if (this.hasListeners(name)) this.defer(() => this.#callListeners(name, detail));
  }

  /** Whether a listener of that event is being called. */
  isDelivering(name: keyof Details): boolean {
    return this.#current === name;
  }

  /** Queues anything else that is to be called in its turn. It must not throw. */
  defer(run: () => void): void {
    this.#queue.push(run);
    this.hasUndelivered = true;
  }

  /**
   * Delivers what was queued, and throws nothing. Where listeners cause events without end, if only by promise
   * jobs, the rest waits until the event loop has turned.
   */
  deliver(): void {
    if (this.#isHeld || !this.hasUndelivered) return;
    this.#isHeld = true;
    const due = this.#queue.length;
    try {
      if (this.#deliveriesInTurn === 0) inLaterTurn(this.#beginTurn, true);
      this.#deliveriesInTurn++;
      runInRoot(() => {
        while (this.#delivered < due) this.#queue[this.#delivered++]?.();
      });
      this.#queue = this.#queue.slice(due);
      this.#delivered = 0;
      this.hasUndelivered = this.#queue.length > 0;
      if (this.hasUndelivered || this.#deliveriesInTurn >= MAX_DELIVERIES_PER_TURN) {
        inLaterTurn(this.#resume, true);
      } else {
        this.#isHeld = false;
      }
    } catch {
      // The stack is used up: what is left is delivered with what comes next.
      this.#isHeld = false;
      this.#current = undefined;
    }
  }

  readonly #beginTurn = (): void => {
    this.#deliveriesInTurn = 0;
  };

  readonly #resume = (): void => {
    this.#isHeld = false;
    this.deliver();
  };

  #callListeners<Name extends keyof Details>(name: Name, detail: Details[Name]): void {
    this.#current = name;
    // A copy, since listeners may add and remove listeners.
    for (const entry of [...(this.#listeners[name] ?? [])]) {
      if (!this.#listeners[name]?.has(entry)) continue;
      callUserCode(
        () => entry.call(detail),
        (error) => this.#warn(name, error),
      );
    }
    this.#current = undefined;
  }

  #warn(name: keyof Details, error: unknown): void {
    const now = this.#parts.clock.now();
    if (now - this.#warnedAt < listenerWarningsEveryMs) return;
    this.#warnedAt = now;
    this.#parts.logger.warn(
      `A listener of '${String(name)}' failed, which changes nothing here. Catch errors in it; others are not reported for a minute.`,
      error,
    );
  }
}
