export interface MemoryRules<Key, Value> {
  readonly max: number;
  /** Told of what is about to be forgotten; true: it must stay. */
  readonly onForget?: (key: Key, value: Value) => unknown;
}

/**
 * A map that keeps at least its `max` entries used last, and at most twice as many; and those that must
 * stay.
 *
 * It has two generations: when the young one is full, the old one is forgotten as a whole. A single
 * map would have to be asked for its oldest key, and steps over all that were deleted before it. What is
 * added is only listed until somebody asks for any entry: most of what is remembered nobody asks for.
 */
export class Memory<Key, Value> {
  /** Entries, listed or not. */
  size = 0;
  readonly #max: number;
  readonly #onForget: MemoryRules<Key, Value>['onForget'];
  #young = new Generation<Key, Value>();
  #old = new Generation<Key, Value>();
  /** Entries that had to stay. They are looked at again when as many new ones have come. */
  #stayed = 0;
  #hasListed = false;

  constructor({ max, onForget }: MemoryRules<Key, Value>) {
    this.#max = max;
    this.#onForget = onForget;
  }

  get(key: Key): Value | undefined {
    if (this.size === 0) return undefined;
    if (this.#hasListed) this.#enterListed();
    const value = this.#young.map.get(key);
    if (value !== undefined) return value;
    const old = this.#old.map.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  /** Returns what the key stood for before. */
  set(key: Key, value: Value): Value | undefined {
    if (this.#hasListed) this.#enterListed();
    const young = this.#young.map;
    const old = this.#old.map;
    const before = young.get(key) ?? old.get(key);
    if (before !== undefined) old.delete(key);
    young.set(key, value);
    this.size = young.size + old.size;
    if (young.size > this.#max + this.#stayed) this.#forget();
    return before;
  }

  /** Sets a key that is not there: that costs next to nothing until somebody asks for any. */
  add(key: Key, value: Value): void {
    const { map, keys, values } = this.#young;
    keys.push(key);
    values.push(value);
    this.size++;
    this.#hasListed = true;
    if (map.size + keys.length > this.#max + this.#stayed) this.#forget();
  }

  /** Removes an entry, and returns it. */
  take(key: Key): Value | undefined {
    if (this.size === 0) return undefined;
    if (this.#hasListed) this.#enterListed();
    const value = this.#young.map.get(key) ?? this.#old.map.get(key);
    if (value === undefined) return undefined;
    if (!this.#young.map.delete(key)) this.#old.map.delete(key);
    this.size--;
    return value;
  }

  /** Removes all entries of which that is true. */
  drop(isOver: (value: Value) => boolean): void {
    this.#enterListed();
    for (const { map } of [this.#young, this.#old]) {
      for (const [key, value] of map) if (isOver(value)) map.delete(key);
    }
    this.size = this.#young.map.size + this.#old.map.size;
  }

  #forget(): void {
    // Whoever wants to know is told of each key once, however often it was added.
    if (this.#onForget !== undefined) this.#enterListed();
    const forgotten = this.#old;
    this.#old = this.#young;
    this.#young = new Generation();
    this.#stayed = 0;
    this.size = this.#old.map.size + this.#old.keys.length;
    this.#hasListed = this.#old.keys.length > 0;
    if (this.#onForget === undefined) return;
    for (const [key, value] of forgotten.map) {
      if (this.#onForget(key, value) !== true) continue;
      this.#old.map.set(key, value);
      this.#stayed++;
    }
    this.size = this.#old.map.size;
  }

  #enterListed(): void {
    this.#old.enterListed();
    this.#young.enterListed();
    this.#hasListed = false;
    // One that was there already is there once.
    this.size = this.#young.map.size + this.#old.map.size;
  }
}

/** Entries, of which the last may be listed only. */
class Generation<Key, Value> {
  readonly map = new Map<Key, Value>();
  keys: Key[] = [];
  values: Value[] = [];

  enterListed(): void {
    if (this.keys.length === 0) return;
    for (const [at, key] of this.keys.entries()) this.map.set(key, this.values[at] as Value);
    this.keys = [];
    this.values = [];
  }
}

/**
 * A set that keeps at least the last `max` keys added, and at most twice as many: for what is added far
 * more often than asked for. It has two generations, as `Memory` has, but nothing is moved between them,
 * and the keys of each are only listed until somebody asks.
 */
export class Recent<Key> {
  readonly #max: number;
  #young: Key[] = [];
  #old: Key[] = [];
  /** The keys in the two lists, as far as somebody has asked for any. */
  #youngKeys: Set<Key> | undefined;
  #oldKeys: Set<Key> | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  add(key: Key): void {
    this.#young.push(key);
    this.#youngKeys?.add(key);
    if (this.#young.length <= this.#max) return;
    this.#old = this.#young;
    this.#oldKeys = this.#youngKeys;
    this.#young = [];
    this.#youngKeys = undefined;
  }

  has(key: Key): boolean {
    this.#youngKeys ??= new Set(this.#young);
    this.#oldKeys ??= new Set(this.#old);
    return this.#youngKeys.has(key) || this.#oldKeys.has(key);
  }
}
