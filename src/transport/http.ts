import type { SendOptions } from '../coalescer/index.ts';
import { copyOfCaught } from '../errors/caught.ts';
import type { Failure } from '../errors/failure.ts';
import type { Patience } from '../internal/patience.ts';
import type { ApiToken, Fetch } from '../options.ts';
import { Attempt } from './attempt.ts';
import { Auth } from './auth.ts';
import { DispatchSender } from './dispatch-sender.ts';
import { fetchSender } from './fetch-sender.ts';
import { BrokenFetch, lastingFaultOf } from './lasting.ts';
import { NeverSent } from './never-connected.ts';
import { sdkHeader } from './sdk-header.ts';
import type { Answer, Outgoing, Sender } from './sender.ts';

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
  readonly patience: Patience;
}

/** Lines of a stack that are kept of what a `fetch` threw, which may be a fault of its own. */
const FRAMES = 8;

const jsonHeader = { 'content-type': 'application/json' };

/** Requests to the API: one attempt each, whose body is read in full, within one time-out. */
export class Http {
  readonly auth: Auth;
  readonly #options: HttpOptions;
  readonly #patience: Patience;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #byDispatcher: DispatchSender | undefined;
  readonly #overFetch: Sender;

  constructor({ patience, ...options }: HttpParts) {
    this.auth = new Auth(options);
    this.#options = options;
    this.#patience = patience;
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
    const ms = this.#options.attemptTimeoutMs;
    const attempt = new Attempt({ options, ms, patience: this.#patience });
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

/** Names that differ only by case are one header, which is sent once. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
