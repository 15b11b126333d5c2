import ky, { isNetworkError } from 'ky';
import type { SendOptions } from '../coalescer/ports.ts';
import type { Failure } from '../errors/failure.ts';
import type { Clock } from '../internal/clock.ts';
import { runInRoot } from '../internal/context.ts';
import type { ApiToken, Fetch } from '../options.ts';
import { Auth } from './auth.ts';
import type { Body } from './body.ts';
import { readBody } from './body.ts';
import { withinLimits } from './limits.ts';
import { sdkHeader } from './sdk-header.ts';

/** What the transport takes from the options. */
export interface HttpOptions {
  readonly apiUrl: string;
  readonly apiToken: ApiToken;
  readonly attemptTimeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly sdk: readonly string[];
  readonly fetch: Fetch | undefined;
}

export interface Answer extends Body {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: Headers;
}

// One attempt, whatever comes of it: the engine owns the only loop. A redirect would carry the token
// to wherever it points. ky's own time-out starts anew for the body, so `withinLimits` has the time.
const http = ky.create({
  retry: 0,
  redirect: 'manual',
  throwHttpErrors: false,
  timeout: false,
});

/** Requests to the API: one attempt each, whose body is read in full, within one time-out. */
export class Http {
  readonly auth: Auth;
  readonly #options: HttpOptions;
  readonly #clock: Clock;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: HttpOptions, clock: Clock) {
    this.auth = new Auth(options.apiToken);
    this.#options = options;
    this.#clock = clock;
    this.#headers = {
      ...options.headers,
      accept: 'application/json',
      ...sdkHeader(options.sdk),
    };
  }

  /** Sends `body` as JSON; without one, asks by GET. Never rejects. */
  async exchange(
    path: string,
    body: string | undefined,
    options: SendOptions,
  ): Promise<Answer | Failure> {
    const ms = this.#options.attemptTimeoutMs;
    let hasToken = false;
    try {
      const result = await withinLimits(
        { signal: options.signal, ms, clock: this.#clock },
        async (signal) => {
          const token = await this.auth.token();
          // Not later: a token that comes after its time must not send anything.
          signal.throwIfAborted();
          hasToken = true;
          return this.#send(path, body, token, { ...options, signal });
        },
      );
      if (result.kind === 'timeout' && !hasToken) {
        return {
          kind: 'token',
          cause: new Error(`The apiToken function gave nothing within ${ms} ms.`),
        };
      }
      return result;
    } catch (cause) {
      // ky's error carries the request, and with it the token.
      return hasToken
        ? { kind: 'connection', cause: isNetworkError(cause) ? cause.cause : cause }
        : { kind: 'token', cause };
    }
  }

  async #send(
    path: string,
    body: string | undefined,
    token: string,
    { signal, keepalive = false }: SendOptions,
  ): Promise<Answer> {
    const headers = { ...this.#headers, authorization: `Bearer ${token}` };
    const response = await http(this.#options.apiUrl + path, {
      signal,
      keepalive,
      fetch: this.#fetch,
      ...(body === undefined
        ? { headers }
        : { method: 'post', body, headers: { ...headers, 'content-type': 'application/json' } }),
    });
    // ky passes on whatever a user's fetch gives.
    if (typeof response?.status !== 'number') {
      throw new TypeError('The fetch option has to give a Response.');
    }
    return {
      kind: 'answer',
      // A browser hides the status of a redirect that is not followed.
      status: response.type === 'opaqueredirect' ? 302 : response.status,
      headers: response.headers,
      ...(await readBody(response, signal)),
    };
  }

  // The global one is looked up each time: instrumentation and request mocks replace it late.
  readonly #fetch = (input: Request | URL | string, init?: RequestInit): Promise<Response> => {
    const request = input instanceof Request ? input : new Request(input);
    const { fetch } = this.#options;
    return runInRoot(() =>
      fetch === undefined ? globalThis.fetch(request, init) : fetch(request, init),
    );
  };
}
