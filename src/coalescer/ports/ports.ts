/**
 * What the engine asks of others, and what it tells them: types only.
 *
 * The engine knows items, keys, names and bytes. What an action means, how a request travels and
 * which class an error has is decided outside, and comes in through these types.
 */
/**
 * A name in the order: an id; or, of what gets its id from the answer, a number of the caller's own, used
 * for that one thing only. Numbers can be written down, and read back in another process.
 */
export type Name = string | number;

/** What one output says about its item. */
export type Verdict<T> =
  | { readonly kind: 'success'; readonly value: T; readonly id?: string | undefined }
  | {
      readonly kind: 'error';
      /** The API's own; an error without one is final. */
      readonly code: string | undefined;
      /** The time before which the item is not to come back, in milliseconds, if it says so. */
      readonly retryAfterMs?: number | undefined;
      /**
       * Set where the error says that the work may be done already: what was to be made `exists`,
       * what was to be changed is in a `state` that the change would have led to, or the key was
       * `used` before, perhaps by an attempt of the item itself.
       */
      readonly conflict?: 'exists' | 'state' | 'used' | undefined;
    }
  | { readonly kind: 'malformed' };

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

/** Judges an output, once for each caller that waits for it; `readAs` is what its submission says. */
export type Read = (output: unknown, readAs: unknown) => Verdict<unknown>;

/** The items that travel in one request; their texts can be read until its reply is given. */
export interface Batch {
  readonly keys: readonly string[];
  /** Each item's text, in the order in which the server is to run them. */
  readonly texts: readonly string[];
  /** UTF-8 bytes of the whole request, envelope included. */
  readonly bytes: number;
  /**
   * Writes the texts as UTF-8 into a body, from that place on, with a byte between them; faster than
   * to take `texts`, which are decoded then. Left out where texts are all there is.
   */
  writeTo?(body: Uint8Array, at: number, separator: number): void;
}

/** The answer to a batch that its caller has packed: each key's own output; what was not reached is missing. */
export interface Answer {
  readonly status: number;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * What a server says of the items of a batch: each key's own output. Or, of a sender that has looked at the
 * keys itself, a list: the outputs of the first items of the batch, in its order. What was not reached is
 * missing.
 */
export type Outputs = Readonly<Record<string, unknown>> | readonly unknown[];

/**
 * What came of one attempt, as data. `failure` is the sender's own description of what went wrong:
 * the engine hands it on and never looks inside.
 */
export type Reply<Failure> =
  /** A usable answer. */
  | { readonly kind: 'answered'; readonly status: number; readonly outputs: Outputs }
  /** The whole request was refused; nothing of it was done. */
  | {
      readonly kind: 'refused';
      /** Undefined where the server was not even asked. */
      readonly status: number | undefined;
      readonly failure: Failure;
      /** What was to be made is there already. */
      readonly exists?: boolean | undefined;
      /**
       * What may be to blame: one of its `items`, or their number; its `bytes`; or this one
       * `attempt`, since the next may be made otherwise, with another token say. Left out where a part would fare no better.
       */
      readonly blame?: 'items' | 'bytes' | 'attempt' | undefined;
    }
  /** The server wants to be left alone for a while. */
  | {
      readonly kind: 'busy';
      readonly status: number;
      readonly failure: Failure;
      /** For how long, in milliseconds, if it says so. */
      readonly afterMs: number | undefined;
      readonly maybeApplied: boolean;
    }
  /** No usable answer: the work may have been done. */
  | {
      readonly kind: 'lost';
      readonly status: number | undefined;
      readonly failure: Failure;
      /** It took too long, or the server is out of breath: perhaps too many requests go at once. */
      readonly overload?: boolean | undefined;
      /** The answer was there, and larger than what is read of one. */
      readonly oversized?: boolean | undefined;
    }
  /** Certainly never reached the server: nothing was done, and nothing is to blame. */
  | { readonly kind: 'unsent'; readonly failure: Failure };

/** What went wrong, for people. */
export interface Trouble {
  /** In few words: `connection failed (ECONNREFUSED)`. */
  readonly cause: string;
  /** Repetition will hardly mend it: told at once, though it is waited out as all others are. */
  readonly lasting?: boolean | undefined;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  /** The process may end at once, a page go away: the request must outlive it. */
  readonly outlives?: boolean | undefined;
  /**
   * To be called when bytes of the answer come. A limit of time that is over long ago, since the
   * process stood still, waits for an answer that is there and not yet read.
   */
  readonly heard?: (() => void) | undefined;
  /**
   * To be called at once by a sender that will say when the request leaves, and may have to wait till
   * then, for a token or a connection: whoever gives the request up meanwhile knows that nothing was
   * sent. Of a sender that never calls it, a request has left as soon as it is asked for.
   */
  readonly waits?: (() => void) | undefined;
  /** To be called as soon as something of the request may have reached the server. */
  readonly left?: (() => void) | undefined;
}

/** Makes exactly one attempt at a request. It never throws what a reply can say. */
export type Send<Failure> = (batch: Batch, options: SendOptions) => Promise<Reply<Failure>>;

/** Asks whether the server answers at all; true for any usable answer, else false, or why not. */
export type Ping<Failure = unknown> = (
  options: SendOptions,
) => Promise<boolean | { readonly failure: Failure }>;

/**
 * Opens a window: calls `flush` when it is over. What it returns is called once the window is over, however that
 * came about, to stop what is still to call `flush` then. A window is ended without it when a batch or the queue is
 * full, and whenever somebody waits for what is in it.
 */
export type Schedule = (flush: () => void) => (() => void) | undefined;

/** Why a call was rejected: data, which `ToError` turns into an error. */
export type Reason<Failure> =
  /** The server's own error for this item. */
  | { readonly kind: 'error'; readonly output: unknown; readonly maybeApplied: boolean }
  /** The server's own error, that the key was used before; `maybeApplied`: by this item, it seems. */
  | { readonly kind: 'used'; readonly output: unknown; readonly maybeApplied: boolean }
  /** The server refused the whole request. */
  | { readonly kind: 'refused'; readonly failure: Failure; readonly maybeApplied: boolean }
  /** An earlier item of the batch failed, and skipped items are not to be sent again. */
  | { readonly kind: 'skipped'; readonly because: Blame<Failure>; readonly maybeApplied: boolean }
  /** What the item needs could not be made, or got another id than the one that it was sent for. */
  | {
      readonly kind: 'dependency';
      /** The id of what is missing, where it had one. */
      readonly resourceId: string | undefined;
      readonly because: Cause<Failure>;
      readonly maybeApplied: boolean;
    }
  /** Attempts or time are used up. */
  | {
      readonly kind: 'exhausted';
      readonly limit: 'attempts' | 'deliveryTimeoutMs';
      /** Requests that carried the item. */
      readonly attempts: number;
      /** What the last attempt met; an output where the server named an error that may pass. */
      readonly last: Last<Failure> | undefined;
      readonly maybeApplied: boolean;
    }
  /** The answer breaks the contract: an output is missing or cannot be read. */
  | {
      readonly kind: 'contract';
      readonly problem: 'missing output' | 'malformed output';
      readonly output: unknown;
      readonly maybeApplied: true;
    }
  /** A pending item has the same key and asks for something else. */
  | { readonly kind: 'conflict'; readonly maybeApplied: false }
  | {
      readonly kind: 'full';
      /** `finishes`: also the room beyond the two others, for what closes what was opened. */
      readonly bound: 'items' | 'bytes' | 'finishes';
      readonly limit: number;
      /** What went wrong last, where nothing usable has come since: perhaps why the queue is full. */
      readonly last?: Last<Failure> | undefined;
      readonly maybeApplied: false;
    }
  | {
      readonly kind: 'closed';
      /** What the last attempt met, if there was one. */
      readonly last?: Last<Failure> | undefined;
      readonly maybeApplied: boolean;
    }
  /** It could not be handled: its own parts throw, or its text cannot be made. */
  | {
      readonly kind: 'fault';
      readonly error: unknown;
      /** Set where it was the caller's signal, which nobody can listen to. */
      readonly part?: 'signal' | undefined;
      readonly maybeApplied: boolean;
    }
  /** The caller's signal fired: the call rejects with the signal's own reason. */
  | { readonly kind: 'aborted'; readonly reason: unknown; readonly maybeApplied: boolean };

/** The failure that another item's fate goes back to; what is remembered of it is a record. */
export interface Blame<Failure> {
  readonly key: string;
  readonly reason: Reason<Failure>;
}

/**
 * Why something is not there: the call that was to make it failed, or was never accepted; or the
 * answer gave it another id than the one that it was known by, or none where one was waited for.
 */
export type Cause<Failure> = Blame<Failure> | 'declined' | 'other id' | 'no id';

export type Last<Failure> =
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'output'; readonly output: unknown }
  /** A request that was still under way by then: it waits for a token, a connection or an answer. */
  | { readonly kind: 'silence' };

/** Makes the error that a caller sees; called once for each caller, so that each has its own. */
export type ToError<Failure> = (reason: Reason<Failure>, key: string | undefined) => unknown;

/**
 * Makes of a reason what is kept of it, long after the call itself was told: short, and with nothing
 * in it that an answer or a caller could make large. What it gives is handed to `ToError` for those who
 * needed what failed.
 */
export type ToRecord<Failure> = (reason: Reason<Failure>) => Reason<Failure>;
