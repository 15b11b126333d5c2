import type { RecordableHistogram } from 'node:perf_hooks';
import { createHistogram } from 'node:perf_hooks';
import { isPrefactorError } from '../../index.ts';
import type { ActionLine, NumberedLine } from '../../recordings/actions/action-line.ts';
import type { RecordedCall } from '../../recordings/calls/recorded-calls.ts';
import type { FailedLines } from './failed-lines.ts';
import type { LineFailure } from './line-failure.ts';
import { lineFailureOf, needsWhatWasSentBefore, wasSentBefore } from './line-failure.ts';

/** Before the first line. */
const NO_COUNTS = {
  /** Lines that a call was made of. */
  actions: 0,
  succeeded: 0,
  /** Calls whose keys the API knows already. */
  sentBefore: 0,
  failed: 0,
  /** Lines that no call could be made of, for a reason of their own. */
  badLines: 0,
  /** Lines that were not sent, since they need what a bad line was to make. */
  needBadLines: 0,
  /** Lines left out with a parent that is missing, as `--missing-parents skip` says. */
  skipped: 0,
};

export type Counts = typeof NO_COUNTS;

/** Lines that failed alike, as the summary has them. */
export interface FailureGroup extends Pick<LineFailure, 'kind' | 'apiCode' | 'isConsequence'> {
  readonly count: number;
  /** The first few. */
  readonly examples: readonly (FailedLineOrigin &
    Pick<LineFailure, 'message' | 'errors' | 'causes'>)[];
}

interface FailedLineOrigin {
  /** Of the file, from 1. */
  readonly line: number;
  /** Left out for a bad line, as the names are. */
  readonly type?: string;
  /** The names in the file. */
  readonly run?: string | undefined;
  readonly span?: string | undefined;
}

const MAX_FAILURE_EXAMPLES = 3;

/** Counts lines by result. Its memory is constant, except for the pending calls. */
export class Tally {
  readonly counts: Counts = { ...NO_COUNTS };
  /** Failed calls that need the id of what was sent before, which the API does not tell. */
  needUnknownIds = 0;
  readonly #failures: Map<string, FailureGroup> = new Map();
  readonly #latency: RecordableHistogram = createHistogram();
  readonly #failedLines: FailedLines | undefined;

  /** `failedLines` gets the lines that can be sent again. */
  constructor(failedLines: FailedLines | undefined) {
    this.#failedLines = failedLines;
  }

  /** Calls that have not settled. */
  get pending(): number {
    const { actions, succeeded, sentBefore, failed } = this.counts;
    return actions - succeeded - sentBefore - failed;
  }

  /** Causes before consequences, of each the most frequent first. */
  get failures(): readonly FailureGroup[] {
    return [...this.#failures.values()].toSorted(
      (a, b) => Number(a.isConsequence) - Number(b.isConsequence) || b.count - a.count,
    );
  }

  /** From a call to its end, in milliseconds; null before any has ended. */
  latencyMs(percentile: number): number | null {
    return this.#latency.count === 0 ? null : this.#latency.percentile(percentile) / 1_000;
  }

  /** Counts a call as it settles. */
  count({ call, key, ids }: RecordedCall, { number, text, action }: ActionLine): void {
    this.counts.actions++;
    const start = performance.now();
    const settled = (column: 'succeeded' | 'sentBefore' | 'failed'): void => {
      this.counts[column]++;
      const microseconds = Math.round((performance.now() - start) * 1_000);
      this.#latency.record(Math.max(1, microseconds));
    };
    call.then(
      () => settled('succeeded'),
      (error: unknown) => {
        if (wasSentBefore(error)) return settled('sentBefore');
        settled('failed');
        const needsUnknownId = needsWhatWasSentBefore(error);
        if (needsUnknownId) this.needUnknownIds++;
        const { type, instance: run } = action;
        const span = 'span' in action ? action.span : undefined;
        this.#addFailure(lineFailureOf(error), { line: number, type, run, span });
        this.#failedLines?.add(text, {
          // What the server may have done, now or before, must keep its key when it is sent again.
          idempotency_key: maybeApplied(error) || needsUnknownId ? key : undefined,
          ...ids(),
        });
      },
    );
  }

  /** Counts a line that no call could be made of. */
  noCall({ number, text }: NumberedLine, message: string, needsBadLine = false): void {
    this.counts[needsBadLine ? 'needBadLines' : 'badLines']++;
    const kind = needsBadLine ? 'needs a bad line' : 'bad line';
    this.#addFailure({ kind, isConsequence: needsBadLine, message }, { line: number });
    this.#failedLines?.add(text);
  }

  #addFailure({ message, errors, causes, ...kind }: LineFailure, place: FailedLineOrigin): void {
    const name = `${kind.kind} ${kind.apiCode ?? ''}`;
    const { count, examples } = this.#failures.get(name) ?? { count: 0, examples: [] };
    const example = { ...place, message, errors, causes };
    this.#failures.set(name, {
      ...kind,
      count: count + 1,
      examples: count < MAX_FAILURE_EXAMPLES ? [...examples, example] : examples,
    });
  }
}

function maybeApplied(error: unknown): boolean {
  return isPrefactorError(error) && error.maybeApplied;
}
