import type { Clock } from '../../lib/clock.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Listener } from '../../lib/events.ts';
import { Events } from '../../lib/events.ts';
import { consoleLogger } from '../../lib/logger.ts';
import type { TimeoutOption } from '../../lib/timeout-option.ts';
import { readTimeoutOption } from '../../lib/timeout-option.ts';
import { callUserCode } from '../../lib/user-code.ts';
import type { CallInfo } from '../calls/intake.ts';
import type { Ledger } from '../calls/ledger.ts';
import { toRejectedError, unfailing } from '../calls/rejected-error.ts';
import type { Stats } from '../coalescer.ts';
import { Coalescer } from '../coalescer.ts';
import type { EngineEvents } from '../ports/events.ts';
import type { CoalescerOptions } from '../ports/options.ts';
import type { ToError } from '../ports/reason.ts';
import {
  copyOfItem,
  isName,
  problemsOfItem,
  problemsOfListener,
  problemsOfOptions,
} from './checks.ts';
import type { NewItem } from './new-item.ts';
import { submissionOf } from './new-item.ts';

/**
 * The engine for those who use it by itself: all but `send` has a default, and what it is given is
 * checked, and told if it is wrong.
 */
export class CheckedCoalescer<Value = unknown, Failure = unknown> {
  readonly #engine: Coalescer<Failure>;
  readonly #events: Events<EngineEvents>;
  readonly #toError: ToError<Failure>;

  /** Throws a `TypeError` that says what is wrong with the options. */
  constructor(options: CoalescerOptions<Value, Failure>) {
    throwIfWrong(problemsOfOptions(options));
    const clock: Clock = options.clock ?? systemClock();
    this.#events = new Events({ clock, logger: consoleLogger });
    this.#toError = unfailing(options.toError ?? toRejectedError);
    this.#engine = new Coalescer({
      ...options,
      onNamed: this.#toldAfter(options),
      clock,
      events: this.#events,
    });
  }

  /**
   * Takes a call in. The promise settles exactly once, and is marked as handled: a failure nobody
   * waits for harms nobody.
   */
  submit(item: NewItem): Promise<Value> {
    // Read once: what is sent is what was checked, whatever a getter says the next time.
    let given: unknown = item;
    const refused = this.#refuse(
      () => {
        given = copyOfItem(item);
        return problemsOfItem(given);
      },
      () => aboutOf(given),
    );
    // What a value is, the `read` option has said.
    return refused ?? (this.#engine.submit(submissionOf(given as NewItem)) as Promise<Value>);
  }

  /**
   * Resolves with the books when all calls made before it have settled; rejects only where its options are wrong.
   */
  flush(options?: {
    /** Milliseconds after which it resolves, whatever has not settled. @default as long as it takes */
    readonly timeoutMs?: number | undefined;
  }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeoutOption(options);
    const flushed = this.#engine.flush({ timeoutMs });
    return this.#refuseLimit('flush', problem) ?? flushed;
  }

  /**
   * Takes no more calls, sends what is queued, and rejects what is left when the time is over.
   * Resolves with the books, and never rejects; a second call returns the first one's promise.
   */
  close(options?: {
    /** Milliseconds after which what has not settled is rejected. @default 10_000 */
    readonly timeoutMs?: number | undefined;
  }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeoutOption(options);
    const closed = this.#engine.close({ timeoutMs });
    // It never rejects: who listens to `failure` hears of it.
    void this.#refuseLimit('close', problem);
    return closed;
  }

  /** Resolves when the queue has room; rejects once the engine is closed. */
  ready(): Promise<void> {
    return this.#engine.ready();
  }

  stats(): Stats {
    return this.#engine.stats();
  }

  /** Returns the function that removes the listener. Throws a `TypeError` for a name that is no event's. */
  on<Name extends keyof EngineEvents>(
    event: Name,
    listener: Listener<EngineEvents[Name]>,
  ): () => void {
    throwIfWrong(problemsOfListener(event, listener));
    return this.#events.on(event, listener);
  }

  /** The `onNamed` option, told as a listener is: when the step is over, so that it may call back, and throw. */
  #toldAfter({
    onNamed,
  }: CoalescerOptions<Value, Failure>): CoalescerOptions<Value, Failure>['onNamed'] {
    if (onNamed === undefined) return undefined;
    const warn = (error: unknown): void =>
      consoleLogger.warn('options.onNamed failed, which changes nothing here.', error);
    return (name, id) => this.#events.defer(() => callUserCode(() => onNamed(name, id), warn));
  }

  #refuseLimit(type: string, problem: TimeoutOption['problem']): Promise<never> | undefined {
    if (problem === undefined) return undefined;
    return this.#refuse(
      () => [`${problem.path} ${problem.message}`],
      () => ({ key: undefined, type }),
    );
  }

  /** Rejects a call with what is wrong with it, if anything is; to look at it may throw. */
  #refuse(look: () => readonly string[], aboutIt: () => CallInfo): Promise<never> | undefined {
    let error: unknown;
    try {
      const problems = look();
      if (problems.length === 0) return undefined;
      error = new TypeError(sentenceOf(problems));
    } catch (thrown) {
      error = thrown;
    }
    const about = aboutIt();
    const reason = { kind: 'fault', error, maybeApplied: false } as const;
    return this.#engine.decline(this.#toError(reason, about.key || undefined), about);
  }
}

function throwIfWrong(problems: readonly string[]): void {
  if (problems.length > 0) throw new TypeError(sentenceOf(problems));
}

function sentenceOf(problems: readonly string[]): string {
  return `${problems.join('; ')}.`;
}

/** As much of it as can be told of a submission that may be anything. */
function aboutOf(item: unknown): CallInfo {
  try {
    const { key, type, makes } = Object(item);
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
