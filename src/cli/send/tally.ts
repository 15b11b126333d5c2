import type { RecordableHistogram } from 'node:perf_hooks';
import { createHistogram } from 'node:perf_hooks';
import type { RecordedAction } from '../../replay/actions/recorded-action.ts';
import type { FailureDetails, FailureKind } from './failure.ts';
import { failureOf, wasSentBefore } from './failure.ts';

export interface Counts {
  /** Lines that a call was made of. */
  actions: number;
  succeeded: number;
  /** Calls whose keys the API knows already. */
  sentBefore: number;
  failed: number;
  /** Lines that no call could be made of. */
  badLines: number;
  /** Lines that were not sent, since they need what a bad line was to make. */
  needBadLines: number;
  /** Lines left out with a parent that is missing, as `--missing-parents skip` says. */
  skipped: number;
}

/** As the summary has them. */
export interface FailureGroup extends FailureKind {
  readonly count: number;
  /** The first few. */
  readonly examples: readonly FailureExample[];
}

export interface FailureExample extends FailureDetails {
  /** Of the file, from 1. */
  readonly line: number;
  /** Left out for a bad line, as the names are. */
  readonly type?: string;
  /** The names in the file. */
  readonly run?: string | undefined;
  readonly span?: string | undefined;
}

const EXAMPLES_KEPT = 3;

/** Counts lines by result. Its memory is constant, except for the pending calls. */
export class Tally {
  readonly counts: Counts = {
    actions: 0,
    succeeded: 0,
    sentBefore: 0,
    failed: 0,
    badLines: 0,
    needBadLines: 0,
    skipped: 0,
  };
  readonly #failures: Map<string, FailureGroup> = new Map();
  readonly #latency: RecordableHistogram = createHistogram();

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

  /** Counts a call as it settles; `onFailure` gets the error of one that can be sent again. */
  count(
    call: Promise<unknown>,
    line: number,
    action: RecordedAction,
    onFailure?: (error: unknown) => void,
  ): void {
    this.counts.actions++;
    const start = performance.now();
    const ended = (): void => {
      const microseconds = Math.round((performance.now() - start) * 1_000);
      this.#latency.record(Math.max(1, microseconds));
    };
    call.then(
      () => {
        ended();
        this.counts.succeeded++;
      },
      (error: unknown) => {
        ended();
        if (wasSentBefore(error)) {
          this.counts.sentBefore++;
          return;
        }
        this.counts.failed++;
        const { message, errors, causes, ...kind } = failureOf(error);
        this.#addFailure(kind, { line, ...namesOf(action), message, errors, causes });
        onFailure?.(error);
      },
    );
  }

  /** Counts a line that no call could be made of. */
  badLine(line: number, message: string, isConsequence = false): void {
    this.counts[isConsequence ? 'needBadLines' : 'badLines']++;
    const kind = isConsequence ? 'needs a bad line' : 'bad line';
    this.#addFailure({ kind, isConsequence }, { line, message });
  }

  #addFailure(kind: FailureKind, example: FailureExample): void {
    const name = `${kind.kind} ${kind.apiCode ?? ''}`;
    const { count, examples } = this.#failures.get(name) ?? { count: 0, examples: [] };
    this.#failures.set(name, {
      ...kind,
      count: count + 1,
      examples: count < EXAMPLES_KEPT ? [...examples, example] : examples,
    });
  }
}

function namesOf(action: RecordedAction): Pick<FailureExample, 'type' | 'run' | 'span'> {
  const { type, instance: run } = action;
  return { type, run, span: 'span' in action ? action.span : undefined };
}
