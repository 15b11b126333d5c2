import type { SendOptions } from '../coalescer/index.ts';
import type { AttemptFailure } from '../errors/attempt-failure.ts';
import { CAUGHT_STACK_FRAMES, copyOfCaught } from '../errors/caught-error.ts';
import type { Clock } from '../lib/clock.ts';
import { ConnectionTrouble, lastingTroubleOf } from '../lib/connection-errors.ts';
import { FairTimeouts } from '../lib/fair-timeouts.ts';
import type { ApiToken } from './api-token.ts';
import { TokenSource } from './api-token.ts';
import type { Fetch } from './fetch-sender.ts';
import { fetchSender } from './fetch-sender.ts';
import { lowerCasedNames } from './header-fields.ts';
import type { ExchangeListener, HttpResponse, OutgoingRequest, Sender } from './http-exchange.ts';
import { isSdkName, sdkHeader } from './sdk-header.ts';
import { UndiciSender } from './undici-sender.ts';

/** What it takes from the options. */
export interface HttpClientOptions {
  readonly apiUrl: string;
  readonly apiToken: ApiToken;
  readonly attemptTimeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly sdk: readonly string[];
  readonly fetch: Fetch | undefined;
}

const jsonBodyHeader = { 'content-type': 'application/json' };

/** The most SDKs that are named in front of ours: a header must not grow without end. */
const MAX_NAMED_SDKS = 16;

/** Requests to the API: one attempt each, whose response is read in full, within one time-out. */
export class HttpClient {
  readonly tokens: TokenSource;
  readonly #options: HttpClientOptions;
  readonly #timeouts: FairTimeouts;
  #headers: Readonly<Record<string, string>>;
  readonly #namedSdks = new Set<string>();
  readonly #viaUndici: UndiciSender | undefined;
  readonly #viaFetch: Sender;

  constructor(options: HttpClientOptions, clock: Clock) {
    this.tokens = new TokenSource(options);
    this.#options = options;
    this.#timeouts = new FairTimeouts(clock);
    this.#headers = {
      ...lowerCasedNames(options.headers),
      accept: 'application/json',
      ...sdkHeader(options.sdk),
    };
    this.#viaUndici = options.fetch === undefined ? new UndiciSender() : undefined;
    this.#viaFetch = fetchSender(options.fetch);
  }

  /** Names SDKs, `name@version`, in front of those of the options. What is no such name is left out. */
  nameSdks(names: readonly string[]): void {
    const before = this.#namedSdks.size;
    for (const name of names) {
      if (this.#namedSdks.size < MAX_NAMED_SDKS && isSdkName(name)) this.#namedSdks.add(name);
    }
    if (this.#namedSdks.size === before) return;
    const sdks = [...this.#namedSdks, ...this.#options.sdk];
    this.#headers = { ...this.#headers, ...sdkHeader(sdks) };
  }

  /** The headers of a request that another process makes; undefined where it could not make it as this one does. */
  headersElsewhere(): Readonly<Record<string, string>> | undefined {
    const { latest } = this.tokens;
    if (latest === undefined || this.#viaUndici?.isUsual() !== true) return undefined;
    return this.#headersWith(latest, jsonBodyHeader);
  }

  /** Sends `body` as JSON; without one, a GET. Never rejects. */
  exchange(
    path: string,
    body: OutgoingRequest['body'],
    options: SendOptions,
  ): Promise<HttpResponse | AttemptFailure> {
    const attempt = new Attempt(options, this.#options.attemptTimeoutMs, this.#timeouts);
    if (!attempt.isOver) void this.#make(attempt, path, body, options.outlives ?? false);
    return attempt.result;
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
      const type = body === undefined ? undefined : jsonBodyHeader;
      const request: OutgoingRequest = {
        url: this.#options.apiUrl + path,
        headers: this.#headersWith(token, type),
        body,
        signal: attempt.signal,
        keepalive,
        progress: attempt,
      };
      // Chosen for each request, since the global `fetch` may be replaced late.
      attempt.settle(await (this.#viaUndici?.send(request) ?? this.#viaFetch(request)));
    } catch (error) {
      if (!attempt.isOver) attempt.settle(this.#failureOf(error, attempt));
    }
  }

  #headersWith(
    token: string,
    type: Readonly<Record<string, string>> | undefined,
  ): Readonly<Record<string, string>> {
    return { ...this.#headers, ...type, authorization: `Bearer ${token}` };
  }

  #failureOf(error: unknown, { hasToken, hasLeft }: Attempt): AttemptFailure {
    if (!hasToken) return { kind: 'token', cause: error };
    const known = error instanceof ConnectionTrouble ? error : new ConnectionTrouble(error, {});
    // Where a `fetch` is to blame, its author looks for the cause in the stack.
    const cause = copyOfCaught(known.cause, this.tokens.redact, CAUGHT_STACK_FRAMES);
    const lasting = lastingTroubleOf(cause) ?? known.trouble;
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
class Attempt implements ExchangeListener {
  #resolve!: (result: HttpResponse | AttemptFailure) => void;
  /** The response, or why there is none. */
  readonly result = new Promise<HttpResponse | AttemptFailure>((resolve) => {
    this.#resolve = resolve;
  });
  readonly #controller = new AbortController();
  /** Fires when the attempt is cut off. */
  readonly signal: AbortSignal = this.#controller.signal;
  /** Before that, nothing of it can be at the server. */
  hasToken = false;
  hasLeft = false;
  isOver = false;
  readonly #options: SendOptions;
  readonly #timeouts: FairTimeouts;
  readonly #cancelTimer: () => void;
  #cancelExpiry: (() => void) | undefined;

  constructor(options: SendOptions, timeoutMs: number, timeouts: FairTimeouts) {
    this.#options = options;
    this.#timeouts = timeouts;
    options.waits?.();
    const { clock } = timeouts;
    const now = clock.now();
    const expire = (): void => {
      const cutOff = (): void => this.#cutOff(this.#timeout(timeoutMs));
      this.#cancelExpiry = timeouts.expire(now + timeoutMs, cutOff);
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

  /** The first result counts. */
  settle(result: HttpResponse | AttemptFailure): void {
    this.isOver = true;
    this.#cancelTimer();
    this.#cancelExpiry?.();
    this.#options.signal.removeEventListener('abort', this.#abort);
    this.#resolve(result);
    // Not every fetch ends the connection when the rest of its stream is not read (node-fetch 2).
    if (result.kind === 'response' && !result.isWhole) this.#controller.abort();
  }

  readonly #abort = (): void => {
    const { reason } = this.#options.signal;
    this.#cutOff({ kind: 'aborted', cause: reason }, reason);
  };

  #timeout(ms: number): AttemptFailure {
    if (!this.hasToken) {
      const cause = new Error(`The apiToken function gave nothing within ${ms} ms.`);
      return { kind: 'token', cause };
    }
    return this.hasLeft ? { kind: 'timeout', ms } : { kind: 'timeout', ms, unsent: true };
  }

  #cutOff(why: AttemptFailure, reason?: unknown): void {
    this.settle(why);
    this.#controller.abort(reason);
  }
}
