import type { RecordableHistogram } from 'node:perf_hooks';
import { createHistogram } from 'node:perf_hooks';
import type { RecordedAction } from '../../replay/actions/recorded-action.ts';
import type { Failure } from './failure.ts';
import { failureOf, wasSentBefore } from './failure.ts';

/** Lines that failed alike. */
export interface FailureKind {
  /** The class of the error; `bad line` for what no call was made of. */
  readonly kind: string;
  /** The API's word for it. */
  readonly apiCode?: string;
  /** Whether they failed only since they needed what others were to make. */
  readonly isConsequence: boolean;
  readonly count: number;
  /** The first few. */
  readonly examples: readonly FailureExample[];
}

export interface FailureExample extends Pick<Failure, 'message' | 'errors' | 'causes'> {
  /** Of the file, from 1. */
  readonly line: number;
  /** Left out for a bad line, as the names are. */
  readonly type?: string;
  /** The names in the file. */
  readonly run?: string;
  readonly span?: string;
}

const EXAMPLES_KEPT = 3;

/** What became of each line. In constant memory, but for one promise of each call that is pending. */
export class Tally {
  #actions = 0;
  #succeeded = 0;
  #sentBefore = 0;
  #failed = 0;
  #badLines = 0;
  #needBadLines = 0;
  #skipped = 0;
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

  /** Those whose keys the API knows already. */
  get sentBefore(): number {
    return this.#sentBefore;
  }

  get failed(): number {
    return this.#failed;
  }

  get settled(): number {
    return this.#succeeded + this.#sentBefore + this.#failed;
  }

  get badLines(): number {
    return this.#badLines;
  }

  /** Lines that no call was made of, since they need what a bad line was to make. */
  get needBadLines(): number {
    return this.#needBadLines;
  }

  /** Lines left out with a parent that is missing. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Causes before consequences, of each the most frequent first. */
  get failures(): readonly FailureKind[] {
    return [...this.#kinds.values()].toSorted(
      (a, b) => Number(a.isConsequence) - Number(b.isConsequence) || b.count - a.count,
    );
  }

  /** From the call to its end, in milliseconds; undefined before any has ended. */
  latencyMs(percentile: number): number | undefined {
    return this.#latency.count === 0 ? undefined : this.#latency.percentile(percentile) / 1_000;
  }

  /** Counts a call; `onFailure` is told of one that can be sent again. */
  count(
    call: Promise<unknown>,
    line: number,
    action: RecordedAction,
    onFailure?: (error: unknown) => void,
  ): void {
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
        if (wasSentBefore(error)) {
          this.#sentBefore++;
          return;
        }
        this.#failed++;
        const failure = failureOf(error);
        const { message, errors, causes } = failure;
        this.#example(failure, { line, ...namesOf(action), message, errors, causes });
        onFailure?.(error);
      },
    );
  }

  /** A line that no call could be made of. */
  badLine(line: number, problem: string, isConsequence = false): void {
    if (isConsequence) this.#needBadLines++;
    else this.#badLines++;
    const kind = isConsequence ? 'needs a bad line' : 'bad line';
    this.#example({ kind, isConsequence }, { line, message: problem });
  }

  skip(): void {
    this.#skipped++;
  }

  #example(
    { kind, apiCode, isConsequence }: Pick<Failure, 'kind' | 'apiCode' | 'isConsequence'>,
    example: FailureExample,
  ): void {
    const name = `${kind} ${apiCode ?? ''}`;
    const known = this.#kinds.get(name);
    if (known === undefined) {
      this.#kinds.set(name, {
        kind,
        ...(apiCode !== undefined && { apiCode }),
        isConsequence,
        count: 1,
        examples: [example],
      });
      return;
    }
    known.count++;
    if (known.examples.length < EXAMPLES_KEPT) known.examples = [...known.examples, example];
  }
}

function namesOf(action: RecordedAction): Pick<FailureExample, 'type' | 'run' | 'span'> {
  const { type, instance: run } = action;
  const span = 'span' in action ? action.span : undefined;
  return { type, ...(run !== undefined && { run }), ...(span !== undefined && { span }) };
}
