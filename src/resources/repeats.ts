import type { KeyClaim } from '../coalescer/index.ts';
import { isoNow } from '../internal/clock.ts';
import { Memory } from '../internal/memory.ts';

/** What the first call with a key of the caller's own has left behind for those that repeat it. */
export interface Claim extends KeyClaim {
  /** The time of the call. */
  readonly now: string;
  /** The id that was made for what it makes; null where it could not have one, undefined before that is known. */
  id: string | null | undefined;
  /** The ids that it was sent with, by the path of their field. */
  readonly sent: SentIds;
  /** What it asked for: see `Draft`. */
  fingerprint: string | undefined;
}

export type SentIds = Record<string, string>;

/** Keys that are remembered, at least. */
const MAX_REMEMBERED = 10_000;

/**
 * Calls that are repeated under a key of the caller's own must ask for the same to the letter, also
 * what they did not say themselves: a server that knows the key may compare (wire.md 7, *unknown*).
 */
export class Repeats {
  // A key that is forgotten looks like a new one, so none is while a call with it is pending.
  readonly #claims = new Memory<string, Claim>(
    MAX_REMEMBERED,
    (_, { pending }) => pending !== undefined,
  );

  /** What the first call with the key has left behind; this is the first one, where nothing is known. */
  claimOf(key: string): Claim {
    const before = this.#claims.get(key);
    if (before !== undefined) return before;
    const claim: Claim = {
      now: isoNow(),
      id: undefined,
      sent: {},
      fingerprint: undefined,
      pending: undefined,
    };
    this.#claims.add(key, claim);
    return claim;
  }
}
