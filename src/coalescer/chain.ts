import type { Item } from './item.ts';

/** Pending items, each linked to its neighbours, by how long somebody has waited for them. */
export class Chain {
  oldest: Item | undefined;
  youngest: Item | undefined;

  append(item: Item): void {
    const older = this.youngest;
    item.older = older;
    if (older === undefined) this.oldest = item;
    else older.younger = item;
    this.youngest = item;
  }

  remove(item: Item): void {
    const { older, younger } = item;
    if (older === undefined) this.oldest = younger;
    else older.younger = younger;
    if (younger === undefined) this.youngest = older;
    else younger.older = older;
    item.older = undefined;
    item.younger = undefined;
  }

  /** The oldest first. */
  *[Symbol.iterator](): Iterator<Item> {
    for (let item = this.oldest; item !== undefined; item = item.younger) yield item;
  }
}
