import type { Deferred } from '../../lib/deferred.ts';
import { deferred } from '../../lib/deferred.ts';
import type { QueueBounds } from '../ports/options.ts';

/** A bound that is reached; `finishes`: the room of their own that finishes have. */
export interface BrokenBound {
  readonly bound: 'items' | 'bytes' | 'finishes';
  readonly limit: number;
}

/** Callers who wait are served while the queue is below this part of each bound. */
const ROOMY_QUEUE = 0.8;

/** Finishes of what this engine opened have room up to so many times the bounds. */
const BOUNDS_FOR_FINISHES = 2;

export interface BoundsParts {
  readonly max: QueueBounds;
  /** What is pending. */
  readonly fill: { readonly size: number; readonly bytes: number };
  /** Runs something after the callers that were just told have had their turn. */
  readonly afterTurn: (run: () => void) => void;
}

/** The bounds of the queue, and the callers who wait for room. */
export class Bounds {
  readonly #max: QueueBounds;
  readonly #fill: BoundsParts['fill'];
  /** Callers who wait for room, in turn. */
  readonly waiters: Deferred<void>[] = [];
  readonly #afterTurn: (run: () => void) => void;
  #isServingOn = false;

  constructor({ max, fill, afterTurn }: BoundsParts) {
    this.#max = max;
    this.#fill = fill;
    this.#afterTurn = afterTurn;
  }

  /** The bound that one more item would exceed; `closes`: it closes what an accepted item opened. */
  brokenBy(itemBytes: number, closes = false): BrokenBound | undefined {
    const times = closes ? BOUNDS_FOR_FINISHES : 1;
    const maxItems = times * this.#max.maxItems;
    const maxBytes = times * this.#max.maxBytes;
    if (this.#fill.size + 1 > maxItems) {
      return { bound: closes ? 'finishes' : 'items', limit: maxItems };
    }
    if (this.#fill.bytes + itemBytes > maxBytes) {
      return { bound: closes ? 'finishes' : 'bytes', limit: maxBytes };
    }
    return undefined;
  }

  /** Resolves once there is room. Callers are served in turn. */
  ready(): Promise<void> {
    if (this.waiters.length === 0 && this.#room() > 0) return Promise.resolve();
    const waiter = deferred<void>();
    // Handled, as the promise of each call is.
    waiter.promise.catch(() => {});
    this.waiters.push(waiter);
    return waiter.promise;
  }

  /**
   * Tells as many callers as there are places. One that is told need not call, so the rest of the places go to the
   * next ones in a later turn.
   */
  serve(): void {
    if (this.waiters.length === 0) return;
    for (const waiter of this.waiters.splice(0, this.#room())) waiter.resolve();
    if (this.waiters.length === 0 || this.#room() === 0 || this.#isServingOn) return;
    this.#isServingOn = true;
    this.#afterTurn(() => {
      this.#isServingOn = false;
      this.serve();
    });
  }

  /** Rejects all callers who wait. */
  rejectAll(toError: () => unknown): void {
    for (const waiter of this.waiters.splice(0)) waiter.reject(toError());
  }

  /** How many items may come before the queue is above that part of its bounds. */
  #room(): number {
    const { maxItems, maxBytes } = this.#max;
    if (this.#fill.bytes >= ROOMY_QUEUE * maxBytes) return 0;
    return Math.max(0, Math.ceil(ROOMY_QUEUE * maxItems) - this.#fill.size);
  }
}
