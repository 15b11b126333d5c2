/** A binary heap. */
export class Heap<T> {
  /** The element that comes before all others. */
  first: T | undefined;
  readonly #elements: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#elements.length;
  }

  push(element: T): void {
    const elements = this.#elements;
    let hole = elements.length;
    elements.push(element);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = elements[parent] as T;
      if (!this.#before(element, above)) break;
      elements[hole] = above;
      hole = parent;
    }
    elements[hole] = element;
    this.first = elements[0];
  }

  pop(): T | undefined {
    const { first } = this;
    const last = this.#elements.pop();
    if (last !== undefined && this.#elements.length > 0) this.#sink(last);
    else this.first = undefined;
    return first;
  }

  /** Takes out the first element, and puts another one in. */
  replace(element: T): T | undefined {
    const { first } = this;
    if (first === undefined) this.push(element);
    else this.#sink(element);
    return first;
  }

  /** Keeps only the elements for which `isKept` returns true. */
  retain(isKept: (element: T) => boolean): void {
    const kept = this.#elements.filter(isKept);
    this.clear();
    for (const element of kept) this.push(element);
  }

  clear(): void {
    this.#elements.length = 0;
    this.first = undefined;
  }

  /** Puts an element in the place of the first, and lets it sink to where it belongs. */
  #sink(element: T): void {
    const elements = this.#elements;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= elements.length) break;
      const right = child + 1;
      if (right < elements.length && this.#before(elements[right] as T, elements[child] as T)) {
        child = right;
      }
      const below = elements[child] as T;
      if (!this.#before(below, element)) break;
      elements[hole] = below;
      hole = child;
    }
    elements[hole] = element;
    this.first = elements[0];
  }
}
