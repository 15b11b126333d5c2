import type { SendOptions } from '../coalescer/index.ts';
import { copyOfCaught } from '../errors/caught.ts';
import type { Failure } from '../errors/failure.ts';
import type { Patience } from '../internal/patience.ts';
import type { ApiToken, Fetch } from '../options.ts';
import { Auth } from './auth.ts';
import { dispatchSender } from './dispatch-sender.ts';
import { fetchSender } from './fetch-sender.ts';
import { BrokenFetch, lastingFaultOf } from './lasting.ts';
import { withinLimits } from './limits.ts';
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

/** Lines of a stack that are kept of what a `fetch` threw, which may be a fault of its own. */
const FRAMES = 8;

const jsonHeader = { 'content-type': 'application/json' };

/** Requests to the API: one attempt each, whose body is read in full, within one time-out. */
export class Http {
  readonly auth: Auth;
  readonly #options: HttpOptions;
  readonly #patience: Patience;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #overFetch: Sender;

  constructor(options: HttpOptions, patience: Patience) {
    this.auth = new Auth(options);
    this.#options = options;
    this.#patience = patience;
    this.#headers = {
      ...lowerCased(options.headers),
      accept: 'application/json',
      ...sdkHeader(options.sdk),
    };
    this.#overFetch = fetchSender(options.fetch);
  }

  /** Sends `body` as JSON; without one, asks by GET. Never rejects. */
  async exchange(
    path: string,
    body: Outgoing['body'],
    options: SendOptions,
  ): Promise<Answer | Failure> {
    const ms = this.#options.attemptTimeoutMs;
    let hasToken = false;
    let hasLeft = false;
    options.waits?.();
    const heard = (): void => {
      this.#patience.heard();
      options.heard?.();
    };
    try {
      const result = await withinLimits(
        { signal: options.signal, ms, patience: this.#patience },
        async (signal, cutOff) => {
          // A page that goes away is not there to hear of another token.
          const known = options.outlives ? this.auth.latest : undefined;
          const token = known ?? (await this.auth.token());
          // Not later: a token that comes after its time must not send anything.
          signal.throwIfAborted();
          hasToken = true;
          const type = body === undefined ? undefined : jsonHeader;
          const headers = { ...this.#headers, ...type, authorization: `Bearer ${token}` };
          const answer = await this.#sender()({
            url: this.#options.apiUrl + path,
            headers,
            body,
            signal,
            keepalive: options.outlives ?? false,
            heard,
            left: () => {
              hasLeft = true;
              options.left?.();
            },
          });
          // Not every fetch ends the connection when nobody wants the rest of its stream (node-fetch 2).
          if (!answer.isWhole) cutOff();
          return answer;
        },
      );
      if (result.kind === 'timeout' && !hasToken) {
        return {
          kind: 'token',
          cause: new Error(`The apiToken function gave nothing within ${ms} ms.`),
        };
      }
      return result.kind === 'timeout' && !hasLeft ? { ...result, unsent: true } : result;
    } catch (error) {
      if (!hasToken) return { kind: 'token', cause: error };
      return this.#failureOf(error, error instanceof NeverSent || !hasLeft);
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

  /** Node's own way where there is one; asked for each time, since `fetch` may be replaced late. */
  #sender(): Sender {
    const own = this.#options.fetch === undefined ? dispatchSender() : undefined;
    return own ?? this.#overFetch;
  }
}

/** Names that differ only by case are one header, which is sent once. */
function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
