/** What the server said of an item that has failed. */
export interface FailedOutput {
  readonly output: unknown;
  /** How the server names the request that it answered so, if it says. */
  readonly requestId?: string | undefined;
}

/** Why a call was rejected: data, which `ToError` turns into an error. */
export type Reason<Failure> =
  /** The server's own error for this item. */
  | (FailedOutput & { readonly kind: 'error'; readonly maybeApplied: boolean })
  /** The server's own error, that the key was used before; `maybeApplied`: by this item, it seems. */
  | (FailedOutput & { readonly kind: 'used'; readonly maybeApplied: boolean })
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
  | (FailedOutput & {
      readonly kind: 'contract';
      readonly problem: 'missing output' | 'malformed output';
      readonly maybeApplied: true;
    })
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
  | (FailedOutput & { readonly kind: 'output' })
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
