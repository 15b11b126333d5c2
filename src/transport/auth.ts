import { runInRoot } from '../internal/context.ts';
import { isToken, TOKEN } from '../internal/header-fields.ts';
import { isTooShort, MIN_TOKEN_LENGTH, shortTokenProblem } from '../internal/short-token.ts';
import type { ApiToken, Fetch } from '../options.ts';

// As many attempts as can overlap (batch.concurrency), each of which may have a token of its own.
const remembered = 256;

interface AuthOptions {
  readonly apiToken: ApiToken;
  readonly apiUrl: string;
  readonly fetch: Fetch | undefined;
}

/** Gives the token for each attempt, and keeps all of them out of what is said about answers. */
export class Auth {
  readonly #source: ApiToken;
  readonly #isTooShort: (token: string) => boolean;
  readonly #tokens = new Set<string>();
  /** The one that was given last: mostly it is the same again. */
  #latest: string | undefined;

  constructor({ apiToken, apiUrl, fetch }: AuthOptions) {
    this.#source = apiToken;
    this.#isTooShort = (token) => isTooShort(token, apiUrl, fetch);
  }

  /** Whether the next token may be another one than the last. */
  get mayChange(): boolean {
    return typeof this.#source === 'function';
  }

  /** The one that was given last, for who cannot wait for another. */
  get latest(): string | undefined {
    return this.#latest;
  }

  /** The token for one attempt. Rejects with what the token function threw, or for what it gave. */
  async token(): Promise<string> {
    const source = this.#source;
    const token: unknown = typeof source === 'string' ? source : await runInRoot(source);
    if (typeof token === 'string' && token === this.#latest) return token;
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
    this.#latest = token;
    if (token.length < MIN_TOKEN_LENGTH) return;
    this.#tokens.delete(token);
    this.#tokens.add(token);
    const [oldest] = this.#tokens;
    if (oldest !== undefined && this.#tokens.size > remembered) {
      this.#tokens.delete(oldest);
    }
  }
}
