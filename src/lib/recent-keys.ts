/**
 * A set that keeps at least the last `max` keys added, and at most twice as many. Keys are collected in
 * lists, and a set is made of them only when `has` is called, since far more are added than looked up.
 */
export class RecentKeys<Key> {
  readonly #max: number;
  #young: Key[] = [];
  #old: Key[] = [];
  /** The same keys as sets, from the first `has` on. */
  #youngSet: Set<Key> | undefined;
  #oldSet: Set<Key> | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  add(key: Key): void {
    this.#young.push(key);
    this.#youngSet?.add(key);
    if (this.#young.length <= this.#max) return;
    this.#old = this.#young;
    this.#oldSet = this.#youngSet;
    this.#young = [];
    this.#youngSet = undefined;
  }

  has(key: Key): boolean {
    this.#youngSet ??= new Set(this.#young);
    this.#oldSet ??= new Set(this.#old);
    return this.#youngSet.has(key) || this.#oldSet.has(key);
  }
}
