import type { Clock } from '../../lib/clock.ts';
import { systemClock } from '../../lib/clock.ts';
import type { Listener } from '../../lib/events.ts';
import { Events } from '../../lib/events.ts';
import { consoleLogger } from '../../lib/logger.ts';
import { utf8Length } from '../../lib/text-arena.ts';
import type { TimeoutOption } from '../../lib/timeout-option.ts';
import { readTimeoutOption } from '../../lib/timeout-option.ts';
import { callUserCode, unfailing } from '../../lib/user-code.ts';
import type { CheckTable, ValueCheck } from '../../lib/value-checks.ts';
import {
  aBoolean,
  aFunction,
  integerFrom,
  isObjectLike,
  mustBe,
  numberFrom,
  oneOf,
  oneOfMany,
  problemsOf,
} from '../../lib/value-checks.ts';
import type { DeclinedCall } from '../calls/intake.ts';
import type { Ledger } from '../calls/ledger.ts';
import type { Stats } from '../coalescer.ts';
import { Coalescer } from '../coalescer.ts';
import type { EngineEvents } from '../ports/events.ts';
import { engineEvents } from '../ports/events.ts';
import type { CoalescerOptions } from '../ports/options.ts';
import { complete } from '../ports/options.ts';
import type { ToError, ToRecord } from '../ports/reason.ts';
import { toRejectedError } from '../ports/rejected-error.ts';
import type { Name, NewItem, Submission } from '../ports/submission.ts';

/**
 * The engine as an entry of the package: what it is given is checked, and everything but `send` has a
 * default.
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
   * Submits a call. The promise settles exactly once. It is marked as handled: a rejection that no one
   * awaits raises no `unhandledRejection`.
   */
  submit(item: NewItem): Promise<Value> {
    let given: unknown = item;
    try {
      // Read once, so that getters cannot change what was checked.
      given = copyOfItem(item);
      throwIfWrong(problemsOfItem(given));
    } catch (error) {
      return this.#decline(error, declinedCallOf(given));
    }
    // The type of the value is that of the `read` option.
    return this.#engine.submit(submissionOf(given as NewItem)) as Promise<Value>;
  }

  /** Resolves with the ledger when all calls made before it have settled; rejects only for wrong options. */
  flush(options?: {
    /** Milliseconds after which it resolves, even if calls are pending. @default no limit */
    readonly timeoutMs?: number | undefined;
  }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeoutOption(options);
    const flushed = this.#engine.flush({ timeoutMs });
    return problem === undefined ? flushed : this.#declineLimit('flush', problem);
  }

  /**
   * Accepts no more calls, sends what is queued, and rejects what is left after `timeoutMs`. Resolves with
   * the ledger, and never rejects; a second call returns the first one's promise.
   */
  close(options?: {
    /** Milliseconds after which pending calls are rejected. @default 10_000 */
    readonly timeoutMs?: number | undefined;
  }): Promise<Ledger> {
    const { timeoutMs, problem } = readTimeoutOption(options);
    const closed = this.#engine.close({ timeoutMs });
    // It never rejects; the event `failure` tells of wrong options.
    if (problem !== undefined) void this.#declineLimit('close', problem);
    return closed;
  }

  /** Resolves when the queue has room; rejects once the engine is closed. */
  ready(): Promise<void> {
    return this.#engine.ready();
  }

  stats(): Stats {
    return this.#engine.stats();
  }

  /** Returns a function that removes the listener. Throws a `TypeError` if there is no such event. */
  on<Name extends keyof EngineEvents>(
    event: Name,
    listener: Listener<EngineEvents[Name]>,
  ): () => void {
    throwIfWrong(problemsOfListener(event, listener));
    return this.#events.on(event, listener);
  }

  /** Calls `onNamed` after the step, as listeners are called, so that it may call back, and throw. */
  #toldAfter({
    onNamed,
  }: CoalescerOptions<Value, Failure>): CoalescerOptions<Value, Failure>['onNamed'] {
    if (onNamed === undefined) return undefined;
    const warn = (error: unknown): void =>
      consoleLogger.warn('options.onNamed failed, which changes nothing here.', error);
    return (name, id) => this.#events.defer(() => callUserCode(() => onNamed(name, id), warn));
  }

  #declineLimit(
    type: string,
    { path, message }: NonNullable<TimeoutOption['problem']>,
  ): Promise<never> {
    return this.#decline(new TypeError(`${path} ${message}.`), { key: undefined, type });
  }

  #decline(error: unknown, about: DeclinedCall): Promise<never> {
    const reason = { kind: 'threw', error, maybeApplied: false } as const;
    return this.#engine.decline(this.#toError(reason, about.key || undefined), about);
  }
}

/** It waits for whatever its text has a hole for. */
function submissionOf({ text, type = 'item', uses = [], ...rest }: NewItem): Submission {
  const { pieces, holes } = typeof text === 'string' ? { pieces: [text], holes: [] } : text;
  const bytes = pieces.reduce((sum, piece) => sum + utf8Length(piece), 0);
  return { ...rest, type, pieces, holes, bytes, uses: [...new Set([...uses, ...holes])] };
}

function throwIfWrong(problems: readonly string[]): void {
  if (problems.length > 0) throw new TypeError(`${problems.join('; ')}.`);
}

/** As much as can be told of a call that may be anything. */
function declinedCallOf(item: unknown): DeclinedCall {
  try {
    const { key, type, makes } = Object(item);
    return {
      key: typeof key === 'string' ? key : '',
      type: typeof type === 'string' ? type : '',
      // So that items that wait for it fail.
      makes: isName(makes) ? makes : undefined,
    };
  } catch {
    return { key: '', type: '' };
  }
}

type CheckTableOf<Fields> = { readonly [Name in keyof Fields]-?: ValueCheck | CheckTable };

const aCount = integerFrom(1, Number.MAX_SAFE_INTEGER);
const aByteCount = integerFrom(0, Number.MAX_SAFE_INTEGER);
const aDuration = numberFrom(0, Number.POSITIVE_INFINITY);
const aBound = numberFrom(1, Number.POSITIVE_INFINITY);
const aText = mustBe('a non-empty string', isText);
const listOfTexts = mustBe('an array of strings', isArrayOf(isString));
const listOfNames = mustBe('an array of names: ids, or whole numbers', isArrayOf(isName));
const listOfNumbers = mustBe('an array of whole numbers', isArrayOf(Number.isSafeInteger));
const aName = mustBe('an id, or a whole number', isName);

const optionChecks: CheckTableOf<CoalescerOptions> = {
  send: aFunction,
  read: aFunction,
  maxItems: aCount,
  maxBytes: aCount,
  envelopeBytes: aByteCount,
  separatorBytes: aByteCount,
  maxAnswerBytes: aBound,
  concurrency: aCount,
  maxWaitMs: aDuration,
  onSkipped: oneOf('requeue', 'reject'),
  queue: { maxItems: aBound, maxBytes: aBound } satisfies CheckTableOf<CoalescerOptions['queue']>,
  retry: {
    limit: aBound,
    minDelayMs: aDuration,
    maxDelayMs: aDuration,
    maxPauseMs: aDuration,
    itemCodes: listOfTexts,
  } satisfies CheckTableOf<CoalescerOptions['retry']>,
  deliveryTimeoutMs: aBound,
  attemptTimeoutMs: aBound,
  ping: aFunction,
  describe: aFunction,
  toError: aFunction,
  toRecord: { output: aFunction, failure: aFunction, error: aFunction } satisfies CheckTableOf<
    ToRecord<unknown>
  >,
  overdue: aFunction,
  onNamed: aFunction,
  schedule: aFunction,
  clock: mustBe('an object with the methods now, after', (value) =>
    ['now', 'after'].every((name) => typeof Object(value)[name] === 'function'),
  ),
  random: aFunction,
};

const itemChecks: CheckTableOf<NewItem> = {
  key: aText,
  text: mustBe(
    'a string, or an object with pieces and holes',
    (value) => isString(value) || isObjectLike(value),
  ),
  type: aText,
  readAs: () => undefined,
  fingerprint: mustBe('a string', isString),
  makes: aName,
  changes: aName,
  uses: listOfNames,
  precedes: aText,
  follows: aText,
  overBound: aBoolean,
  echoBytes: aDuration,
  signal: mustBe('an AbortSignal', (value) => {
    const { aborted, addEventListener } = Object(value);
    return typeof aborted === 'boolean' && typeof addEventListener === 'function';
  }),
};

function problemsOfOptions(given: unknown): string[] {
  const found = problemsOf(given, optionChecks, 'options', ['send']);
  if (found.length > 0) return found;
  const { minDelayMs, maxDelayMs } = complete(given as CoalescerOptions).retry;
  if (minDelayMs <= maxDelayMs) return found;
  return [
    `options.retry.minDelayMs must be at most maxDelayMs (${maxDelayMs}), but it is ${minDelayMs}`,
  ];
}

/** A copy for which each field is read once. */
function copyOfItem(given: unknown): unknown {
  if (!isObjectLike(given)) return given;
  const names = new Set([...Object.keys(itemChecks), ...Object.keys(given)]);
  return Object.fromEntries(Array.from(names, (name) => [name, Reflect.get(given, name)]));
}

function problemsOfItem(given: unknown): string[] {
  const found = problemsOf(given, itemChecks, 'submission', ['key', 'text']);
  if (found.length > 0) return found;
  const { text, makes } = given as NewItem;
  if (typeof text === 'string') return found;
  found.push(
    ...problemsOf(text, { pieces: listOfTexts, holes: listOfNumbers }, 'submission.text', [
      'pieces',
      'holes',
    ]),
  );
  if (found.length > 0) return found;
  if (text.holes.some((hole) => hole === makes)) {
    found.push(`submission.text.holes must not have what it makes itself (${makes})`);
  } else if (text.pieces.length !== text.holes.length + 1) {
    found.push(
      `submission.text.pieces must be one more than holes (${text.holes.length}), but they are ${text.pieces.length}`,
    );
  }
  return found;
}

function problemsOfListener(event: unknown, listener: unknown): string[] {
  const anEvent = oneOfMany('the name of an event', Object.keys(engineEvents));
  const table = { event: anEvent, listener: aFunction };
  return problemsOf({ event, listener }, table, '', Object.keys(table));
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isText(value: unknown): boolean {
  return isString(value) && value !== '';
}

function isName(value: unknown): value is Name {
  return isText(value) || Number.isSafeInteger(value);
}

function isArrayOf(isOne: (value: unknown) => boolean): (value: unknown) => boolean {
  // Array.from makes holes of a sparse array `undefined`, so that they are checked, too.
  return (value) => Array.isArray(value) && Array.from<unknown>(value).every(isOne);
}
