import type { CompleteOptions } from '../ports/options.ts';
import { Concurrency } from './concurrency.ts';
import { FailureCut } from './failure-cut.ts';
import { LearnedLimit } from './learned-limit.ts';
import { PauseGate } from './pause-gate.ts';
import { Spacing } from './spacing.ts';

type Settings = Pick<CompleteOptions<unknown>, 'concurrency' | 'maxItems' | 'maxBytes' | 'retry'>;

/** What the server can take, learned from its answers: when, how many requests at once, and how much in each. */
export class AdaptiveLimits {
  readonly gate: PauseGate;
  readonly spacing: Spacing = new Spacing();
  readonly concurrency: Concurrency;
  readonly items: LearnedLimit;
  readonly bytes: LearnedLimit;
  readonly cut: FailureCut;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    const { concurrency, maxItems, maxBytes, retry } = settings;
    this.#settings = settings;
    this.gate = new PauseGate(retry.maxPauseMs);
    this.concurrency = new Concurrency(concurrency);
    this.items = new LearnedLimit(maxItems);
    this.bytes = new LearnedLimit(maxBytes);
    this.cut = new FailureCut(maxItems);
  }

  /** A request of that size was answered: limits that were lowered may grow again. */
  answered(items: number, bytes: number): void {
    if (this.concurrency.limit < this.#settings.concurrency) this.concurrency.answered();
    if (this.items.isLearning) this.items.accepted(items);
    if (this.bytes.isLearning) this.bytes.accepted(bytes);
  }
}
