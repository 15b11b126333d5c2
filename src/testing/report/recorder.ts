// What the emulator saw, for `report()`.

import type { RequestKind } from '../faults/fault-types.ts';
import type { KeyRecord } from '../state/store.ts';
import type { EmulatedItem, Output } from '../wire/items.ts';
import type { AnsweredRequest } from './answered-request.ts';

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
  /** In their order; what is no string is left out. */
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
  /** Keys that were in two requests in flight at one time. After a time-out that may be nobody's fault. */
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
  /** Endless bodies that nobody has cancelled yet. */
  readonly openBodies: number;
}

/** What is known of a request so far. */
export interface Trace
  extends Mutable<
    Omit<AnsweredRequest, 'status' | 'ms' | 'faults' | 'unknownFields' | 'breaches'>
  > {
  readonly faults: string[];
  readonly unknownFields: string[];
  readonly breaches: string[];
}

type Mutable<Type> = { -readonly [Name in keyof Type]: Type[Name] };

/** A request between its arrival and its answer. */
export interface Visit {
  readonly kind: RequestKind;
  readonly keys: readonly KeyRecord[];
  readonly record: Mutable<BatchRecord>;
}

/** Of each list of words. */
const MAX_WORDS = 1_000;

export class Recorder {
  readonly #lists: boolean;
  readonly #byPath: Map<string, number> = new Map();
  readonly #faults: Map<string, number> = new Map();
  readonly #overlaps: Set<string> = new Set();
  readonly #breaches: string[] = [];
  readonly #unknownFields: Set<string> = new Set();
  readonly #ran: RanItem[] = [];
  readonly #batches: BatchRecord[] = [];
  #requests = 0;
  #bulk = 0;
  #items = 0;
  #bytes = 0;
  #replays = 0;
  #inFlight = 0;
  #peakInFlight = 0;
  #openBodies = 0;

  constructor(lists: boolean) {
    this.#lists = lists;
  }

  /** Bulk requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  nextRequest(route: string, bytes: number): Trace {
    this.#requests += 1;
    return {
      request: this.#requests,
      route,
      bytes,
      items: 0,
      succeeded: 0,
      replayed: 0,
      failed: 0,
      skipped: 0,
      faults: [],
      unknownFields: [],
      breaches: [],
    };
  }

  /** `sent` are the keys of all items, also of those that cannot be read. */
  arrive(
    { request, route, bytes, items }: Trace,
    kind: RequestKind,
    keys: readonly KeyRecord[],
    sent: readonly string[],
  ): Visit {
    bump(this.#byPath, route);
    this.#bytes += bytes;
    for (const record of keys) {
      record.attempts += 1;
      record.inFlight += 1;
      const { key } = record.item;
      if (record.inFlight > 1 && key !== null) this.#overlaps.add(key);
    }
    const visit: Visit = {
      kind,
      keys,
      record: { request, status: 'in flight', keys: sent, bytes },
    };
    if (kind !== 'bulk') return visit;
    this.#bulk += 1;
    this.#items += items;
    this.#inFlight += 1;
    this.#peakInFlight = Math.max(this.#peakInFlight, this.#inFlight);
    if (this.#lists) this.#batches.push(visit.record);
    return visit;
  }

  leave({ kind, keys, record }: Visit, status: BatchRecord['status']): void {
    for (const key of keys) key.inFlight -= 1;
    if (kind === 'bulk') this.#inFlight -= 1;
    record.status = status;
  }

  ran(item: EmulatedItem, id: string | null, trace: Trace, replay: boolean, output: Output): void {
    if (trace.items > 0) {
      trace[output.status === 'success' ? 'succeeded' : 'failed'] += 1;
      if (replay) trace.replayed += 1;
    }
    if (replay) this.#replays += 1;
    if (!this.#lists) return;
    this.#ran.push({
      key: item.key,
      type: item.type,
      id,
      request: trace.request,
      outcome: replay ? 'replay' : output.status,
      code: output.status === 'error' ? output.code : null,
    });
  }

  /** `trace` is null where a breach belongs to no request in particular. */
  breach(trace: Trace | null, sentence: string): void {
    trace?.breaches.push(sentence);
    if (this.#breaches.length >= MAX_WORDS) return;
    this.#breaches.push(trace === null ? sentence : `Request ${trace.request}: ${sentence}`);
  }

  drop(trace: Trace, field: string): void {
    if (trace.unknownFields.length < MAX_WORDS) trace.unknownFields.push(field);
    if (this.#unknownFields.size < MAX_WORDS) this.#unknownFields.add(field);
  }

  fault(kind: string, trace: Trace): void {
    trace.faults.push(kind);
    bump(this.#faults, kind);
  }

  bodyOpened(): void {
    this.#openBodies += 1;
  }

  bodyClosed(): void {
    this.#openBodies -= 1;
  }

  report(keys: ReadonlyMap<string, KeyRecord>): EmulatorReport {
    const effects = new Map<string, number>();
    const attempts = new Map<string, number>();
    for (const [key, record] of keys) {
      if (record.effects > 0) effects.set(key, record.effects);
      attempts.set(key, record.attempts);
    }
    return {
      requests: {
        all: this.#requests,
        bulk: this.#bulk,
        byPath: Object.fromEntries(this.#byPath),
      },
      items: this.#items,
      bytes: this.#bytes,
      peakInFlight: this.#peakInFlight,
      effects,
      attempts,
      replays: this.#replays,
      overlaps: [...this.#overlaps],
      ran: [...this.#ran],
      batches: this.#batches.map((batch) => ({ ...batch })),
      unknownFields: [...this.#unknownFields],
      breaches: [...this.#breaches],
      faults: Object.fromEntries(this.#faults),
      openBodies: this.#openBodies,
    };
  }
}

function bump(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
