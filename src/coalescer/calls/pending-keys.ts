import type { Item } from '../items/item.ts';
import type { KeyClaim } from '../ports/submission.ts';

/**
 * Pending items by key. Made on demand and dropped when idle, since keys made for a single call are never looked up.
 */
export class PendingKeys {
  /** A key was looked up, so all are entered. */
  isListed = false;
  readonly #byKey = new Map<string, Item>();
  readonly #all: () => readonly Item[];

  constructor(all: () => readonly Item[]) {
    this.#all = all;
  }

  find(key: string, claim?: KeyClaim): Item | undefined {
    if (claim?.pending !== undefined) return claim.pending as Item;
    // Packed batches have no claims, so their keys are always entered.
    if (claim !== undefined && !this.isListed) return undefined;
    if (!this.isListed) {
      this.isListed = true;
      for (const item of this.#all()) this.add(item);
    }
    return this.#byKey.get(key);
  }

  add(item: Item): void {
    if (item.extras?.claim !== undefined) item.extras.claim.pending = item;
    if (this.isListed) for (const key of item.keys) this.#byKey.set(key, item);
  }

  remove(item: Item): void {
    if (item.extras?.claim !== undefined) item.extras.claim.pending = undefined;
    if (this.isListed) for (const key of item.keys) this.#byKey.delete(key);
  }

  clear(): void {
    this.#byKey.clear();
    this.isListed = false;
  }
}
