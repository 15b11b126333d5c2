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

  constructor({ concurrency, maxItems, maxBytes, retry }: CapacitySettings) {
    this.gate = new Gate(retry.maxPauseMs);
    this.concurrency = new Concurrency(concurrency);
    this.items = new LearnedLimit(maxItems);
    this.bytes = new LearnedLimit(maxBytes);
    this.cut = new Cut(maxItems);
  }

  /** Nothing leaves before this time. */
  get opensAt(): number {
    return Math.max(this.gate.opensAt, this.spacing.opensAt);
  }

  /** A request of that size, which left at that time, had an answer of its own for its items. */
  answered(items: number, bytes: number, leftAt: number): void {
    this.gate.answered(leftAt);
    this.concurrency.answered();
    this.items.accepted(items);
    this.bytes.accepted(bytes);
  }
}
