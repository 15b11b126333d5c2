export interface LruMapOptions<Key, Value> {
  readonly max: number;
  /** Called before an entry is evicted; true keeps it. */
  readonly onEvict?: (key: Key, value: Value) => unknown;
}

/**
 * A map that keeps at least the `max` entries used last, and at most twice as many, beside those that
 * `onEvict` keeps.
 *
 * It has two generations: when the young one is full, the old one is evicted as a whole. A single map
 * would have to find its oldest key among all those deleted before. Added entries are only collected in lists
 * until one is looked up, since most of them never are.
 */
export class LruMap<Key, Value> {
  /** Entries; those in lists may count twice. */
  size = 0;
  readonly #max: number;
  readonly #onEvict: LruMapOptions<Key, Value>['onEvict'];
  #young = new Generation<Key, Value>();
  #old = new Generation<Key, Value>();
  /** Entries that `onEvict` kept. It is asked again after as many additions. */
  #kept = 0;
  #hasLists = false;

  constructor({ max, onEvict }: LruMapOptions<Key, Value>) {
    this.#max = max;
    this.#onEvict = onEvict;
  }

  get(key: Key): Value | undefined {
    if (this.size === 0) return undefined;
    if (this.#hasLists) this.#emptyLists();
    const value = this.#young.map.get(key);
    if (value !== undefined) return value;
    const old = this.#old.map.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Returns the value before. */
  set(key: Key, value: Value): Value | undefined {
    if (this.#hasLists) this.#emptyLists();
    const young = this.#young.map;
    const old = this.#old.map;
    const before = young.get(key) ?? old.get(key);
    if (before !== undefined) old.delete(key);
    young.set(key, value);
    this.size = young.size + old.size;
    if (young.size > this.#max + this.#kept) this.#evict();
    return before;
  }

  /** As `set`, but costs next to nothing until an entry is looked up. */
  add(key: Key, value: Value): void {
    const { map, keys, values } = this.#young;
    keys.push(key);
    values.push(value);
    this.size++;
    this.#hasLists = true;
    if (map.size + keys.length > this.#max + this.#kept) this.#evict();
  }

  /** Removes an entry, and returns its value. */
  take(key: Key): Value | undefined {
    if (this.size === 0) return undefined;
    if (this.#hasLists) this.#emptyLists();
    const value = this.#young.map.get(key) ?? this.#old.map.get(key);
    if (value === undefined) return undefined;
    if (!this.#young.map.delete(key)) this.#old.map.delete(key);
    this.size--;
    return value;
  }

  deleteWhere(matches: (value: Value) => boolean): void {
    this.#emptyLists();
    for (const { map } of [this.#young, this.#old]) {
      for (const [key, value] of map) if (matches(value)) map.delete(key);
    }
    this.size = this.#young.map.size + this.#old.map.size;
  }

  #evict(): void {
    // `onEvict` is called once for each key, however often it was added.
    if (this.#onEvict !== undefined) this.#emptyLists();
    const evicted = this.#old;
    this.#old = this.#young;
    this.#young = new Generation();
    this.#kept = 0;
    this.size = this.#old.map.size + this.#old.keys.length;
    this.#hasLists = this.#old.keys.length > 0;
    if (this.#onEvict === undefined) return;
    for (const [key, value] of evicted.map) {
      if (this.#onEvict(key, value) !== true) continue;
      this.#old.map.set(key, value);
      this.#kept++;
    }
    this.size = this.#old.map.size;
  }

  #emptyLists(): void {
    this.#old.emptyLists();
    this.#young.emptyLists();
    this.#hasLists = false;
    this.size = this.#young.map.size + this.#old.map.size;
  }
}

/** Entries, the last of which may still be in lists. */
class Generation<Key, Value> {
  readonly map = new Map<Key, Value>();
  keys: Key[] = [];
  values: Value[] = [];

  emptyLists(): void {
    if (this.keys.length === 0) return;
    for (const [at, key] of this.keys.entries()) this.map.set(key, this.values[at] as Value);
    this.keys = [];
    this.values = [];
  }
}
