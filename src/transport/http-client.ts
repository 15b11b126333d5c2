import type { SendOptions } from '../coalescer/index.ts';
import type { Failure } from '../errors/attempt-failure.ts';
import { copyOfCaught } from '../errors/caught-error.ts';
import type { Clock } from '../lib/clock.ts';
import { FairTimeouts } from '../lib/fair-timeouts.ts';
import type { ApiToken } from './api-token.ts';
import { TokenSource } from './api-token.ts';
import { lastingFaultOf, SendFailure } from './connection-errors.ts';
import { fetchSender } from './fetch-sender.ts';
import { sdkHeader } from './sdk-header.ts';
import type { Fetch, HttpResponse, OutgoingRequest, ProgressListener, Sender } from './sender.ts';
import { UndiciSender } from './undici-sender.ts';

/** What the transport takes from the options. */
export interface TransportOptions {
  readonly apiUrl: string;
  readonly apiToken: ApiToken;
  readonly attemptTimeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly sdk: readonly string[];
  readonly fetch: Fetch | undefined;
}

/** Lines of a stack that are kept of what a `fetch` threw, which may be a fault of its own. */
const FRAMES = 8;

const jsonHeader = { 'content-type': 'application/json' };

/** Requests to the API: one attempt each, whose response is read in full, within one time-out. */
export class HttpClient {
  readonly tokens: TokenSource;
  readonly #options: TransportOptions;
  readonly #timeouts: FairTimeouts;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #viaUndici: UndiciSender | undefined;
  readonly #viaFetch: Sender;

  constructor(options: TransportOptions, clock: Clock) {
    this.tokens = new TokenSource(options);
    this.#options = options;
    this.#timeouts = new FairTimeouts(clock);
    this.#headers = {
      ...lowerCased(options.headers),
      accept: 'application/json',
      ...sdkHeader(options.sdk),
    };
    this.#viaUndici = options.fetch === undefined ? new UndiciSender() : undefined;
    this.#viaFetch = fetchSender(options.fetch);
  }

  /** Sends `body` as JSON; without one, a GET. Never rejects. */
  async exchange(
    path: string,
    body: OutgoingRequest['body'],
    options: SendOptions,
  ): Promise<HttpResponse | Failure> {
    const attempt = new Attempt(options, this.#options.attemptTimeoutMs, this.#timeouts);
    if (!attempt.isOver) void this.#make(attempt, path, body, options.outlives ?? false);
    try {
      return await attempt.result;
    } catch (error) {
      if (!attempt.hasToken) return { kind: 'token', cause: error };
      return this.#failureOf(error, attempt.hasLeft);
    }
  }

  /** Never rejects: the attempt gets the result. */
  async #make(
    attempt: Attempt,
    path: string,
    body: OutgoingRequest['body'],
    keepalive: boolean,
  ): Promise<void> {
    try {
      const { tokens } = this;
      // A page that is being closed cannot wait for another token.
      const known = keepalive || !tokens.mayChange ? tokens.latest : undefined;
      const token = known ?? (await tokens.token());
      // A token that comes after the time-out must not send anything.
      if (attempt.isOver) return;
      attempt.hasToken = true;
      const type = body === undefined ? undefined : jsonHeader;
      const request: OutgoingRequest = {
        url: this.#options.apiUrl + path,
        headers: { ...this.#headers, ...type, authorization: `Bearer ${token}` },
        body,
        signal: attempt.signal,
        keepalive,
        progress: attempt,
      };
      // Chosen for each request, since the global `fetch` may be replaced late.
      attempt.succeed(await (this.#viaUndici?.send(request) ?? this.#viaFetch(request)));
    } catch (error) {
      attempt.fail(error);
    }
  }

  #failureOf(error: unknown, hasLeft: boolean): Failure {
    const known = error instanceof SendFailure ? error : new SendFailure(error, {});
    const cause = copyOfCaught(known.cause, this.tokens.redact, { frames: FRAMES });
    const lasting = lastingFaultOf(cause) ?? known.fault;
    return {
      kind: 'connection',
      cause,
      ...((known.isUnsent || !hasLeft) && { unsent: true }),
      ...(lasting !== undefined && { lasting }),
    };
  }
}

/**
 * One attempt at a request: how far it has come, and its result. A token function or a `fetch` that does not obey
 * the signal is left to itself, and what comes of it is ignored.
 */
class Attempt implements ProgressListener {
  /** The response, or why it was cut off; rejects with what the sender failed with. */
  readonly result: Promise<HttpResponse | Failure>;
  readonly #controller = new AbortController();
  /** Fires when the attempt is cut off. */
  readonly signal: AbortSignal = this.#controller.signal;
  /** Before that, nothing of it can be at the server. */
  hasToken = false;
  hasLeft = false;
  isOver = false;
  readonly #options: SendOptions;
  readonly #timeoutMs: number;
  readonly #timeouts: FairTimeouts;
  readonly #cancelTimer: () => void;
  #cancelExpiry: (() => void) | undefined;
  #resolve!: (result: HttpResponse | Failure) => void;
  #reject!: (error: unknown) => void;

  constructor(options: SendOptions, timeoutMs: number, timeouts: FairTimeouts) {
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    this.#timeouts = timeouts;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.waits?.();
    const { clock } = timeouts;
    const now = clock.now();
    const expire = (): void => {
      this.#cancelExpiry = timeouts.expire(now + timeoutMs, () => this.#cutOff(this.#timeout()));
    };
    this.#cancelTimer = clock.after(timeoutMs, expire, now);
    if (options.signal.aborted) this.#abort();
    else options.signal.addEventListener('abort', this.#abort);
  }

  left(): void {
    this.hasLeft = true;
    this.#options.left?.();
  }

  heard(): void {
    this.#timeouts.received++;
    this.#options.heard?.();
  }

  succeed(response: HttpResponse): void {
    this.#end();
    this.#resolve(response);
    // Not every fetch ends the connection when the rest of its stream is not read (node-fetch 2).
    if (!response.isWhole) this.#controller.abort();
  }

  fail(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  readonly #abort = (): void => {
    const { reason } = this.#options.signal;
    this.#cutOff({ kind: 'aborted', cause: reason }, reason);
  };

  #timeout(): Failure {
    const ms = this.#timeoutMs;
    if (!this.hasToken) {
      const cause = new Error(`The apiToken function gave nothing within ${ms} ms.`);
      return { kind: 'token', cause };
    }
    return this.hasLeft ? { kind: 'timeout', ms } : { kind: 'timeout', ms, unsent: true };
  }

  #cutOff(why: Failure, reason?: unknown): void {
    this.#end();
    this.#resolve(why);
    this.#controller.abort(reason);
  }

  #end(): void {
    this.isOver = true;
    this.#cancelTimer();
    this.#cancelExpiry?.();
    this.#options.signal.removeEventListener('abort', this.#abort);
  }
}

/** Names that differ only by case are one header, which is sent once. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
