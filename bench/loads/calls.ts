import { performance } from 'node:perf_hooks';
import type { Measured } from '../job.ts';
import { quantile } from '../quantile.ts';

const ERRORS_KEPT = 3;

/** Watches calls, at the least cost for each: when it was made, when it settled, and how. */
export class Calls {
  readonly #startedMs: Float64Array;
  readonly #tookMs: Float64Array;
  readonly #errors: string[] = [];
  readonly #done: Promise<void>;
  #resolve: () => void = () => {};
  #made = 0;
  #ended = 0;
  #right = 0;

  /** Every one of `count` calls has to be made. */
  constructor(count: number) {
    this.#startedMs = new Float64Array(count);
    this.#tookMs = new Float64Array(count);
    this.#done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  watch(make: () => Promise<unknown>, shouldFail = false): void {
    const index = this.#made++;
    this.#startedMs[index] = performance.now();
    make().then(
      () => this.#end(index, !shouldFail, 'resolved, though it should have failed'),
      (error: unknown) => this.#end(index, shouldFail, error),
    );
  }

  /** When all have settled, or the time is up. */
  async settled(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, withinMs);
    });
    await Promise.race([this.#done, timeUp]);
    clearTimeout(timer);
  }

  result(): Omit<Measured, 'cpuMs' | 'ms'> {
    const took = this.#tookMs.filter((ms) => ms > 0).sort();
    return {
      called: this.#made,
      settled: this.#right,
      p50Ms: quantile(took, 0.5),
      p99Ms: quantile(took, 0.99),
      errors: this.#errors,
    };
  }

  #end(index: number, isRight: boolean, error: unknown): void {
    this.#tookMs[index] = performance.now() - (this.#startedMs[index] ?? 0);
    this.#ended++;
    if (isRight) this.#right++;
    else if (this.#errors.length < ERRORS_KEPT) this.#errors.push(String(error));
    if (this.#ended === this.#startedMs.length) this.#resolve();
  }
}
