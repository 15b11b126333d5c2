/** What an engine is made of: but for `send`, all has a default. */
import type { Clock } from '../../lib/clock.ts';
import type { Emitter } from './events.ts';
import type { ToError, ToRecord } from './reason.ts';
import type { Schedule } from './schedule.ts';
import type { Ping, Send, Trouble } from './sender.ts';
import type { Name } from './submission.ts';
import type { Verdict } from './verdict.ts';

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

/** With what only the client hands in: where events go. */
export interface EngineOptions<Failure> extends CoalescerOptions<unknown, Failure> {
  readonly events?: Emitter | undefined;
}

/** Those without which the engine can do. */
type Spare = 'ping' | 'describe';

type Given<Options> = { readonly [Name in keyof Options]-?: Exclude<Options[Name], undefined> };

/** With a default for everything that was left out. */
export interface CompleteOptions<Failure>
  extends Pick<EngineOptions<Failure>, Spare>,
    Given<Omit<EngineOptions<Failure>, Spare | 'queue' | 'retry'>> {
  readonly queue: QueueBounds;
  readonly retry: RetrySettings;
}

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
  /** The server's own codes for errors of an item that may pass. */
  readonly itemCodes: readonly string[];
}
