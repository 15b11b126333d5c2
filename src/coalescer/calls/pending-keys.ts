import type { Item } from '../items/item.ts';
import type { KeyClaim } from '../ports/submission.ts';

/**
 * The pending items by key. Made when somebody asks, and dropped when idle: nobody asks for keys that are made
 * for each call.
 */
export class PendingKeys {
  /** Somebody has asked, so that keys are listed. */
  isListed = false;
  readonly #byKey = new Map<string, Item>();
  /** All pending items. */
  readonly #all: () => readonly Item[];

  constructor(all: () => readonly Item[]) {
    this.#all = all;
  }

  /** The pending item with that key. */
  find(key: string, claim?: KeyClaim): Item | undefined {
    if (claim?.pending !== undefined) return claim.pending as Item;
    // A batch that its caller has packed has no claims, but while it is pending, keys are looked up.
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

  /** Nothing is pending any more. */
  clear(): void {
    this.#byKey.clear();
    this.isListed = false;
  }
}
