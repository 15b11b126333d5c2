/** The error that the server gave for an item. */
export interface FailedOutput {
  readonly output: unknown;
  /** The server's name for the request that it answered so, if it has one. */
  readonly requestId?: string | undefined;
}

/** Why a call was rejected, as data; `ToError` makes an error of it. */
export type Reason<Failure> =
  /** The server's own error for this item. */
  | (FailedOutput & { readonly kind: 'error'; readonly maybeApplied: boolean })
  /** The server's own error, that the key was used before; `maybeApplied` if this item has probably used it. */
  | (FailedOutput & { readonly kind: 'used'; readonly maybeApplied: boolean })
  /** The server refused the whole request. */
  | { readonly kind: 'refused'; readonly failure: Failure; readonly maybeApplied: boolean }
  /** An earlier item of the batch failed, and skipped items are not sent again. */
  | {
      readonly kind: 'skipped';
      readonly because: FailedItem<Failure>;
      readonly maybeApplied: boolean;
    }
  /** What the item needs could not be made, or got another id than the one that it was sent for. */
  | {
      readonly kind: 'dependency';
      /** The id of what is missing, if it had one. */
      readonly resourceId: string | undefined;
      readonly because: DependencyCause<Failure>;
      readonly maybeApplied: boolean;
    }
  /** Attempts or time are used up. */
  | {
      readonly kind: 'exhausted';
      readonly limit: 'attempts' | 'deliveryTimeoutMs';
      /** Requests that carried the item. */
      readonly attempts: number;
      /** How the last attempt ended; with an output if the server gave a transient error. */
      readonly last: LastAttempt<Failure> | undefined;
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
      /** `finishes`: the extra room for items that close what was opened is full, too. */
      readonly bound: 'items' | 'bytes' | 'finishes';
      readonly limit: number;
      /** What went wrong last, if nothing usable has come since: perhaps why the queue is full. */
      readonly last?: LastAttempt<Failure> | undefined;
      readonly maybeApplied: false;
    }
  | {
      readonly kind: 'closed';
      /** How the last attempt ended, if there was one. */
      readonly last?: LastAttempt<Failure> | undefined;
      readonly maybeApplied: boolean;
    }
  /** The call could not be handled: its own parts throw, or its text cannot be made. */
  | {
      readonly kind: 'threw';
      readonly error: unknown;
      /** Set if it was the caller's signal, to which no listener can be added. */
      readonly part?: 'signal' | undefined;
      readonly maybeApplied: boolean;
    }
  /** The caller's signal fired: the call rejects with the signal's own reason. */
  | { readonly kind: 'aborted'; readonly reason: unknown; readonly maybeApplied: boolean };

/** The item whose failure made another one fail. For failures of the past, `reason` is a record. */
export interface FailedItem<Failure> {
  readonly key: string;
  readonly reason: Reason<Failure>;
}

/**
 * Why what an item needs is not there: the call that was to make it failed, or was declined; or the answer gave it
 * another id than the one that was sent, or none at all.
 */
export type DependencyCause<Failure> = FailedItem<Failure> | 'declined' | 'other id' | 'no id';

export type LastAttempt<Failure> =
  | { readonly kind: 'failure'; readonly failure: Failure }
  | (FailedOutput & { readonly kind: 'output' })
  /** The request was still in flight: it waited for a token, a connection or an answer. */
  | { readonly kind: 'silence' };

/** Makes the error of a call; called once for each caller, so that each has its own. */
export type ToError<Failure> = (reason: Reason<Failure>, key: string | undefined) => unknown;

/**
 * Makes short what an answer or a caller could make large. It is applied to what is remembered of a failed call, long
 * after that has settled: `ToError` gets it for later items that need what failed.
 */
export interface ToRecord<Failure> {
  /** @default keeps nothing of it */
  readonly output?: ((output: unknown) => unknown) | undefined;
  /** @default keeps it as it is */
  readonly failure?: ((failure: Failure) => Failure) | undefined;
  /** What the call's own parts threw. @default keeps nothing of it */
  readonly error?: ((error: unknown) => unknown) | undefined;
}
