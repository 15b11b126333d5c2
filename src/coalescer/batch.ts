import type { Item } from './item.ts';
import type { Batch } from './ports.ts';

/** Items as the sender sees them; keys and texts are listed only if it asks for them. */
export function batchOf(items: readonly Item[], bytes: number): Batch {
  return {
    bytes,
    get keys() {
      return items.map(({ key }) => key);
    },
    get texts() {
      return items.map(({ text }) => text as string);
    },
    writeTo(body, at, separator) {
      let end = at;
      for (const item of items) {
        if (item !== items[0]) body[end++] = separator;
        end = item.copyTo(body, end);
      }
    },
  };
}
