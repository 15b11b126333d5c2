import type { TimeLimit } from '../internal/time-limit.ts';
import { readTimeLimit } from '../internal/time-limit.ts';
import type { CoalescerPorts, CoalescerSettings } from './coalescer.ts';
import { Coalescer } from './coalescer.ts';
import {
  isName,
  problemsOfEngine,
  problemsOfExecution,
  problemsOfSubmission,
} from './entry-checks.ts';
import type { About, ExecuteOptions } from './intake.ts';
import type { Ledger } from './ledger.ts';
import type { Answer, Batch, Reason, Submission } from './ports.ts';
import { toRejectedError } from './rejected-error.ts';

/** The engine for those who use it by itself: what it is given is checked, and told if it is wrong. */
export class CheckedCoalescer<Failure> extends Coalescer<Failure> {
  readonly #toError: (reason: Reason<Failure>, key: string | undefined) => unknown;

  /** Throws a `TypeError` that says what is wrong with ports and settings. */
  constructor(ports: CoalescerPorts<Failure>, settings: CoalescerSettings) {
    const problems = problemsOfEngine(ports, settings);
    if (problems.length > 0) throw new TypeError(sentenceOf(problems));
    super(ports, settings);
    this.#toError = ports.toError ?? toRejectedError;
  }

  override submit(submission: Submission): Promise<unknown> {
    return (
      this.#refuse(() => problemsOfSubmission(submission), aboutOf(submission)) ??
      super.submit(submission)
    );
  }

  override execute(batch: Batch, options?: ExecuteOptions): Promise<Answer> {
    const about = { key: undefined, type: 'batch' };
    return (
      this.#refuse(() => problemsOfExecution(batch, options), about) ??
      super.execute(batch, options)
    );
  }

  override flush(options?: { readonly timeoutMs?: number | undefined }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeLimit(options);
    const flushed = super.flush({ timeoutMs });
    return this.#refuseLimit('flush', problem) ?? flushed;
  }

  override close(options?: { readonly timeoutMs?: number | undefined }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeLimit(options);
    const closed = super.close({ timeoutMs });
    // It never rejects: who listens to `failure` hears of it.
    void this.#refuseLimit('close', problem);
    return closed;
  }

  #refuseLimit(type: string, problem: TimeLimit['problem']): Promise<never> | undefined {
    if (problem === undefined) return undefined;
    return this.#refuse(() => [`${problem.path} ${problem.message}`], { key: undefined, type });
  }

  /** Rejects a call with what is wrong with it, if anything is; to look at it may throw. */
  #refuse(look: () => readonly string[], about: About): Promise<never> | undefined {
    let error: unknown;
    try {
      const problems = look();
      if (problems.length === 0) return undefined;
      error = new TypeError(sentenceOf(problems));
    } catch (thrown) {
      error = thrown;
    }
    const reason = { kind: 'fault', error, maybeApplied: false } as const;
    return this.decline(this.#toError(reason, about.key || undefined), about);
  }
}

function sentenceOf(problems: readonly string[]): string {
  return `${problems.join('; ')}.`;
}

/** As much of it as can be told of a submission that may be anything. */
function aboutOf(submission: unknown): About {
  try {
    const { key, type, makes } = Object(submission);
    return {
      key: typeof key === 'string' ? key : '',
      type: typeof type === 'string' ? type : '',
      // It is not there, for those who wait for it.
      makes: isName(makes) ? makes : undefined,
    };
  } catch {
    return { key: '', type: '' };
  }
}
