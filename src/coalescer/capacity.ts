import { Concurrency } from './concurrency.ts';
import { Cut } from './cut.ts';
import { Gate } from './gate.ts';
import { LearnedLimit } from './learned-limit.ts';
import { Spacing } from './spacing.ts';

export interface CapacitySettings {
  readonly concurrency: number;
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly retry: { readonly maxPauseMs: number };
}

/** What the server takes: when, how many requests at once, and how much in each; all of it learned. */
export class Capacity {
  readonly gate: Gate;
  readonly spacing: Spacing = new Spacing();
  readonly concurrency: Concurrency;
  readonly items: LearnedLimit;
  readonly bytes: LearnedLimit;
  readonly cut: Cut;
  readonly #settings: CapacitySettings;

  constructor(settings: CapacitySettings) {
    const { concurrency, maxItems, maxBytes, retry } = settings;
    this.#settings = settings;
    this.gate = new Gate(retry.maxPauseMs);
    this.concurrency = new Concurrency(concurrency);
    this.items = new LearnedLimit(maxItems);
    this.bytes = new LearnedLimit(maxBytes);
    this.cut = new Cut(maxItems);
  }

  /**
   * A request of that size had an answer of its own for its items. Where as much is in use as the user
   * allows, no limit has anything to learn from it.
   */
  answered(items: number, bytes: number): void {
    const { concurrency, maxItems, maxBytes } = this.#settings;
    if (this.concurrency.limit < concurrency) this.concurrency.answered();
    if (this.items.limit < maxItems) this.items.accepted(items);
    if (this.bytes.limit < maxBytes) this.bytes.accepted(bytes);
  }
}
