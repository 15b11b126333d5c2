import { copyTexts } from '../internal/text-arena.ts';
import type { Item } from './item.ts';
import type { Batch } from './ports.ts';

/**
 * Items as the sender sees them; keys and texts are listed only if it asks for them. A class, since V8
 * makes a hidden class for each object whose getters are closures: it is never young, and would keep
 * the items, the promises and the results of a batch until the whole heap is marked.
 */
export class ItemBatch implements Batch {
  readonly bytes: number;
  readonly #items: readonly Item[];

  constructor(items: readonly Item[], bytes: number) {
    this.bytes = bytes;
    this.#items = items;
  }

  get keys(): readonly string[] {
    return this.#items.map(({ key }) => key);
  }

  get texts(): readonly string[] {
    return this.#items.map(({ text }) => text as string);
  }

  writeTo(body: Uint8Array, at: number, separator: number): void {
    copyTexts(this.#items, body, at, separator);
  }
}
