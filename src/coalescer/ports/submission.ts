/**
 * A name in the order: an id; or, of what gets its id from the answer, a number of the caller's own, used
 * for that one thing only. Numbers can be written down, and read back in another process.
 */
export type Name = string | number;

/** What a caller keeps for a key, for as long as an item with it is pending at least. */
export interface KeyClaim {
  /** The pending item: only the engine writes it, and reads more of it than whether it is there. */
  pending: unknown;
}

/**
 * One call made ready: encoded once, with its key, its dependencies and what its output is read by. But for
 * `claim` and `signal`, it is data that can be written down and read back.
 */
export interface Submission {
  /** Idempotency key: what answers are matched by. */
  readonly key: string;
  /**
   * Equal for two calls that ask for the same; compared when a pending item has the same key.
   * Left out, it is like no other.
   */
  readonly fingerprint?: string | undefined;
  /** The key was made for this call alone, so that it need not be looked for among those pending. */
  readonly hasNewKey?: boolean | undefined;
  /**
   * Whoever keeps one for each key, and gives it with all calls of that key, spares the engine to look
   * for the key among those pending.
   */
  readonly claim?: KeyClaim | undefined;
  /** The kind of action, for events and the log. */
  readonly type: string;
  /** The item's text, cut where an id is missing: one piece more than there are holes. */
  readonly pieces: readonly string[];
  /** UTF-8 bytes of the pieces together. */
  readonly bytes: number;
  /**
   * UTF-8 bytes that its answer is expected to hold beside what it says itself: of a span that is
   * finished, those of its payload. @default 0
   */
  readonly echoBytes?: number | undefined;
  /** What fills the holes, in order: the ids of what goes by these numbers, once they are known. */
  readonly holes: readonly number[];
  /** The resource that comes into being with this item. */
  readonly makes?: Name | undefined;
  /**
   * `makes` was made up for this call alone: nobody can have named it before. So it need not be looked for
   * among those pending.
   */
  readonly hasNewName?: boolean | undefined;
  /** The resource that this item changes. */
  readonly changes?: Name | undefined;
  /** What must be there, and stay unchanged, while this item runs. */
  readonly uses?: readonly Name[] | undefined;
  /** Whatever `follows` this name, and was called later, waits for this item. */
  readonly precedes?: string | undefined;
  /** Waits for all earlier items that `precede` this name, and holds back nobody there. */
  readonly follows?: string | undefined;
  /** A request may have done it already, before it was given to this engine: so "it exists" is no surprise. */
  readonly maybeApplied?: boolean | undefined;
  /** It closes what an accepted item opened: accepted up to twice the bounds of the queue. */
  readonly overBound?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** What the `read` port is given with this item's output: how to read it. Plain data. */
  readonly readAs?: unknown;
}
