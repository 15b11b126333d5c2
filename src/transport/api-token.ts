import { runInRoot } from '../lib/async-context.ts';
import { isLocalhost } from './api-url.ts';
import type { Fetch } from './fetch-sender.ts';

/**
 * The token, or what gives it: asked once for each request, so that it may change. 8 characters or more,
 * printable ASCII without blanks; any number where `apiUrl` is on this machine, or `fetch` is given.
 */
export type ApiToken = string | (() => string | Promise<string>);

/** What a token has to be, in words that never show one. */
export const TOKEN = 'printable ASCII characters, without blanks and line breaks';

export const tokenProblem: string = `must be a string of ${TOKEN}, or a function that gives one`;

/** Only ASCII, since each way to send a header encodes other characters differently. */
export function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

/** The shortest token that is redacted: a shorter one occurs in common words, and would garble them. */
export const MIN_TOKEN_LENGTH = 8;

/** What is wrong with a shorter one, to follow its name. */
export const shortTokenProblem: string = `must have at least ${MIN_TOKEN_LENGTH} characters, or it cannot be kept out of errors and logs; a shorter one is taken where apiUrl is on this machine, or the option fetch is given`;

/** Any length will do for an API on this machine, and for a `fetch` of a test's. */
export function isTooShort(token: string, apiUrl: string, fetch: unknown): boolean {
  if (token.length >= MIN_TOKEN_LENGTH || fetch !== undefined) return false;
  return URL.canParse(apiUrl) && !isLocalhost(new URL(apiUrl).hostname);
}

// As many attempts as can overlap (batch.concurrency), each of which may have a token of its own.
const MAX_REMEMBERED_TOKENS = 256;

interface TokenSourceOptions {
  readonly apiToken: ApiToken;
  readonly apiUrl: string;
  readonly fetch: Fetch | undefined;
}

/** Gives the token of each attempt, and redacts those given lately. */
export class TokenSource {
  /** Whether the next token may be another one than the last. */
  readonly mayChange: boolean;
  /** The last token given. A token that cannot change is known from the start. */
  latest: string | undefined;
  readonly #options: TokenSourceOptions;
  readonly #tokens = new Set<string>();

  constructor(options: TokenSourceOptions) {
    const { apiToken } = options;
    this.mayChange = typeof apiToken === 'function';
    this.#options = options;
    if (typeof apiToken === 'string') this.#remember(apiToken);
  }

  /** The token for one attempt. Rejects with what the token function threw, or for what it gave. */
  async token(): Promise<string> {
    const { apiToken, apiUrl, fetch } = this.#options;
    if (typeof apiToken === 'string') return apiToken;
    const token: unknown = await runInRoot(apiToken);
    if (typeof token === 'string' && token === this.latest) return token;
    if (!isToken(token)) {
      throw new TypeError(`The apiToken function has to give a string of ${TOKEN}.`);
    }
    if (isTooShort(token, apiUrl, fetch)) {
      throw new TypeError(`What the apiToken function gives ${shortTokenProblem}.`);
    }
    this.#remember(token);
    return token;
  }

  /** `text` without any token in it, whether plain or as JSON would write it. */
  readonly redact = (text: string): string => {
    let clean = text;
    for (const token of this.#tokens) {
      clean = clean
        .replaceAll(token, '[token]')
        .replaceAll(JSON.stringify(token).slice(1, -1), '[token]');
    }
    return clean;
  };

  #remember(token: string): void {
    this.latest = token;
    if (token.length < MIN_TOKEN_LENGTH) return;
    this.#tokens.delete(token);
    this.#tokens.add(token);
    const [oldest] = this.#tokens;
    if (oldest !== undefined && this.#tokens.size > MAX_REMEMBERED_TOKENS)
      this.#tokens.delete(oldest);
  }
}
