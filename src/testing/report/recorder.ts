// Counts what the emulator sees, for `report()` and `onAnswer`.

import type { ActionResult, EmulatedItem } from '../wire/items-outputs.ts';
import type { RequestKind } from '../wire/routes.ts';
import type { AnsweredRequest, BatchRecord, EmulatorReport, RanItem } from './report.ts';

export interface KeyCounts {
  readonly key: string;
  /** How many requests carried it. */
  attempts: number;
  /** How often its action took effect. */
  effects: number;
  /** How many requests in flight carry it. */
  inFlight: number;
}

/** The most notes of a kind that are kept. */
const MAX_NOTES = 1_000;

/** One request, and what becomes of it. */
export class RequestRecord implements Omit<AnsweredRequest, 'status' | 'ms'> {
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
  readonly #recorder: Recorder;

  constructor(recorder: Recorder, request: number, route: string, bytes: number) {
    this.#recorder = recorder;
    this.request = request;
    this.route = route;
    this.bytes = bytes;
  }

  /** Notes a way in which the client broke the contract. */
  breach(sentence: string): void {
    this.breaches.push(sentence);
    this.#recorder.breach(`Request ${this.request}: ${sentence}`);
  }

  /** Notes a field that the API does not know, and drops. */
  unknownField(name: string): void {
    if (this.unknownFields.length < MAX_NOTES) this.unknownFields.push(name);
    this.#recorder.unknownField(name);
  }

  fault(kind: string): void {
    this.faults.push(kind);
    this.#recorder.fault(kind);
  }

  ran({ key, type }: EmulatedItem, { output, id }: ActionResult, isReplay: boolean): void {
    if (this.items > 0) {
      this[output.status === 'success' ? 'succeeded' : 'failed'] += 1;
      if (isReplay) this.replayed += 1;
    }
    const outcome = isReplay ? 'replay' : output.status;
    const code = output.status === 'error' ? output.code : null;
    this.#recorder.ran({ key, type, id, request: this.request, outcome, code });
  }
}

export class Recorder {
  readonly #lists: boolean;
  readonly #byPath: Map<string, number> = new Map();
  readonly #faults: Map<string, number> = new Map();
  readonly #overlaps: Set<string> = new Set();
  readonly #breaches: string[] = [];
  readonly #unknownFields: Set<string> = new Set();
  readonly #ran: RanItem[] = [];
  readonly #batches: BatchRecord[] = [];
  readonly #counts = { items: 0, bytes: 0, peakInFlight: 0, replays: 0, openBodies: 0 };
  #requests = 0;
  #bulk = 0;
  #inFlight = 0;

  /** @param lists Whether items and batches are listed, and not only counted. */
  constructor(lists: boolean) {
    this.#lists = lists;
  }

  /** Bulk requests in flight. */
  get inFlight(): number {
    return this.#inFlight;
  }

  nextRequest(route: string, bytes: number): RequestRecord {
    this.#requests += 1;
    return new RequestRecord(this, this.#requests, route, bytes);
  }

  /**
   * Counts a request in, and returns the function that counts it out.
   *
   * @param sent The keys of all items, also of those that cannot be read.
   */
  arrive(
    { request, route, bytes, items }: RequestRecord,
    kind: RequestKind,
    keys: readonly KeyCounts[],
    sent: readonly string[],
  ): (status: BatchRecord['status']) => void {
    bump(this.#byPath, route);
    this.#counts.bytes += bytes;
    for (const counts of keys) {
      counts.attempts += 1;
      counts.inFlight += 1;
      if (counts.inFlight > 1) this.#overlaps.add(counts.key);
    }
    const inFlight = kind === 'bulk' ? 1 : 0;
    const status = 'in flight' as BatchRecord['status'];
    const batch = { request, status, keys: sent, bytes };
    if (kind === 'bulk') {
      this.#bulk += 1;
      this.#counts.items += items;
      if (this.#lists) this.#batches.push(batch);
    }
    this.#inFlight += inFlight;
    this.#counts.peakInFlight = Math.max(this.#counts.peakInFlight, this.#inFlight);
    return (ended) => {
      for (const counts of keys) counts.inFlight -= 1;
      this.#inFlight -= inFlight;
      batch.status = ended;
    };
  }

  ran(item: RanItem): void {
    if (item.outcome === 'replay') this.#counts.replays += 1;
    if (this.#lists) this.#ran.push(item);
  }

  breach(sentence: string): void {
    if (this.#breaches.length < MAX_NOTES) this.#breaches.push(sentence);
  }

  unknownField(name: string): void {
    if (this.#unknownFields.size < MAX_NOTES) this.#unknownFields.add(name);
  }

  fault(kind: string): void {
    bump(this.#faults, kind);
  }

  /** Counts an endless body, and returns the function that counts its end. */
  bodyOpened(): (exhausted: boolean) => void {
    this.#counts.openBodies += 1;
    return (exhausted) => {
      this.#counts.openBodies -= 1;
      if (exhausted) this.breach('Nobody bounded the reading of an endless body');
    };
  }

  report(keys: Iterable<KeyCounts>): EmulatorReport {
    const all = [...keys];
    const used = all.filter(({ effects }) => effects > 0);
    return {
      ...this.#counts,
      requests: {
        all: this.#requests,
        bulk: this.#bulk,
        byPath: Object.fromEntries(this.#byPath),
      },
      effects: new Map(used.map(({ key, effects }) => [key, effects])),
      attempts: new Map(all.map(({ key, attempts }) => [key, attempts])),
      overlaps: [...this.#overlaps],
      ran: [...this.#ran],
      batches: this.#batches.map((batch) => ({ ...batch })),
      unknownFields: [...this.#unknownFields],
      breaches: [...this.#breaches],
      faults: Object.fromEntries(this.#faults),
    };
  }
}

function bump(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
