import { Memory } from '../coalescer/memory.ts';
import { isoNow } from '../internal/clock.ts';

/** What a call filled in by itself. */
export interface Defaults {
  /** The time of the call. */
  readonly now: string;
  /** The id that was made for what it makes; none, where the first call could not have one. */
  id: string | undefined;
  /** The ids that the first call was sent with, by the path of their field. */
  readonly sent: Map<string, string> | undefined;
  /** The first call has been made, with this id or without one. */
  hasDecided: boolean;
}

interface Remembered {
  readonly fingerprint: string;
  readonly defaults: Defaults;
}

/** Calls with a key of the caller's own that are remembered. */
const MAX_REMEMBERED = 10_000;

/**
 * Calls that are repeated under a key of the caller's own must ask for the same to the letter, also
 * what they did not say themselves: a server that knows the key may compare (wire.md 7, *unknown*).
 */
export class Repeats {
  readonly #calls = new Memory<string, Remembered>(MAX_REMEMBERED);

  /** The defaults of the first call with this key that asked for the same; else new ones. */
  defaultsOf(key: string, fingerprint: string | undefined): Defaults {
    if (fingerprint === undefined) return fresh(undefined);
    const before = this.#calls.get(key);
    if (before?.fingerprint === fingerprint) return before.defaults;
    const defaults = fresh(new Map());
    // What the key was used for first is what a server that knows it compares with.
    if (before === undefined) this.#calls.set(key, { fingerprint, defaults });
    return defaults;
  }
}

function fresh(sent: Map<string, string> | undefined): Defaults {
  return { now: isoNow(), id: undefined, sent, hasDecided: false };
}
