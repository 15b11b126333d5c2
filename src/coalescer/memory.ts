/**
 * A map that keeps at least its `max` entries used last, and at most twice as many; and those that must
 * stay.
 *
 * It has two generations: when the young one is full, the old one is forgotten as a whole. A single
 * map would have to be asked for its oldest key, and steps over all that were deleted before it.
 */
export class Memory<Key, Value> {
  readonly #max: number;
  readonly #onForget: ((key: Key, value: Value) => unknown) | undefined;
  /** Entries that had to stay. They are looked at again when as many new ones have come. */
  #stayed = 0;
  #young = new Generation<Key, Value>();
  #old = new Generation<Key, Value>();

  /** `onForget` is told of what is about to be forgotten, and may say that it must stay: true. */
  constructor(max: number, onForget?: (key: Key, value: Value) => unknown) {
    this.#max = max;
    this.#onForget = onForget;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: Key): Value | undefined {
    if (this.size === 0) return undefined;
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: Key, value: Value): void {
    this.#old.take(key);
    this.#young.take(key);
    this.add(key, value);
  }

  /** Sets a key that is not there: that costs next to nothing until somebody asks for any. */
  add(key: Key, value: Value): void {
    this.#young.add(key, value);
    if (this.#young.size > this.#max + this.#stayed) this.#forget();
  }

  #forget(): void {
    const forgotten = this.#old;
    this.#old = this.#young;
    this.#young = new Generation();
    this.#stayed = 0;
    if (this.#onForget === undefined) return;
    for (const [key, value] of forgotten.entries()) {
      if (this.#onForget(key, value) !== true) continue;
      this.#old.add(key, value);
      this.#stayed++;
    }
  }

  /** Removes an entry, and returns it. */
  take(key: Key): Value | undefined {
    if (this.size === 0) return undefined;
    return this.#young.take(key) ?? this.#old.take(key);
  }

  /** Removes all entries of which that is true. */
  drop(isOver: (value: Value) => boolean): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [key, value] of generation.entries()) if (isOver(value)) generation.take(key);
    }
  }
}

/** A map whose last entries are only listed until somebody asks: most of what is remembered never is. */
class Generation<Key, Value> {
  readonly #map = new Map<Key, Value>();
  /** Entries, listed or not. */
  size = 0;
  #keys: Key[] = [];
  #values: Value[] = [];

  /** The key must not be there. */
  add(key: Key, value: Value): void {
    this.size++;
    this.#keys.push(key);
    this.#values.push(value);
  }

  get(key: Key): Value | undefined {
    return this.entries().get(key);
  }

  take(key: Key): Value | undefined {
    const value = this.get(key);
    if (value === undefined) return undefined;
    this.size--;
    this.#map.delete(key);
    return value;
  }

  entries(): ReadonlyMap<Key, Value> {
    if (this.#keys.length === 0) return this.#map;
    for (const [at, key] of this.#keys.entries()) this.#map.set(key, this.#values[at] as Value);
    this.#keys = [];
    this.#values = [];
    // One that was there already is there once.
    this.size = this.#map.size;
    return this.#map;
  }
}
