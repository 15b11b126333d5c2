/** How many items the next request is to hold: the engine's rule, and others to compare it with. */
import { FailureCut } from '../../src/coalescer/server/adaptive-limits.ts';

export type Rule = Pick<FailureCut, 'limit' | 'failed' | 'passed'>;

/** The rules, by the heads of their columns; the engine's own class is the last. */
export const rules: Readonly<Record<string, (maxItems: number) => Rule>> = {
  whole: () => new Whole(),
  'halve, double': (maxItems) => new HalveDouble(maxItems),
  'no savings': () => new NoSavings(),
  'as built': (maxItems) => new FailureCut(maxItems),
};

/** As if nothing had failed: always as many as a request may hold. */
class Whole implements Rule {
  limit(whole: number): number {
    return whole;
  }

  failed(): void {}

  passed(): void {}
}

/** Half as many after a failure, twice as many after none. */
class HalveDouble implements Rule {
  readonly #most: number;
  #limit: number;

  constructor(maxItems: number) {
    this.#most = maxItems;
    this.#limit = maxItems;
  }

  limit(): number {
    return this.#limit;
  }

  failed(): void {
    this.#limit = Math.ceil(this.#limit / 2);
  }

  passed(): void {
    this.#limit = Math.min(this.#most, this.#limit * 2);
  }
}

/** 2.8 times the expected stretch, at any cost in requests. */
class NoSavings implements Rule {
  #ran = 0;
  #failures = 0;

  limit(whole: number): number {
    if (this.#failures === 0) return whole;
    return Math.min(whole, Math.ceil((2.8 * this.#ran) / this.#failures));
  }

  failed(ran: number): void {
    this.#ran = this.#ran * 0.9 + ran;
    this.#failures = this.#failures * 0.9 + 1;
  }

  passed(items: number): void {
    this.#ran = this.#ran * 0.9 + items;
    this.#failures *= 0.9;
  }
}
