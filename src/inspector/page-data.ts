/** What travels from the inspector to its page, as JSON. */

/** A request, and what became of its items. */
export interface LaneData {
  readonly number: number;
  /** Why it left; of a server, its method and route. */
  readonly reason: string;
  readonly items: number;
  readonly bytes: number;
  /** When it left, in Unix milliseconds. */
  readonly at: number;
  /** How long the answer took; null while there is none. */
  readonly ms: number | null;
  readonly status: number | null;
  /** What went wrong with the request as a whole. */
  readonly cause: string | null;
  /** Its items in their order, as counts and letters of the legend: `36s1f63k`. */
  readonly runs: string;
  /** Calls that were never sent, since what they need has failed in this request. */
  readonly dropped: number;
  /** Items that came back from earlier requests: number of the request, and how many. */
  readonly from: readonly (readonly [number: number, items: number])[];
}

/** A failed call, in words. */
export interface FailureData {
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  /** The request in which it failed, and its place there, from 0 on. */
  readonly lane: number | null;
  readonly place: number | null;
  /** Its name in the legend. */
  readonly outcome: 'failed' | 'dropped';
  readonly key: string | null;
  /** What was called. */
  readonly type: string;
  readonly error: ErrorWords;
  /** What it was caused by, from the nearest on. */
  readonly causes: readonly ErrorWords[];
}

export interface ErrorWords {
  readonly name: string;
  readonly message: string;
  /** By name: `code`, `apiCode`, `status`, `maybeApplied` and so on. */
  readonly facts: Readonly<Record<string, string>>;
}

/** The numbers of this moment. */
export interface FiguresData {
  /** They add up: the total is the sum of the parts. Each by its name in `stats()`. */
  readonly books: {
    readonly total: readonly [name: string, count: number];
    readonly parts: readonly (readonly [name: string, count: number])[];
    /** Counted apart. */
    readonly apart: readonly (readonly [name: string, count: number])[];
  };
  readonly gauges: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly health: {
    readonly state: string;
    /** Unix milliseconds. */
    readonly since: number | null;
    readonly cause: string | null;
  };
}

/** One second. */
export interface SampleData {
  /** Unix milliseconds. */
  readonly at: number;
  readonly queued: number;
  readonly inFlight: number;
  /** Requests that were answered in it. */
  readonly requests: number;
  /** Of the requests answered in the ten seconds up to it; null where there were none. */
  readonly p50: number | null;
  readonly p99: number | null;
}

/** All that a page needs that has just been opened. */
export interface SnapshotData extends ChangesData {
  /** Whose page it is. */
  readonly title: string;
  readonly view: 'client' | 'server';
  /** Another one: the page begins anew. */
  readonly recording: string;
  /** Since when it is recorded, in Unix milliseconds. */
  readonly since: number;
}

/** What has changed since the last one. */
export interface ChangesData {
  readonly figures: FiguresData;
  /** From the oldest on. */
  readonly lanes: readonly LaneData[];
  readonly failures: readonly FailureData[];
  readonly samples: readonly SampleData[];
}
