// The public shapes of what an emulator saw: `report()` and `onAnswer`.

/** A request and what became of it, for `EmulatorOptions.onAnswer`. No token, header or payload is in it. */
export interface AnsweredRequest {
  /** Its number, from 1, over all requests. */
  readonly request: number;
  /** Method and route, such as `POST /api/v1/agent_spans/{id}/finish`; the path itself where there is no such route. */
  readonly route: string;
  /** `dropped`: the connection broke, or the client gave up, before a whole answer was given. */
  readonly status: number | 'dropped';
  /** Length of the body in UTF-8 bytes. */
  readonly bytes: number;
  /** Milliseconds from its arrival, by the emulator's clock. */
  readonly ms: number;
  /** Items of a bulk request; 0 at any other endpoint. */
  readonly items: number;
  /** Items that succeeded, also where the answer was then lost. 0, as the next three, where none ran. */
  readonly succeeded: number;
  /** Those among them that got the stored answer of their key. */
  readonly replayed: number;
  /** Items that ran into an error: one at most, since it stops the request. */
  readonly failed: number;
  /** Items that were not reached after an error. */
  readonly skipped: number;
  /** Kinds of the faults that fired, as in `EmulatorReport.faults`. */
  readonly faults: readonly string[];
  /** Fields that the API does not know, as in `EmulatorReport`. */
  readonly unknownFields: readonly string[];
  /** Ways in which the request broke the contract, as sentences. */
  readonly breaches: readonly string[];
}

/** One run of an item, in the order of the server's work. */
export interface RanItem {
  readonly key: string | null;
  readonly type: string;
  /** The id of the resource that it was about, where one was known. */
  readonly id: string | null;
  /** Number of the request, from 1, over all requests. */
  readonly request: number;
  /** `replay`: the stored answer was given again, nothing ran. */
  readonly outcome: 'success' | 'replay' | 'error';
  /** The error's code; `null` for a success. */
  readonly code: string | null;
}

/** One bulk request as it arrived, also if a fault or a broken contract kept it from running. */
export interface BatchRecord {
  /** Number of the request, from 1, over all requests. */
  readonly request: number;
  /** `dropped`: the connection broke, or the client gave up, before a whole answer was given. */
  readonly status: number | 'in flight' | 'dropped';
  /** In order. Keys that are no strings are left out. */
  readonly keys: readonly string[];
  /** Length of the body in UTF-8 bytes. */
  readonly bytes: number;
}

/** What an emulator saw since it was made. A copy: later requests do not change it. */
export interface EmulatorReport {
  readonly requests: {
    readonly all: number;
    readonly bulk: number;
    /** By method and route, such as `POST /api/v1/agent_spans/{id}/finish`. */
    readonly byPath: Readonly<Record<string, number>>;
  };
  /** Items of all bulk requests; a repeated item counts each time. */
  readonly items: number;
  /** Body lengths of all requests, in UTF-8 bytes. */
  readonly bytes: number;
  /** Most bulk requests in flight at one time. */
  readonly peakInFlight: number;
  /** How often the action of each key took effect. A right client never gets beyond 1. */
  readonly effects: ReadonlyMap<string, number>;
  /** How many requests carried each key. */
  readonly attempts: ReadonlyMap<string, number>;
  /** How often a stored answer was given again. */
  readonly replays: number;
  /** Keys that were in two requests in flight at one time. After a time-out that need not be a mistake. */
  readonly overlaps: readonly string[];
  /** Empty with `record: false`. */
  readonly ran: readonly RanItem[];
  /** Empty with `record: false`. */
  readonly batches: readonly BatchRecord[];
  /**
   * Fields that the API does not know, and drops without a word, such as
   * `agent_instances/register: agent_version.colour`: each once; the first 1,000. With `strict` they are
   * refused, and breaches.
   */
  readonly unknownFields: readonly string[];
  /** Each way in which the client broke the contract, as a sentence; the first 1,000. */
  readonly breaches: readonly string[];
  /**
   * How often each kind of fault fired. Besides the kinds of `Fault`: `poison`, `refuse`,
   * `itemTransient`, `itemPermanent`, `maxInFlight` and `maxPerSecond`.
   */
  readonly faults: Readonly<Record<string, number>>;
  /** Endless bodies that have not been cancelled yet. */
  readonly openBodies: number;
}
