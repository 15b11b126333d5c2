import { LruMap } from '../lib/lru-map.ts';
import { TextHasher } from '../lib/text-hash.ts';

/**
 * The keys of calls that ended without an answer, for their repeats. Not every SDK sends a key: there a repeat is
 * known by its path and its body, and only where a call of that kind has no answer, since two equal bodies may be two
 * calls.
 */
export class UnansweredCalls {
  readonly #keys = new LruMap<string, readonly string[]>({ max: 1_000 });
  #hasher: TextHasher | undefined;

  add(path: string, body: string, key: string): void {
    const call = this.#hash(path, body);
    this.#keys.set(call, [...(this.#keys.get(call) ?? []), key]);
  }

  /** The key of the first such call, which from now on is repeated. */
  take(path: string, body: string): string | undefined {
    if (this.#keys.size === 0) return undefined;
    const call = this.#hash(path, body);
    const [key, ...others] = this.#keys.take(call) ?? [];
    if (others.length > 0) this.#keys.set(call, others);
    return key;
  }

  #hash(path: string, body: string): string {
    this.#hasher ??= new TextHasher();
    return this.#hasher.hash128(`${path}\n${body}`);
  }
}
