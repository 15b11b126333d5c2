import type { Deferred } from '../../lib/deferred.ts';
import { deferred } from '../../lib/deferred.ts';
import type { QueueBounds } from '../ports/options.ts';

/** A bound that was reached: of all items, or of what closes what was opened, beyond the other two. */
export interface Broken {
  readonly bound: 'items' | 'bytes' | 'finishes';
  readonly limit: number;
}

/** What the queue holds. */
interface Fill {
  readonly size: number;
  readonly bytes: number;
}

/** The part of each bound below which there is room for callers who wait. */
const ROOMY = 0.8;

/** What closes what was opened has room of its own beyond the bounds, as large again. */
const ROOM_TO_CLOSE = 2;

export interface BoundsParts {
  readonly max: QueueBounds;
  readonly fill: Fill;
  /** Runs something once those who were told of room have had their turn. */
  readonly afterTurn: (run: () => void) => void;
}

/** The bounds of the queue, and those who wait for room. */
export class Bounds {
  readonly #max: QueueBounds;
  readonly #fill: Fill;
  /** Who waits for room, in turn. */
  readonly waiters: Deferred<void>[] = [];
  readonly #afterTurn: (run: () => void) => void;
  #isServingOn = false;

  constructor({ max, fill, afterTurn }: BoundsParts) {
    this.#max = max;
    this.#fill = fill;
    this.#afterTurn = afterTurn;
  }

  /** The bound that one more item would break; `closes`: it closes what an accepted item opened. */
  brokenBy(itemBytes: number, closes = false): Broken | undefined {
    const times = closes ? ROOM_TO_CLOSE : 1;
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

  /** Resolves once there is room for any call; those who wait are served in turn. */
  ready(): Promise<void> {
    if (this.waiters.length === 0 && this.#places() > 0) return Promise.resolve();
    const waiter = deferred<void>();
    // Marked as handled, as each call is: nobody has to wait for it.
    waiter.promise.catch(() => {});
    this.waiters.push(waiter);
    return waiter.promise;
  }

  /**
   * Tells as many as there are places, after items have left the queue. Whoever is told need not call:
   * the places that are left then are the next ones', or they might wait for ever.
   */
  serve(): void {
    if (this.waiters.length === 0) return;
    for (const waiter of this.waiters.splice(0, this.#places())) waiter.resolve();
    if (this.waiters.length === 0 || this.#places() === 0 || this.#isServingOn) return;
    this.#isServingOn = true;
    this.#afterTurn(() => {
      this.#isServingOn = false;
      this.serve();
    });
  }

  /** Turns away all who wait. */
  rejectAll(toError: () => unknown): void {
    for (const waiter of this.waiters.splice(0)) waiter.reject(toError());
  }

  /** Items that may come before the queue is no longer below its roomy part. */
  #places(): number {
    const { maxItems, maxBytes } = this.#max;
    if (this.#fill.bytes >= ROOMY * maxBytes) return 0;
    return Math.max(0, Math.ceil(ROOMY * maxItems) - this.#fill.size);
  }
}
