import { runInRoot } from '../lib/async-context.ts';
import { isToken, TOKEN } from './header-fields.ts';
import type { Fetch } from './sender.ts';
import { isTooShort, MIN_TOKEN_LENGTH, shortTokenProblem } from './short-token.ts';

/**
 * The token, or what gives it: asked once for each request, so that it may change. 8 characters or more,
 * printable ASCII without blanks; any number where `apiUrl` is on this machine, or `fetch` is given.
 */
export type ApiToken = string | (() => string | Promise<string>);

// As many attempts as can overlap (batch.concurrency), each of which may have a token of its own.
const remembered = 256;

interface AuthOptions {
  readonly apiToken: ApiToken;
  readonly apiUrl: string;
  readonly fetch: Fetch | undefined;
}

/** Gives the token for each attempt, and keeps all of them out of what is said about answers. */
export class Auth {
  /** Whether the next token may be another one than the last. */
  readonly mayChange: boolean;
  /** The one that was given last; of a text, that is known from the start. */
  latest: string | undefined;
  readonly #source: ApiToken;
  readonly #isTooShort: (token: string) => boolean;
  readonly #tokens = new Set<string>();

  constructor({ apiToken, apiUrl, fetch }: AuthOptions) {
    this.mayChange = typeof apiToken === 'function';
    this.#source = apiToken;
    this.#isTooShort = (token) => isTooShort(token, apiUrl, fetch);
    if (typeof apiToken === 'string') this.#remember(apiToken);
  }

  /** The token for one attempt. Rejects with what the token function threw, or for what it gave. */
  async token(): Promise<string> {
    const source = this.#source;
    if (typeof source === 'string') return source;
    const token: unknown = await runInRoot(source);
    if (typeof token === 'string' && token === this.latest) return token;
    if (!isToken(token)) {
      throw new TypeError(`The apiToken function has to give a string of ${TOKEN}.`);
    }
    if (this.#isTooShort(token)) {
      throw new TypeError(`What the apiToken function gives ${shortTokenProblem}.`);
    }
    this.#remember(token);
    return token;
  }

  /**
   * `text` without any token in it, whether plain or as JSON would write it. One too short for that
   * stays: it protects nothing.
   */
  redact(text: string): string {
    let clean = text;
    for (const token of this.#tokens) {
      clean = clean
        .replaceAll(token, '[token]')
        .replaceAll(JSON.stringify(token).slice(1, -1), '[token]');
    }
    return clean;
  }

  #remember(token: string): void {
    this.latest = token;
    if (token.length < MIN_TOKEN_LENGTH) return;
    this.#tokens.delete(token);
    this.#tokens.add(token);
    const [oldest] = this.#tokens;
    if (oldest !== undefined && this.#tokens.size > remembered) {
      this.#tokens.delete(oldest);
    }
  }
}
