/**
 * A map that keeps at least its `max` entries used last, and at most twice as many.
 *
 * It has two generations: when the young one is full, the old one is forgotten as a whole. A single
 * map would have to be asked for its oldest key, and steps over all that were deleted before it.
 */
export class Memory<Key, Value> {
  readonly #max: number;
  readonly #onForget: ((key: Key, value: Value) => void) | undefined;
  #young = new Map<Key, Value>();
  #old = new Map<Key, Value>();

  constructor(max: number, onForget?: (key: Key, value: Value) => void) {
    this.#max = max;
    this.#onForget = onForget;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: Key): Value | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    if (this.#old.size > 0) this.#old.delete(key);
    this.#young.set(key, value);
    if (this.#young.size <= this.#max) return;
    const forgotten = this.#old;
    this.#old = this.#young;
    this.#young = new Map();
    if (this.#onForget !== undefined) {
      for (const [oldKey, oldValue] of forgotten) this.#onForget(oldKey, oldValue);
    }
  }

  /** Removes an entry, and returns it. */
  take(key: Key): Value | undefined {
    for (const generation of [this.#young, this.#old]) {
      const value = generation.size === 0 ? undefined : generation.get(key);
      if (value === undefined) continue;
      generation.delete(key);
      return value;
    }
    return undefined;
  }

  /** Removes all entries of which that is true. */
  drop(isOver: (value: Value) => boolean): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [key, value] of generation) if (isOver(value)) generation.delete(key);
    }
  }
}
