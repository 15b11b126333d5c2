/** What `npm run bench` writes to bench/results.json: the table, the plots and the docs come from it. */

export interface Results {
  /** ISO date of the run. */
  readonly date: string;
  /** `quick` and `smoke` runs are for a look; only a `full` one is worth quoting. */
  readonly mode: 'full' | 'quick' | 'smoke';
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly os: string;
  };
  /** Of Node, of this package, and of every contender that is a package. */
  readonly versions: Readonly<Record<string, string>>;
  readonly scenarios: readonly ScenarioResult[];
  /** S2 over rates and round trips: what natural batching does. */
  readonly grid: readonly GridCell[];
  /** The main entry, bundled with its dependencies, minified and zipped. */
  readonly bundleKb: number;
}

export interface ScenarioResult {
  /** `S1` to `S11`, with a suffix where one has several parts: `S1 foreign`, `S7 1,000 calls`. */
  readonly id: string;
  readonly title: string;
  /** Load, sizes and settings in a sentence. */
  readonly setting: string;
  /** What its table shows, in this order. */
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** Medians over the rounds; what a contender or scenario does not have is left out. */
export interface Row {
  readonly contender: string;
  readonly rounds: number;
  /** Items that settled as they should, of those that were called in a round. */
  readonly settled: number;
  readonly called: number;
  /** User and system time of the client's process for each item, in microseconds. */
  readonly cpuUs?: number;
  /** Items in a second of wall time. */
  readonly perSecond?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly requests?: number;
  /** The fewest requests that any client could need, where that can be said. */
  readonly leastRequests?: number;
  /** Each time that one was sent, also where it was not reached. */
  readonly itemsPerCall?: number;
  readonly meanBatch?: number;
  /** The most requests that the server saw at once. */
  readonly inFlight?: number;
  readonly bytesPerCall?: number;
  /** Of the heap, once all calls have settled; and the part of it in the old generation. */
  readonly bytesLeftPerCall?: number;
  readonly oldBytesLeftPerCall?: number;
  /** Medians of the ratios of each round to the floors of the same round. */
  readonly toFetch?: Ratios;
  readonly toDispatch?: Ratios;
  /** What a call costs more than a plain one of ours in the same round, in microseconds. */
  readonly overPlainUs?: number;
  /** To a request for each call, where one call is made at a time. */
  readonly toDirect?: Ratios;
  readonly note?: string;
}

export type Column = Exclude<keyof Row, 'contender' | 'rounds'>;

export interface Ratios {
  readonly cpu?: number;
  readonly perSecond?: number;
  readonly p50?: number;
}

export interface GridCell {
  readonly contender: string;
  readonly callsPerSecond: number;
  readonly rttMs: number;
  readonly called: number;
  readonly settled: number;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A goal of docs/internals/performance.md, and how it stands. */
export interface Goal {
  readonly scenario: string;
  readonly what: string;
  readonly unit: string;
  /** Undefined where it was not measured. */
  readonly value: number | undefined;
  /** The value has to be at most this, or at least this. */
  readonly bound: 'most' | 'least';
  readonly goal: number;
  readonly moonshot?: number;
}
