import type { Logger } from '../lib/logger.ts';
import type { WireAction } from '../schemas/action.ts';
import type { ApiToken } from '../transport/api-token.ts';
import type { Fetch } from '../transport/fetch-sender.ts';
import type { HeaderFields } from '../transport/header-fields.ts';
import type { BatchWindow } from './batch-window.ts';

export interface BatchOptions {
  /** When the calls gathered so far are handed on; milliseconds: 0 to 60,000. @default 'tick' */
  readonly window?: BatchWindow | undefined;
  /** Items in one request: 1 to 10,000. @default 100 */
  readonly maxItems?: number | undefined;
  /**
   * UTF-8 bytes of one request at which it is closed: 1,024 to 100,000,000. Does not apply to an item
   * that is larger by itself, which travels alone.
   * @default 1_000_000
   */
  readonly maxBytes?: number | undefined;
  /**
   * Requests in flight, at most: 1 to 256. Further ones leave only with full or aged batches, and
   * fewer while the server is short of breath.
   * @default 16
   */
  readonly concurrency?: number | undefined;
  /**
   * The longest that a call which could be sent waits for a fuller batch while others are in flight,
   * in milliseconds: 0 to 60,000. Never longer than two thirds of the fastest round trip seen. Does not
   * apply to an idle client, which sends at the end of the window.
   * @default 20
   */
  readonly maxWaitMs?: number | undefined;
}

export interface QueueOptions {
  /** Items that are pending, in flight included: 1 or more. @default 100_000 */
  readonly maxItems?: number | undefined;
  /** UTF-8 bytes of the items that are pending: 1 or more. @default 64_000_000 */
  readonly maxBytes?: number | undefined;
}

export interface RetryOptions {
  /** Attempts of an item that made no progress: 1 to 1,000. @default 10 */
  readonly limit?: number | undefined;
  /**
   * The first delay's upper end, in milliseconds: 0 to 60,000; it doubles each time.
   * @default 250, or `maxDelayMs` if that is less
   */
  readonly minDelayMs?: number | undefined;
  /**
   * The longest delay, in milliseconds: 0 to 3,600,000 (an hour).
   * @default 30_000, or `minDelayMs` if that is more
   */
  readonly maxDelayMs?: number | undefined;
  /**
   * The longest pause that a server may ask for, jitter included, in milliseconds: 0 to 86,400,000 (a
   * day). Where it asks for more, one request probes after it, and no sooner than that once more while
   * the server's longer wish lasts.
   * @default 60_000, or a fifth of `deliveryTimeoutMs` if that is less
   */
  readonly maxPauseMs?: number | undefined;
  /**
   * Codes of an item's error that are worth another attempt. They are of the API's own list; that
   * these pass is told by their names.
   * @default ['temporarily_unavailable', 'rate_limited', 'unknown', 'unexpected']
   */
  readonly itemCodes?: readonly string[] | undefined;
}

/** All options of the client; `undefined` is the same as left out. */
export interface AutobatchOptions {
  /**
   * Base URL of the API; a slash or `/api/v1` at its end is taken off.
   * @default env PREFACTOR_API_URL, else 'https://app.prefactorai.com'
   */
  readonly apiUrl?: string | undefined;
  /** @default env PREFACTOR_API_TOKEN */
  readonly apiToken?: ApiToken | undefined;
  readonly batch?: BatchOptions | undefined;
  /** UTF-8 bytes above which an item is rejected at the call: 1 to 100,000,000. @default 8_000_000 */
  readonly maxItemBytes?: number | undefined;
  /** What becomes of items that the server did not reach, since an earlier one failed. @default 'requeue' */
  readonly onSkipped?: 'requeue' | 'reject' | undefined;
  /** Who makes the ids of spans: 'client' saves round trips. @default 'client' */
  readonly ids?: 'client' | 'server' | undefined;
  readonly queue?: QueueOptions | undefined;
  readonly retry?: RetryOptions | undefined;
  /** The longest that one request may take, body included, in milliseconds: 1 to 3,600,000. @default 30_000 */
  readonly attemptTimeoutMs?: number | undefined;
  /**
   * The longest from a call to its settlement, in milliseconds: 1 or more; Infinity: as long as it
   * takes. What was not sent by then only since the process stood still gets one attempt more.
   * @default 300_000
   */
  readonly deliveryTimeoutMs?: number | undefined;
  /**
   * Added to each request: an object, a `Headers`, a `Map` or a list of pairs; may not set what the client sets
   * itself.
   * @default {}
   */
  readonly headers?: HeaderFields | undefined;
  /** Entries of adapters for the header X-Prefactor-SDK, `name@version`, ahead of ours. @default [] */
  readonly sdk?: readonly string[] | undefined;
  /** @default on Node the dispatcher of its own fetch, else the global fetch; looked up at each request */
  readonly fetch?: Fetch | undefined;
  /**
   * Gets each action in wire form before it is accepted, and returns the one to send instead: redact,
   * truncate, sample. The action and its `details` may be changed; payloads are the caller's, to be
   * copied. Null: the call resolves unsent, and so does whatever needs what it was to make. A throw
   * rejects the call. Synchronous.
   * @default none
   */
  readonly beforeEnqueue?: ((action: WireAction) => WireAction | null) | undefined;
  /**
   * False: silence.
   * @default warnings and errors to the console; with env PREFACTOR_AUTOBATCH_LOG=debug all, among it
   * a line for each request
   */
  readonly logger?: Logger | false | undefined;
  /**
   * Nothing is sent: calls are checked, and resolve with their own fields and a local id.
   * @default whether env PREFACTOR_AUTOBATCH_DISABLED is 1 or true
   */
  readonly disabled?: boolean | undefined;
  /** Allows http: to hosts other than this one. @default false */
  readonly allowInsecure?: boolean | undefined;
  /**
   * Signals on which the client is closed and the process then ended by that signal; none that cannot be
   * caught. @default []
   */
  readonly exitSignals?: readonly string[] | undefined;
  /** Called with a promise of the work under way, for a serverless runtime to wait for. @default none */
  readonly waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
}
