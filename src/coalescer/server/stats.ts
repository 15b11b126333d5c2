import type { Ledger } from '../calls/ledger.ts';

/** What is known of the server, or of the way to it. */
export interface ServerStats {
  /**
   * `unknown`: nothing has come back yet. `answering`: the last that came was usable. `pausing`: it
   * wants to be left alone for a while. `failing`: the last attempt brought nothing usable.
   */
  readonly state: 'unknown' | 'answering' | 'pausing' | 'failing';
  /** Since when; undefined where it is unknown. */
  readonly since: Date | undefined;
  /** What went wrong last, in words, even if it is over; undefined where nothing has. */
  readonly cause: string | undefined;
}

/** The engine at one moment, and what it has done so far. */
export interface Stats {
  /** Items that are not in flight. */
  readonly queued: number;
  /** Those of them that wait for other items. */
  readonly blocked: number;
  /** Items in requests without an answer yet. */
  readonly inFlight: number;
  /** UTF-8 bytes of all pending items. */
  readonly queuedBytes: number;
  /** Requests that may be in flight at once, as learned from the server's answers. */
  readonly concurrency: number;
  /** How long the oldest pending call has waited, in milliseconds. */
  readonly oldestMs: number;
  /** Requests that left, and the items and UTF-8 bytes that they carried. */
  readonly requests: number;
  readonly items: number;
  readonly bytes: number;
  /** Times that an item went back since the server had not reached it. */
  readonly requeued: number;
  /** Times that an item went back for another attempt. */
  readonly retried: number;
  /** Times that a batch, or a part of one, was halved. */
  readonly bisected: number;
  /** Milliseconds in pauses that the server asked for. */
  readonly pausedMs: number;
  readonly meanBatchSize: number;
  readonly server: ServerStats;
  readonly ledger: Ledger;
}
