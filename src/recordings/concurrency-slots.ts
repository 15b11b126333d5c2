/** Lets a number of tasks run at once; the others wait in their order. */
export class Slots {
  #free: number;
  /** The latest last. */
  #waiting: (() => void)[] = [];
  /** Those that go first, the first last: `shift` is slow on a long array. */
  #first: (() => void)[] = [];

  constructor(free: number) {
    this.#free = free;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  #release(): void {
    if (this.#first.length === 0) {
      this.#first = this.#waiting.reverse();
      this.#waiting = [];
    }
    const next = this.#first.pop();
    if (next === undefined) this.#free++;
    else next();
  }
}
