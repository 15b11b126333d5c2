/**
 * A set that keeps at least the last `max` keys added, and at most twice as many: for what is added
 * far more often than asked for. It has two generations, as `Memory` has, but nothing is moved between
 * them: half the cost for each key.
 */
export class Recent<Key> {
  readonly #max: number;
  #young = new Set<Key>();
  #old = new Set<Key>();

  constructor(max: number) {
    this.#max = max;
  }

  add(key: Key): void {
    this.#young.add(key);
    if (this.#young.size <= this.#max) return;
    this.#old = this.#young;
    this.#young = new Set();
  }

  has(key: Key): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }
}
