/** What an engine is made of, for those who use it by itself: but for `send`, all has a default. */
import type { Clock } from '../../lib/clock.ts';
import type { CoalescerPorts, CoalescerSettings } from '../assembly.ts';
import type { ToError, ToRecord } from '../ports/reason.ts';
import type { Schedule } from '../ports/schedule.ts';
import type { Ping, Send, Trouble } from '../ports/sender.ts';
import type { Name } from '../ports/submission.ts';
import type { Verdict } from '../ports/verdict.ts';
import type { QueueBounds } from '../queue/bounds.ts';
import type { RetrySettings } from '../server/backoff.ts';

export interface CoalescerOptions<Value = unknown, Failure = unknown> {
  /** Makes one attempt at a request. */
  readonly send: Send<Failure>;
  /**
   * Judges an item's output; `readAs` is what its submission says, so that one function can read
   * outputs of several kinds. @default each output is a success, and what its call resolves to
   */
  readonly read?: ((output: unknown, readAs: unknown) => Verdict<Value>) | undefined;
  /** Items in one request, at most. @default 100 */
  readonly maxItems?: number | undefined;
  /** UTF-8 bytes of a request, envelope included; a larger item travels alone. @default 1_000_000 */
  readonly maxBytes?: number | undefined;
  /** UTF-8 bytes that a request has around its items. @default 2, as an array in JSON */
  readonly envelopeBytes?: number | undefined;
  /** UTF-8 bytes between two items. @default 1 */
  readonly separatorBytes?: number | undefined;
  /** UTF-8 bytes that an answer is expected to have, at most (`echoBytes` of items). @default Infinity */
  readonly maxAnswerBytes?: number | undefined;
  /** Requests in flight, at most. @default 16 */
  readonly concurrency?: number | undefined;
  /** The longest that an item waits for a fuller batch while others are in flight. @default 20 */
  readonly maxWaitMs?: number | undefined;
  /** What becomes of items behind one that failed, which have no output. @default 'requeue' */
  readonly onSkipped?: 'requeue' | 'reject' | undefined;
  /** @default 100,000 items and 64,000,000 bytes */
  readonly queue?: Partial<QueueBounds> | undefined;
  /**
   * @default 10 attempts without progress, 250 ms to 30 s apart; pauses of at most 60 s, or a fifth of
   * `deliveryTimeoutMs` where that is less; no code of an item's error is worth another attempt
   */
  readonly retry?: Partial<RetrySettings> | undefined;
  /** The longest from a call to its settlement, in milliseconds. @default 300_000 */
  readonly deliveryTimeoutMs?: number | undefined;
  /** The longest that `send` is waited for, in milliseconds. @default 30_000 */
  readonly attemptTimeoutMs?: number | undefined;
  /** Asks whether the server answers; without it, an item that makes it fall cannot be told from an outage. @default none */
  readonly ping?: Ping<Failure> | undefined;
  /** Puts a failure in words; without it, no more than a status is told. @default none */
  readonly describe?: ((failure: Failure) => Trouble) | undefined;
  /** Makes the error that a call rejects with. @default a `RejectedError` */
  readonly toError?: ToError<Failure> | undefined;
  /** Without it, nothing is kept of an answer, and none of the reason of an abort. @default none */
  readonly toRecord?: ToRecord<Failure> | undefined;
  /** What `send` should have said where nothing was heard of it in so many ms. @default an Error */
  readonly overdue?: ((ms: number) => Failure) | undefined;
  /**
   * Told of each id that only an answer made known: of what goes by a number, or instead of the id sent. And,
   * without an id, of a number whose item has failed: it will never have one. @default none
   */
  readonly onNamed?: ((name: Name, id: string | undefined) => void) | undefined;
  /** Says when a window ends. @default when the synchronous run of code that opened it does */
  readonly schedule?: Schedule | undefined;
  /** @default the runtime's own */
  readonly clock?: Clock | undefined;
  /** From 0 up to 1, for jitter. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** What is a function of the caller's. */
export function portsOf<Failure>(
  options: CoalescerOptions<unknown, Failure>,
): CoalescerPorts<Failure> {
  const { send, read, ping, describe, toError, toRecord, overdue } = options;
  const { onNamed, schedule, random } = options;
  return {
    send,
    read,
    ping,
    describe,
    toError,
    toRecord,
    overdue,
    onNamed,
    schedule,
    random,
  };
}

/** Everything that is not given, by its default. */
export function settingsOf<Failure>(
  options: CoalescerOptions<unknown, Failure>,
): CoalescerSettings {
  const { deliveryTimeoutMs = 300_000, queue = {}, retry = {} } = options;
  const { minDelayMs = Math.min(250, retry.maxDelayMs ?? 250) } = retry;
  return {
    maxItems: options.maxItems ?? 100,
    maxBytes: options.maxBytes ?? 1_000_000,
    envelopeBytes: options.envelopeBytes ?? 2,
    separatorBytes: options.separatorBytes ?? 1,
    maxAnswerBytes: options.maxAnswerBytes,
    concurrency: options.concurrency ?? 16,
    maxWaitMs: options.maxWaitMs ?? 20,
    onSkipped: options.onSkipped ?? 'requeue',
    queue: { maxItems: queue.maxItems ?? 100_000, maxBytes: queue.maxBytes ?? 64_000_000 },
    retry: {
      limit: retry.limit ?? 10,
      minDelayMs,
      maxDelayMs: retry.maxDelayMs ?? Math.max(30_000, minDelayMs),
      maxPauseMs: retry.maxPauseMs ?? Math.min(60_000, deliveryTimeoutMs / 5),
      itemCodes: retry.itemCodes ?? [],
    },
    deliveryTimeoutMs,
    attemptTimeoutMs: options.attemptTimeoutMs ?? 30_000,
  };
}
