import type { RecordableHistogram } from 'node:perf_hooks';
import { createHistogram } from 'node:perf_hooks';
import { isPrefactorError, PrefactorApiError } from '../../index.ts';

/** Calls that failed alike. */
export interface FailureKind {
  /** The class of the error; `bad line` for what is no action. */
  readonly kind: string;
  /** The API's word for it. */
  readonly apiCode?: string;
  readonly count: number;
  /** The first few. */
  readonly examples: readonly FailureExample[];
}

export interface FailureExample {
  /** Of the file, from 1. */
  readonly line: number;
  /** Left out for a bad line. */
  readonly type?: string;
  readonly message: string;
}

const EXAMPLES_KEPT = 3;

/** What became of each line. In constant memory, but for one promise of each call that is pending. */
export class Tally {
  #actions = 0;
  #succeeded = 0;
  #failed = 0;
  #badLines = 0;
  readonly #kinds: Map<string, { -readonly [Key in keyof FailureKind]: FailureKind[Key] }> =
    new Map();
  readonly #latency: RecordableHistogram = createHistogram();

  /** Lines that were actions, and whose calls were made. */
  get actions(): number {
    return this.#actions;
  }

  get succeeded(): number {
    return this.#succeeded;
  }

  get failed(): number {
    return this.#failed;
  }

  get badLines(): number {
    return this.#badLines;
  }

  /** The most frequent first. */
  get failures(): readonly FailureKind[] {
    return [...this.#kinds.values()].toSorted((a, b) => b.count - a.count);
  }

  /** From the call to its end, in milliseconds; undefined before any has ended. */
  latencyMs(percentile: number): number | undefined {
    return this.#latency.count === 0 ? undefined : this.#latency.percentile(percentile) / 1_000;
  }

  count(call: Promise<unknown>, line: number, type: string): void {
    this.#actions++;
    const start = performance.now();
    const ended = (): void => {
      const microseconds = Math.round((performance.now() - start) * 1_000);
      this.#latency.record(Math.max(1, microseconds));
    };
    call.then(
      () => {
        ended();
        this.#succeeded++;
      },
      (error: unknown) => {
        ended();
        this.#failed++;
        const { kind, apiCode, message } = about(error);
        this.#example(kind, apiCode, { line, type, message });
      },
    );
  }

  /** A line that no call could be made of. */
  badLine(line: number, problem: string): void {
    this.#badLines++;
    this.#example('bad line', undefined, { line, message: problem });
  }

  #example(kind: string, apiCode: string | undefined, example: FailureExample): void {
    const name = `${kind} ${apiCode ?? ''}`;
    const known = this.#kinds.get(name);
    if (known === undefined) {
      this.#kinds.set(name, {
        kind,
        ...(apiCode !== undefined && { apiCode }),
        count: 1,
        examples: [example],
      });
      return;
    }
    known.count++;
    if (known.examples.length < EXAMPLES_KEPT) known.examples = [...known.examples, example];
  }
}

function about(error: unknown): { kind: string; apiCode?: string | undefined; message: string } {
  if (!(error instanceof Error)) return { kind: 'unknown', message: String(error) };
  return {
    kind: isPrefactorError(error) ? error.name : 'unknown',
    apiCode: error instanceof PrefactorApiError ? error.apiCode : undefined,
    message: error.message,
  };
}
