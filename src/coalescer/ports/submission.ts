/**
 * What a resource goes by: its id; or, while the id is unknown, a number of the caller's own, used for that
 * resource only. Numbers can be stored, and read back in another process.
 */
export type Name = string | number;

/** A call: what is sent for it, the key of its output, and what it depends on. */
export interface NewItem {
  /** Idempotency key: outputs are matched by it, and the server recognizes a repeated attempt by it. */
  readonly key: string;
  /** What is sent for it; with holes where it is to name what has no id yet. */
  readonly text: string | TextWithHoles;
  /** The kind of action, for events. @default 'item' */
  readonly type?: string | undefined;
  /** Passed to `read` with its output. */
  readonly readAs?: unknown;
  /**
   * Equal for two calls that ask for the same, which then share one item while that is pending. Without it,
   * a second call with a pending key is refused.
   */
  readonly fingerprint?: string | undefined;
  /** The resource that this item makes. One that is named by a number gets its id from the answer. */
  readonly makes?: Name | undefined;
  /** The resource that it changes: it waits for all earlier items that use, change or make that. */
  readonly changes?: Name | undefined;
  /** What must be there, and stay unchanged, while this item runs. */
  readonly uses?: readonly Name[] | undefined;
  /** Later items that `follow` this name wait for this item. */
  readonly precedes?: string | undefined;
  /** Waits for all earlier items that `precede` this name; no item waits for it there. */
  readonly follows?: string | undefined;
  /** It closes what an accepted item opened: accepted up to twice the bounds of the queue. */
  readonly overBound?: boolean | undefined;
  /** UTF-8 bytes that its output is expected to repeat, of a payload for example. @default 0 */
  readonly echoBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A text that is cut where an id is missing: one piece more than there are holes. */
export interface TextWithHoles {
  readonly pieces: readonly string[];
  /** What fills them, in order: the ids of the resources with these numbers, as JSON strings. */
  readonly holes: readonly number[];
}

/** The same, made ready for the engine. All but `claim` and `signal` can be stored, and read back. */
export interface Submission extends Omit<NewItem, 'text' | 'type'>, TextWithHoles {
  readonly type: string;
  /** UTF-8 bytes of the pieces together. */
  readonly bytes: number;
  /** The key was made for this call alone, so no pending item has it. */
  readonly hasNewKey?: boolean | undefined;
  /** Given with all calls of a key, it saves looking for the key among the pending items. */
  readonly claim?: KeyClaim | undefined;
  /** The name in `makes` was made for this call alone, so no pending item has it. */
  readonly hasNewName?: boolean | undefined;
  /** It may have been done before this engine took it over: a conflict may then be its own success. */
  readonly maybeApplied?: boolean | undefined;
}

/** What a caller keeps for a key, at least while an item with it is pending. */
export interface KeyClaim {
  /** The pending item. Only the engine writes it; callers may ask whether it is there. */
  pending: unknown;
}
