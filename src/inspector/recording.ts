import { legend } from './legend.ts';
import type { ErrorWords, FailureData, LaneData, SampleData } from './page-data.ts';
import { runsOf } from './runs.ts';

/** How much is kept, whatever the load. */
const MAX_LANES = 60;
const MAX_FAILURES = 60;
const MAX_SAMPLES = 120;
const MAX_KEYS = 20_000;
/** Words that are kept of one request, so that a cascade does not push out all others. */
const MAX_WORDS_OF_LANE = 5;
/** Seconds over which the percentiles are taken, and the most durations that they are taken of. */
const PERCENTILE_SECONDS = 10;
const MAX_DURATIONS = 2_000;

const { dropped, failed, succeeded, unsettled } = legend;

/** What became of an item. */
export type ItemOutcome = 'succeeded' | 'failed' | 'skipped' | 'again';

export interface Answer {
  readonly ms: number;
  readonly status: number | undefined;
  readonly cause: string | undefined;
  /** One for each item, in their order; undefined if all have succeeded. */
  readonly outcomes: readonly ItemOutcome[] | undefined;
}

const noKeys = (): readonly string[] => [];

interface Lane {
  data: LaneData;
  /** Lists those of its items; none once all have succeeded. Mostly nobody asks. */
  keys: () => readonly string[];
  /** What became of each, as letters of the legend; nothing as long as all are alike. */
  letters: string[];
  words: number;
}

/** A failure, before it is known where it belongs. */
export interface Failing {
  readonly at: number;
  readonly key: string | undefined;
  readonly type: string;
  readonly words: readonly [ErrorWords, ...ErrorWords[]];
  /** The key of the call whose failure it follows from, if it was never sent because of that. */
  readonly becauseOf?: string | undefined;
}

/**
 * What the page shows, bounded: the last requests with what became of their items, the last failures, and a sample for
 * each second. It remembers what has changed since it was last asked.
 */
export class Recording {
  readonly #lanes = new Map<number, Lane>();
  readonly #inFlight = new Set<number>();
  readonly #failures: FailureData[] = [];
  readonly #samples: SampleData[] = [];
  readonly #changedLanes = new Set<number>();
  /** Keys of items that came back, and the requests that they came from. */
  readonly #back = new Map<string, number>();
  /** Keys of calls that have failed in a request, and that request. */
  readonly #failedIn = new Map<string, number>();
  #newFailures = 0;
  #newSamples = 0;
  #failureId = 0;
  #answered = 0;
  #durations: { readonly at: number; readonly ms: number }[] = [];

  /** How much is held, for tests. */
  get held(): Readonly<Record<string, number>> {
    return {
      lanes: this.#lanes.size,
      failures: this.#failures.length,
      samples: this.#samples.length,
      keys: this.#back.size + this.#failedIn.size,
      durations: this.#durations.length,
    };
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** A request has left. */
  leave(
    request: Pick<LaneData, 'number' | 'reason' | 'items' | 'bytes' | 'at'>,
    keys: () => readonly string[],
  ): void {
    const from = new Map<number, number>();
    if (this.#back.size > 0) {
      for (const key of keys()) {
        const lane = this.#back.get(key);
        if (lane === undefined) continue;
        this.#back.delete(key);
        from.set(lane, (from.get(lane) ?? 0) + 1);
      }
    }
    const open = { ms: null, status: null, cause: null, dropped: 0 };
    const runs = `${request.items}${unsettled.letter}`;
    const data = { ...request, ...open, runs, from: [...from] };
    this.#lanes.set(request.number, { data, keys, letters: [], words: 0 });
    this.#inFlight.add(request.number);
    this.#changedLanes.add(request.number);
    this.#forgetLanes();
  }

  /** A request was answered, or has failed. */
  answer(number: number, { ms, status, cause, outcomes }: Answer, at: number): void {
    this.#answered++;
    this.#durations.push({ at, ms });
    const lane = this.#lanes.get(number);
    this.#inFlight.delete(number);
    if (lane === undefined) return;
    const change = { ms, status: status ?? null, cause: cause ?? null };
    if (outcomes === undefined) {
      lane.keys = noKeys;
      this.#change(lane, { ...change, runs: `${lane.data.items}${succeeded.letter}` });
      return;
    }
    const keys = [...lane.keys()];
    lane.keys = () => keys;
    outcomes.forEach((outcome, place) => {
      const key = keys[place];
      if (key === undefined || outcome === 'succeeded') return;
      remember(outcome === 'failed' ? this.#failedIn : this.#back, key, number);
    });
    lane.letters = outcomes.map((outcome) => legend[outcome].letter);
    this.#change(lane, { ...change, runs: runsOf(lane.letters) });
  }

  /** A request was given up, and nobody will hear of its answer. */
  giveUpAll(at: number, cause: string): void {
    for (const number of [...this.#inFlight]) {
      const lane = this.#lanes.get(number);
      this.#inFlight.delete(number);
      if (lane === undefined) continue;
      const runs = `${lane.data.items}${failed.letter}`;
      this.#change(lane, { ms: at - lane.data.at, cause, runs });
    }
  }

  fail({ at, key, type, words, becauseOf }: Failing): void {
    const number = this.#laneOf(becauseOf ?? key);
    const lane = number === undefined ? undefined : this.#lanes.get(number);
    const place = key === undefined || lane === undefined ? -1 : lane.keys().indexOf(key);
    const outcome = becauseOf === undefined ? 'failed' : 'dropped';
    if (key !== undefined) {
      this.#back.delete(key);
      // What needs this one in its turn failed with the same request.
      if (becauseOf !== undefined && number !== undefined) remember(this.#failedIn, key, number);
    }
    if (lane !== undefined) {
      if (becauseOf !== undefined) this.#drop(lane, place);
      if (lane.words++ >= MAX_WORDS_OF_LANE) return;
    }
    const [error, ...causes] = words;
    this.#failures.push({
      id: ++this.#failureId,
      at,
      lane: lane?.data.number ?? null,
      place: place < 0 ? null : place,
      outcome,
      key: key ?? null,
      type,
      error,
      causes,
    });
    this.#newFailures++;
    if (this.#failures.length > MAX_FAILURES) this.#failures.shift();
  }

  /** Ends a second. */
  sample(gauges: Pick<SampleData, 'at' | 'queued' | 'inFlight'>): void {
    const since = gauges.at - PERCENTILE_SECONDS * 1_000;
    this.#durations = this.#durations.filter(({ at }) => at > since).slice(-MAX_DURATIONS);
    const sorted = this.#durations.map(({ ms }) => ms).sort((a, b) => a - b);
    const [p50, p99] = [quantile(sorted, 0.5), quantile(sorted, 0.99)];
    this.#samples.push({ ...gauges, requests: this.#answered, p50, p99 });
    this.#newSamples++;
    this.#answered = 0;
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  /** All that is kept. */
  all(): Recorded {
    const lanes = [...this.#lanes.values()].map(({ data }) => data);
    return { lanes, failures: [...this.#failures], samples: [...this.#samples] };
  }

  /** What has changed since this was last called. */
  takeChanges(): Recorded {
    const lanes = [...this.#changedLanes].flatMap((number) => {
      const lane = this.#lanes.get(number);
      return lane === undefined ? [] : [lane.data];
    });
    lanes.sort((a, b) => a.number - b.number);
    const failures = lastOf(this.#failures, this.#newFailures);
    const samples = lastOf(this.#samples, this.#newSamples);
    this.#changedLanes.clear();
    this.#newFailures = 0;
    this.#newSamples = 0;
    return { lanes, failures, samples };
  }

  /** The request in which that item failed, is in flight, or was last. */
  #laneOf(key: string | undefined): number | undefined {
    if (key === undefined) return undefined;
    const known = this.#failedIn.get(key) ?? this.#back.get(key);
    if (known !== undefined) return known;
    return [...this.#inFlight].find((number) => this.#lanes.get(number)?.keys().includes(key));
  }

  /** A call fails with another one: it was skipped in the same request, or has never been in one. */
  #drop(lane: Lane, place: number): void {
    if (lane.letters[place] === undefined) {
      this.#change(lane, { dropped: lane.data.dropped + 1 });
    } else {
      lane.letters[place] = dropped.letter;
      this.#change(lane, { runs: runsOf(lane.letters) });
    }
  }

  #change(lane: Lane, change: Partial<LaneData>): void {
    lane.data = { ...lane.data, ...change };
    this.#changedLanes.add(lane.data.number);
  }

  /** The oldest goes first, but for those in flight, as long as these are not too many by themselves. */
  #forgetLanes(): void {
    if (this.#lanes.size <= MAX_LANES) return;
    let oldest: number | undefined;
    for (const number of this.#lanes.keys()) {
      oldest ??= number;
      if (this.#inFlight.has(number)) continue;
      oldest = number;
      break;
    }
    if (oldest === undefined) return;
    this.#lanes.delete(oldest);
    this.#changedLanes.delete(oldest);
    this.#inFlight.delete(oldest);
  }
}

interface Recorded {
  readonly lanes: readonly LaneData[];
  readonly failures: readonly FailureData[];
  readonly samples: readonly SampleData[];
}

/** Sets a value, and forgets the oldest where there are too many. */
function remember(map: Map<string, number>, key: string, value: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= MAX_KEYS) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}

function lastOf<T>(list: readonly T[], count: number): readonly T[] {
  return count === 0 ? [] : list.slice(-count);
}

function quantile(sorted: readonly number[], part: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}
