import type { SendOptions } from '../coalescer/index.ts';
import { copyOfCaught } from '../errors/caught-error.ts';
import type { Failure } from '../errors/failure.ts';
import type { Clock } from '../lib/clock.ts';
import { FairTimeouts } from '../lib/fair-timeouts.ts';
import type { ApiToken } from './auth.ts';
import { Auth } from './auth.ts';
import { DispatchSender } from './dispatch-sender.ts';
import { fetchSender } from './fetch-sender.ts';
import { BrokenFetch, lastingFaultOf } from './lasting-faults.ts';
import { NeverSent } from './never-connected.ts';
import { sdkHeader } from './sdk-header.ts';
import type { Answer, Fetch, Outgoing, Sender, Told } from './sender.ts';

/** What the transport takes from the options. */
export interface HttpOptions {
  readonly apiUrl: string;
  readonly apiToken: ApiToken;
  readonly attemptTimeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly sdk: readonly string[];
  readonly fetch: Fetch | undefined;
}

export interface HttpParts extends HttpOptions {
  readonly clock: Clock;
}

/** Lines of a stack that are kept of what a `fetch` threw, which may be a fault of its own. */
const FRAMES = 8;

const jsonHeader = { 'content-type': 'application/json' };

/** Requests to the API: one attempt each, whose body is read in full, within one time-out. */
export class Http {
  readonly auth: Auth;
  readonly #options: HttpOptions;
  readonly #clock: Clock;
  readonly #timeouts: FairTimeouts;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #byDispatcher: DispatchSender | undefined;
  readonly #overFetch: Sender;

  constructor({ clock, ...options }: HttpParts) {
    this.auth = new Auth(options);
    this.#options = options;
    this.#clock = clock;
    this.#timeouts = new FairTimeouts(clock);
    this.#headers = {
      ...lowerCased(options.headers),
      accept: 'application/json',
      ...sdkHeader(options.sdk),
    };
    this.#byDispatcher = options.fetch === undefined ? new DispatchSender() : undefined;
    this.#overFetch = fetchSender(options.fetch);
  }

  /** Sends `body` as JSON; without one, asks by GET. Never rejects. */
  async exchange(
    path: string,
    body: Outgoing['body'],
    options: SendOptions,
  ): Promise<Answer | Failure> {
    const attempt = new Attempt({
      options,
      ms: this.#options.attemptTimeoutMs,
      clock: this.#clock,
      timeouts: this.#timeouts,
    });
    if (!attempt.isOver) void this.#make(attempt, path, body, options.outlives ?? false);
    try {
      return await attempt.result;
    } catch (error) {
      if (!attempt.hasToken) return { kind: 'token', cause: error };
      return this.#failureOf(error, error instanceof NeverSent || !attempt.hasLeft);
    }
  }

  /** Makes the attempt, which is told what comes of it. Never rejects. */
  async #make(
    attempt: Attempt,
    path: string,
    body: Outgoing['body'],
    keepalive: boolean,
  ): Promise<void> {
    try {
      const { auth } = this;
      // A page that goes away is not there to hear of another token.
      const known = keepalive || !auth.mayChange ? auth.latest : undefined;
      const token = known ?? (await auth.token());
      // A token that comes after its time must not send anything.
      if (attempt.isOver) return;
      attempt.hasToken = true;
      const type = body === undefined ? undefined : jsonHeader;
      const outgoing: Outgoing = {
        url: this.#options.apiUrl + path,
        headers: { ...this.#headers, ...type, authorization: `Bearer ${token}` },
        body,
        signal: attempt.signal,
        keepalive,
        told: attempt,
      };
      // Node's own way where there is one; asked for each time, since `fetch` may be replaced late.
      attempt.answered(await (this.#byDispatcher?.send(outgoing) ?? this.#overFetch(outgoing)));
    } catch (error) {
      attempt.failed(error);
    }
  }

  #failureOf(error: unknown, isUnsent: boolean): Failure {
    const isWrapped = error instanceof BrokenFetch || error instanceof NeverSent;
    const caught = isWrapped ? error.cause : error;
    const cause = copyOfCaught(caught, (text) => this.auth.redact(text), { frames: FRAMES });
    const broken = error instanceof BrokenFetch ? error.what : undefined;
    const lasting = lastingFaultOf(cause) ?? broken;
    return {
      kind: 'connection',
      cause,
      ...(isUnsent && { unsent: true }),
      ...(lasting !== undefined && { lasting }),
    };
  }
}

interface AttemptParts {
  readonly options: SendOptions;
  /** What it may take, in milliseconds. */
  readonly ms: number;
  readonly clock: Clock;
  readonly timeouts: FairTimeouts;
}

/**
 * One attempt at a request: how far it has come, and what came of it. What it starts has to obey its signal; if
 * that does not, it is left to itself, and its outcome is ignored.
 */
class Attempt implements Told {
  /** What came of it, or why it was cut off; rejects with what it failed with. */
  readonly result: Promise<Answer | Failure>;
  /** Fires when it is cut off. */
  readonly signal: AbortSignal;
  /** Before that, nothing of it can be at the server. */
  hasToken = false;
  hasLeft = false;
  isOver = false;
  readonly #options: SendOptions;
  readonly #timeouts: FairTimeouts;
  readonly #ms: number;
  readonly #controller = new AbortController();
  readonly #cancelTimeout: () => void;
  #cancelReading: (() => void) | undefined;
  #resolve!: (result: Answer | Failure) => void;
  #reject!: (error: unknown) => void;

  constructor({ options, ms, clock, timeouts }: AttemptParts) {
    this.#options = options;
    this.#timeouts = timeouts;
    this.#ms = ms;
    this.signal = this.#controller.signal;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.waits?.();
    const now = clock.now();
    const come = (): void => {
      this.#cancelReading = timeouts.expire(now + ms, this.#timeOut);
    };
    this.#cancelTimeout = clock.after(ms, come, now);
    if (options.signal.aborted) this.#giveUp();
    else options.signal.addEventListener('abort', this.#giveUp);
  }

  /** It can no longer be ruled out that the server gets something of it. */
  left(): void {
    this.hasLeft = true;
    this.#options.left?.();
  }

  /** Bytes of the answer have come, those of its headers included. */
  heard(): void {
    this.#timeouts.received++;
    this.#options.heard?.();
  }

  answered(answer: Answer): void {
    this.#end();
    this.#resolve(answer);
    // Not every fetch ends the connection when nobody wants the rest of its stream (node-fetch 2).
    if (!answer.isWhole) this.#controller.abort();
  }

  failed(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  readonly #timeOut = (): void => {
    this.#cutOff(this.#timeoutOf());
  };

  readonly #giveUp = (): void => {
    const { reason } = this.#options.signal;
    this.#cutOff({ kind: 'aborted', cause: reason }, reason);
  };

  #timeoutOf(): Failure {
    const ms = this.#ms;
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
    this.#cancelTimeout();
    this.#cancelReading?.();
    this.#options.signal.removeEventListener('abort', this.#giveUp);
  }
}

/** Names that differ only by case are one header, which is sent once. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
