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
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly outputs: Outputs;
      /** How the server names the request, for errors: asked for only where an item has failed. */
      readonly requestId?: (() => string | undefined) | undefined;
    }
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
