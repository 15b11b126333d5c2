/** The options of the engine. All but `send` have a default. */
import type { Clock } from '../../lib/clock.ts';
import { systemClock } from '../../lib/clock.ts';
import { unfailing } from '../../lib/user-code.ts';
import type { Emitter } from './events.ts';
import { silentEmitter } from './events.ts';
import type { ToError, ToRecord } from './reason.ts';
import { toRejectedError } from './rejected-error.ts';
import type { FailureDescription, Ping, Send } from './sender.ts';
import type { Name } from './submission.ts';
import type { Verdict } from './verdict.ts';

export interface CoalescerOptions<Value = unknown, Failure = unknown> {
  /** Makes one attempt at a request. */
  readonly send: Send<Failure>;
  /**
   * Judges an item's output. `readAs` is that of its submission, so that one function can read outputs of several
   * kinds. @default each output is a success, and its call resolves to it
   */
  readonly read?: ((output: unknown, readAs: unknown) => Verdict<Value>) | undefined;
  /** Items in one request, at most. @default 100 */
  readonly maxItems?: number | undefined;
  /** UTF-8 bytes of a request, envelope included; a larger item is sent alone. @default 1_000_000 */
  readonly maxBytes?: number | undefined;
  /** UTF-8 bytes of a request around its items. @default 2, as an array in JSON */
  readonly envelopeBytes?: number | undefined;
  /** UTF-8 bytes between two items. @default 1 */
  readonly separatorBytes?: number | undefined;
  /** UTF-8 bytes that an answer is expected to have, at most (see `echoBytes`). @default Infinity */
  readonly maxAnswerBytes?: number | undefined;
  /** Requests in flight, at most. @default 16 */
  readonly concurrency?: number | undefined;
  /** The longest that an item waits for a fuller batch while requests are in flight, in milliseconds. @default 20 */
  readonly maxWaitMs?: number | undefined;
  /** What becomes of items behind one that failed, which the server did not reach. @default 'requeue' */
  readonly onSkipped?: 'requeue' | 'reject' | undefined;
  /** @default 100,000 items and 64,000,000 bytes */
  readonly queue?: Partial<QueueBounds> | undefined;
  /**
   * @default 10 attempts without progress, 250 ms to 30 s apart; pauses of at most 60 s, or a fifth of
   * `deliveryTimeoutMs` if that is less; no code of an item's error is transient
   */
  readonly retry?: Partial<RetrySettings> | undefined;
  /** The longest from a call to its settlement, in milliseconds. @default 300_000 */
  readonly deliveryTimeoutMs?: number | undefined;
  /** The longest that `send` may take, in milliseconds. @default 30_000 */
  readonly attemptTimeoutMs?: number | undefined;
  /**
   * Asks whether the server answers. Without it, an item that crashes the server looks like an outage. @default none
   */
  readonly ping?: Ping<Failure> | undefined;
  /** Puts a failure in words; without it, events tell only the status. @default none */
  readonly describe?: ((failure: Failure) => FailureDescription) | undefined;
  /** Makes the error that a call rejects with. @default a `RejectedError` */
  readonly toError?: ToError<Failure> | undefined;
  /** What is remembered of a failure; nothing ever of the reason of an abort. @default nothing of an answer either */
  readonly toRecord?: ToRecord<Failure> | undefined;
  /** Makes the failure of an attempt of which nothing was heard for so many ms. @default an Error */
  readonly overdue?: ((ms: number) => Failure) | undefined;
  /**
   * Called with each id that only an answer told: that of a number, or one that differs from the id that was sent.
   * Called without an id if the item of a number has failed. @default none
   */
  readonly onNamed?: ((name: Name, id: string | undefined) => void) | undefined;
  /** Decides when a window ends. @default at the end of the synchronous run of code that opened it */
  readonly schedule?: Schedule | undefined;
  /** @default the runtime's own */
  readonly clock?: Clock | undefined;
  /** From 0 up to 1, for jitter. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** With `events`, which only the client passes. */
export interface EngineOptions<Failure> extends CoalescerOptions<unknown, Failure> {
  readonly events?: Emitter | undefined;
}

/**
 * Opens a window, and calls `flush` when it is over. It may return a function that stops its timer: that is called at
 * the end of the window, however it came. A window ends without it if a batch or the queue is full, or on a flush.
 */
export type Schedule = (flush: () => void) => (() => void) | undefined;

export interface QueueBounds {
  /** Items pending at once, those in flight included. */
  readonly maxItems: number;
  /** UTF-8 bytes of their texts. */
  readonly maxBytes: number;
}

export interface RetrySettings {
  /** Attempts of an item that made no progress. */
  readonly limit: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** The longest pause that a server may ask for, jitter included, in milliseconds. */
  readonly maxPauseMs: number;
  /** The server's codes for transient errors of an item. */
  readonly itemCodes: readonly string[];
}

/** Options that have no default. */
type OptionsWithoutDefault = 'ping' | 'describe';

type WithDefaults<Options> = {
  readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined>;
};

export interface CompleteOptions<Failure>
  extends Pick<EngineOptions<Failure>, OptionsWithoutDefault>,
    WithDefaults<Omit<EngineOptions<Failure>, OptionsWithoutDefault | 'queue' | 'retry'>> {
  readonly queue: QueueBounds;
  readonly retry: RetrySettings;
}

/** What a request has beside its items. */
export type Envelope = Pick<CompleteOptions<unknown>, 'envelopeBytes' | 'separatorBytes'>;

/** The options, with a default for each that was left out. */
export function complete<Failure>(options: EngineOptions<Failure>): CompleteOptions<Failure> {
  const { deliveryTimeoutMs = 300_000, queue = {}, retry = {} } = options;
  return {
    send: options.send,
    read: options.read ?? ((output) => ({ kind: 'success', value: output })),
    maxItems: options.maxItems ?? 100,
    maxBytes: options.maxBytes ?? 1_000_000,
    envelopeBytes: options.envelopeBytes ?? 2,
    separatorBytes: options.separatorBytes ?? 1,
    maxAnswerBytes: options.maxAnswerBytes ?? Number.POSITIVE_INFINITY,
    concurrency: options.concurrency ?? 16,
    maxWaitMs: options.maxWaitMs ?? 20,
    onSkipped: options.onSkipped ?? 'requeue',
    queue: { maxItems: queue.maxItems ?? 100_000, maxBytes: queue.maxBytes ?? 64_000_000 },
    retry: completeRetry(retry, deliveryTimeoutMs),
    deliveryTimeoutMs,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 30_000,
    ping: options.ping,
    describe: options.describe,
    toError: unfailing(options.toError ?? toRejectedError),
    toRecord: options.toRecord ?? {},
    overdue: unfailing(
      options.overdue ??
        ((ms) => new Error(`Nothing was heard of an attempt within ${ms} ms.`) as Failure),
    ),
    onNamed: options.onNamed ?? (() => {}),
    schedule: options.schedule ?? defaultSchedule,
    clock: options.clock ?? systemClock(),
    random: randomOption(options.random),
    events: options.events ?? silentEmitter,
  };
}

/**
 * A delay that was given moves the default of the other one, if it must. A pause leaves time for a few probes, so that
 * a server's long wish cannot cost calls that one would save.
 */
export function completeRetry(
  retry: { readonly [Name in keyof RetrySettings]?: RetrySettings[Name] | undefined },
  deliveryTimeoutMs: number,
): RetrySettings {
  const { minDelayMs = Math.min(250, retry.maxDelayMs ?? 250) } = retry;
  return {
    limit: retry.limit ?? 10,
    minDelayMs,
    maxDelayMs: retry.maxDelayMs ?? Math.max(30_000, minDelayMs),
    maxPauseMs: retry.maxPauseMs ?? Math.min(60_000, deliveryTimeoutMs / 5),
    itemCodes: retry.itemCodes ?? [],
  };
}

/** Ends a window with the synchronous code that opened it. Not by queueMicrotask, which tests may replace. */
const defaultSchedule: Schedule = (flush) => void settledPromise.then(flush);

const settledPromise = Promise.resolve();

/** Always from 0 up to 1, since tests replace Math.random by other functions. */
function randomOption(random: () => number = Math.random): () => number {
  return () => {
    const chance: unknown = random();
    return typeof chance === 'number' && chance >= 0 && chance < 1 ? chance : 0.5;
  };
}
