import { systemClock } from '../lib/clock.ts';
import { TextHasher } from '../lib/text-hash.ts';
import { answerOf } from './answers.ts';

/** A call that ended without an answer. */
export interface UnansweredCall {
  readonly key: string;
  /** What it comes to after all; undefined once that is no answer either. */
  readonly result: Promise<unknown> | undefined;
}

interface KnownCall {
  readonly hash: string;
  readonly addedAt: number;
  readonly key: string;
  result: Promise<unknown> | undefined;
}

const MAX_CALLS = 1_000;

/**
 * How long a repeat may be in coming: official SDKs pause for a minute at most. Long after that, equal bodies are two
 * calls: a run whose registration says what an old one said must not become that one.
 */
const REPEAT_MS = 300_000;

/**
 * The calls that ended without an answer, for their repeats. Not every SDK sends a key: there a repeat is known by its
 * path and its body, and only where a call of that kind has no answer, since two equal bodies may be two calls.
 */
export class UnansweredCalls {
  readonly #clock = systemClock();
  /** In the order in which they ended. */
  readonly #calls: KnownCall[] = [];
  #hasher: TextHasher | undefined;

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  add(path: string, body: string, { key, result }: UnansweredCall): void {
    const call: KnownCall = {
      hash: this.#hash(path, body),
      addedAt: this.#clock.now(),
      key,
      result,
    };
    this.#calls.push(call);
    if (this.#calls.length > MAX_CALLS) this.#calls.shift();
    result?.catch((error: unknown) => {
      if (answerOf(error) === undefined) call.result = undefined;
    });
  }

  /** The first such call, which from now on is repeated. */
  take(path: string, body: string): UnansweredCall | undefined {
    const since = this.#clock.now() - REPEAT_MS;
    while (this.#calls[0] !== undefined && this.#calls[0].addedAt <= since) this.#calls.shift();
    if (this.isEmpty) return undefined;
    const hash = this.#hash(path, body);
    const at = this.#calls.findIndex((call) => call.hash === hash);
    return at === -1 ? undefined : this.#calls.splice(at, 1)[0];
  }

  #hash(path: string, body: string): string {
    this.#hasher ??= new TextHasher();
    return this.#hasher.hash128(`${path}\n${body}`);
  }
}
