/** The items of one request. Their texts can be read until its reply is given. */
export interface Batch {
  readonly keys: readonly string[];
  /** Each item's text, in the order in which the server is to run them. */
  readonly texts: readonly string[];
  /** UTF-8 bytes of the whole request, envelope included. */
  readonly bytes: number;
  /**
   * Writes the texts as UTF-8 into a body, from that place on, with a byte between them. That is faster than `texts`,
   * which have to be decoded first. A packed batch may lack it.
   */
  writeTo?(body: Uint8Array, at: number, separator: number): void;
}

/** A batch that its caller has packed: the keys and the texts of its items. */
export type PackedItems = Pick<Batch, 'keys' | 'texts'>;

/** The answer to a packed batch: the output of each key that the server reached. */
export interface PackedAnswer {
  readonly status: number;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * The outputs of a batch by their keys; or, if the sender has compared the keys itself, a list of the outputs of its
 * first items, in its order. Items that the server did not reach have none.
 */
export type Outputs = Readonly<Record<string, unknown>> | readonly unknown[];

/**
 * What came of one attempt, as data. `failure` is the sender's own description of what went wrong: the engine passes
 * it on and never looks inside.
 */
export type Reply<Failure> =
  /** A usable answer. */
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly outputs: Outputs;
      /** The server's name for the request; called only if an item has failed. */
      readonly requestId?: (() => string | undefined) | undefined;
    }
  /** The whole request was refused; nothing of it was done. */
  | {
      readonly kind: 'refused';
      /** Undefined if the server was not even asked. */
      readonly status: number | undefined;
      readonly failure: Failure;
      /** What was to be made is there already. */
      readonly exists?: boolean | undefined;
      /**
       * What may be to blame: one of its `items`, or their number; its `bytes`; or this one `attempt`, as the next
       * may have another token, for example. Without it, the batch is not halved.
       */
      readonly blame?: 'items' | 'bytes' | 'attempt' | undefined;
    }
  /** The server asks for a pause. */
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
      /** It took too long, or the server is overloaded: perhaps too many requests are in flight. */
      readonly overload?: boolean | undefined;
      /** There was an answer, but it was too large to be read. */
      readonly oversized?: boolean | undefined;
    }
  /** Certainly never reached the server: nothing was done, and no item is to blame. */
  | { readonly kind: 'unsent'; readonly failure: Failure };

/** What went wrong, for people. */
export interface FailureDescription {
  /** In few words: `connection failed (ECONNREFUSED)`. */
  readonly cause: string;
  /** A retry will hardly mend it: an outage is reported at once. It is retried all the same. */
  readonly lasting?: boolean | undefined;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  /** The process or the page may end at once, and the request is to outlive it. */
  readonly outlives?: boolean | undefined;
  /**
   * To be called when bytes of the answer arrive. After a stop of the process, an expired time limit waits for such
   * an answer to be read.
   */
  readonly heard?: (() => void) | undefined;
  /**
   * To be called at once by a sender that may have to wait, for a token or a connection, and that calls `left`
   * afterwards: a request that is given up meanwhile was not sent. Without it, a request counts as sent when `send`
   * is called.
   */
  readonly waits?: (() => void) | undefined;
  /** To be called as soon as something of the request may have reached the server. */
  readonly left?: (() => void) | undefined;
}

/** Makes exactly one attempt at a request. It must not throw what a reply can say. */
export type Send<Failure> = (batch: Batch, options: SendOptions) => Promise<Reply<Failure>>;

/** Asks whether the server answers at all. True for any usable answer; otherwise false, or the failure. */
export type Ping<Failure = unknown> = (
  options: SendOptions,
) => Promise<boolean | { readonly failure: Failure }>;
