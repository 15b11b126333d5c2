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
