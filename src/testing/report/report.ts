// What an emulator saw, for `report()` and `onAnswer`: the public shapes, and the counting.

import type { ActionResult } from '../wire/action-results.ts';
import type { EmulatedItem } from '../wire/items.ts';
import type { RequestKind } from '../wire/routes.ts';

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
  /** Its items that ran, in their order; also that of a single endpoint. */
  readonly ran: readonly RanItem[];
}

/** A request that has arrived, for `EmulatorOptions.onRequest`. No token, header or payload is in it. */
export interface ReceivedRequest {
  /** Its number, from 1, over all requests. */
  readonly request: number;
  /** As in its `AnsweredRequest`. */
  readonly route: string;
  /** Length of the body in UTF-8 bytes. */
  readonly bytes: number;
  /** Its items; 1 at a single endpoint, 0 at a ping and where they cannot be read. */
  readonly items: number;
  /** In their order. Keys that are no strings are left out. */
  readonly keys: readonly string[];
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
  /** The error's message; `null` for a success. */
  readonly message: string | null;
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

/** What is counted of an idempotency key. */
interface ReportedKeyCounts {
  /** How many requests carried it. */
  attempts: number;
  /** How often its action took effect. */
  effects: number;
  /** How many requests in flight carry it. */
  inFlight: number;
}

/** The most breaches, and the most unknown fields, that are listed. */
const MAX_REPORT_ENTRIES = 1_000;

/** One request, and what becomes of it. */
export class RequestNotes implements Omit<AnsweredRequest, 'status' | 'ms'> {
  readonly request: number;
  readonly route: string;
  readonly bytes: number;
  items = 0;
  succeeded = 0;
  replayed = 0;
  failed = 0;
  skipped = 0;
  readonly faults: string[] = [];
  readonly unknownFields: string[] = [];
  readonly breaches: string[] = [];
  readonly ran: RanItem[] = [];
  readonly #reporter: Reporter;

  constructor(reporter: Reporter, request: number, route: string, bytes: number) {
    this.#reporter = reporter;
    this.request = request;
    this.route = route;
    this.bytes = bytes;
  }

  /** Notes a way in which the client broke the contract. */
  breach(sentence: string): void {
    this.breaches.push(sentence);
    this.#reporter.breach(`Request ${this.request}: ${sentence}`);
  }

  /** Notes a field that the API does not know, and drops. */
  unknownField(name: string): void {
    if (this.unknownFields.length < MAX_REPORT_ENTRIES) this.unknownFields.push(name);
    this.#reporter.unknownField(name);
  }

  fault(kind: string): void {
    this.faults.push(kind);
    this.#reporter.fault(kind);
  }

  note({ key, type }: EmulatedItem, { output, id }: ActionResult, isReplay: boolean): void {
    if (this.items > 0) {
      this[output.status === 'success' ? 'succeeded' : 'failed'] += 1;
      if (isReplay) this.replayed += 1;
    }
    const outcome = isReplay ? 'replay' : output.status;
    const { code, message } = output.status === 'error' ? output : { code: null, message: null };
    const { request } = this;
    const item: RanItem = { key, type, id, request, outcome, code, message };
    this.ran.push(item);
    this.#reporter.ran(item);
  }
}

export class Reporter {
  readonly #lists: boolean;
  readonly #keys: Map<string, ReportedKeyCounts> = new Map();
  readonly #byPath: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  readonly #overlaps: Set<string> = new Set();
  readonly #breaches: string[] = [];
  readonly #unknownFields: Set<string> = new Set();
  readonly #ran: RanItem[] = [];
  readonly #batches: BatchRecord[] = [];
  readonly #counts = { items: 0, bytes: 0, peakInFlight: 0, replays: 0, openBodies: 0 };
  readonly #requests = { all: 0, bulk: 0 };
  /** Bulk requests. */
  inFlight = 0;

  /** @param lists Whether items and batches are listed, and not only counted. */
  constructor(lists: boolean) {
    this.#lists = lists;
  }

  nextRequest(route: string, bytes: number): RequestNotes {
    this.#requests.all += 1;
    return new RequestNotes(this, this.#requests.all, route, bytes);
  }

  /**
   * Counts a request in, and returns the function that counts it out.
   *
   * @param sent The keys of all items, also of those that cannot be read.
   */
  arrive(
    notes: RequestNotes,
    kind: RequestKind,
    items: readonly EmulatedItem[],
    sent: readonly string[],
  ): (status: BatchRecord['status']) => void {
    const { request, route, bytes } = notes;
    this.#byPath[route] = (this.#byPath[route] ?? 0) + 1;
    this.#counts.bytes += bytes;
    const carried: ReportedKeyCounts[] = [];
    for (const { key } of items) {
      if (key === null) continue;
      const counts = this.#keys.get(key) ?? { attempts: 0, effects: 0, inFlight: 0 };
      this.#keys.set(key, counts);
      carried.push(counts);
      counts.attempts += 1;
      counts.inFlight += 1;
      if (counts.inFlight > 1) this.#overlaps.add(key);
    }
    const inFlight = kind === 'bulk' ? 1 : 0;
    const status = 'in flight' as BatchRecord['status'];
    const batch = { request, status, keys: sent, bytes };
    if (kind === 'bulk') {
      this.#requests.bulk += 1;
      notes.items = items.length;
      this.#counts.items += items.length;
      if (this.#lists) this.#batches.push(batch);
    }
    this.inFlight += inFlight;
    this.#counts.peakInFlight = Math.max(this.#counts.peakInFlight, this.inFlight);
    return (ended) => {
      for (const counts of carried) counts.inFlight -= 1;
      this.inFlight -= inFlight;
      batch.status = ended;
    };
  }

  ran(item: RanItem): void {
    if (item.outcome === 'replay') this.#counts.replays += 1;
    const counts = item.key === null ? undefined : this.#keys.get(item.key);
    if (counts !== undefined && item.outcome === 'success') counts.effects += 1;
    if (this.#lists) this.#ran.push(item);
  }

  breach(sentence: string): void {
    if (this.#breaches.length < MAX_REPORT_ENTRIES) this.#breaches.push(sentence);
  }

  unknownField(name: string): void {
    if (this.#unknownFields.size < MAX_REPORT_ENTRIES) this.#unknownFields.add(name);
  }

  fault(kind: string): void {
    this.#faults[kind] = (this.#faults[kind] ?? 0) + 1;
  }

  /** Counts an endless body, and returns the function that counts its end; `exhausted`: it was not cancelled in time. */
  bodyOpened(): (exhausted: boolean) => void {
    this.#counts.openBodies += 1;
    return (exhausted) => {
      this.#counts.openBodies -= 1;
      if (exhausted) this.breach('Nobody bounded the reading of an endless body');
    };
  }

  report(): EmulatorReport {
    const keys = [...this.#keys];
    const used = keys.filter(([, { effects }]) => effects > 0);
    return {
      ...this.#counts,
      requests: { ...this.#requests, byPath: { ...this.#byPath } },
      effects: new Map(used.map(([key, { effects }]) => [key, effects])),
      attempts: new Map(keys.map(([key, { attempts }]) => [key, attempts])),
      overlaps: [...this.#overlaps],
      ran: [...this.#ran],
      batches: this.#batches.map((batch) => ({ ...batch })),
      unknownFields: [...this.#unknownFields],
      breaches: [...this.#breaches],
      faults: { ...this.#faults },
    };
  }
}
