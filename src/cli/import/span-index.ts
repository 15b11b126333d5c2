/** What a file says of its traces and spans, without what is in them: so much of it is kept for each span. */
import { ActionFileError } from '../../recordings/actions/action-file.ts';
import type { JsonRecord } from './json-records.ts';

/** Some 500 bytes are kept of each, and half as much of what is around it: a resource and a scope. */
const MAX_IMPORTED_SPANS = 1_000_000;

/** Where a record stands. */
export type RecordPlace = Pick<JsonRecord, 'kind' | 'within' | 'line' | 'pieces'>;

/** Times are in nanoseconds since 1970. */
export interface SpanHead {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly start: bigint;
  /** Undefined where it has not ended. */
  readonly end: bigint | undefined;
}

export interface IndexedSpan extends SpanHead, RecordPlace {}

export interface IndexedTrace {
  readonly id: string;
  readonly spans: Map<string, IndexedSpan>;
  /** A record of the trace itself, where the file has one, and a span to make of it if there is no other. */
  own: IndexedSpan | undefined;
}

/** What was found, for the summary. */
export interface Found {
  traces: number;
  spans: number;
  /** Records of a span that another record tells more of, or as much. */
  duplicates: number;
  /** Spans that became roots, since their parents are not in the file, or lead back to them. */
  withoutParent: number;
  inCircles: number;
  /** What has no end in the file. */
  neverEnded: { traces: number; spans: number };
  /** Records that are neither spans nor traces. */
  otherRecords: number;
}

/** A span and what is known of its place in the tree. */
export interface PlacedSpan {
  readonly span: IndexedSpan;
  readonly parent: IndexedSpan | undefined;
  /** Why it has no parent, though it names one. */
  readonly orphaned: 'missing' | 'circle' | undefined;
}

export class SpanIndex {
  readonly found: Found = {
    traces: 0,
    spans: 0,
    duplicates: 0,
    withoutParent: 0,
    inCircles: 0,
    neverEnded: { traces: 0, spans: 0 },
    otherRecords: 0,
  };
  readonly #traces = new Map<string, IndexedTrace>();
  /** What is around spans, by the number of its record. */
  readonly #around = new Map<number, RecordPlace>();
  readonly #maxSpans: number;
  /** Spans, and traces of which a span may be made. */
  #kept = 0;

  constructor(maxSpans: number = MAX_IMPORTED_SPANS) {
    this.#maxSpans = maxSpans;
  }

  get isEmpty(): boolean {
    return this.#kept === 0;
  }

  /** Of all records of which the places are kept. */
  get bytes(): number {
    let sum = 0;
    for (const place of this.#around.values()) sum += bytesOf(place);
    for (const { spans } of this.#traces.values())
      for (const span of spans.values()) sum += bytesOf(span);
    return sum;
  }

  /** @throws {ActionFileError} there are too many. */
  addSpan(traceId: string, span: IndexedSpan): void {
    const { spans } = this.#trace(traceId);
    const known = spans.get(span.id);
    if (known !== undefined) this.found.duplicates++;
    else {
      this.#keepOne();
      this.found.spans++;
    }
    if (known === undefined || tellsMore(span, known)) spans.set(span.id, span);
  }

  addTrace(traceId: string, own: IndexedSpan): void {
    const trace = this.#trace(traceId);
    if (trace.own !== undefined) this.found.duplicates++;
    else this.#keepOne();
    if (trace.own === undefined || tellsMore(own, trace.own)) trace.own = own;
  }

  /** @throws {ActionFileError} there are too many. */
  addAround(number: number, { kind, within, line, pieces }: RecordPlace): void {
    this.#around.set(number, { kind, within, line, pieces });
    if (this.#around.size > 2 * this.#maxSpans) {
      throw tooMany(2 * this.#maxSpans, 'resources and scopes, whose places are kept in memory');
    }
  }

  around(number: number): RecordPlace | undefined {
    return this.#around.get(number);
  }

  /** In the order in which they began. The spans of each are let go when the next is asked for. */
  *traces(): Generator<IndexedTrace> {
    const { found } = this;
    for (const trace of this.#traces.values()) {
      if (trace.spans.size > 0 || trace.own === undefined) continue;
      found.spans++;
      trace.spans.set(trace.own.id, trace.own);
    }
    const starts = new Map([...this.#traces.values()].map((trace) => [trace, startOf(trace)]));
    for (const trace of inOrder([...starts.keys()], (one) => starts.get(one) ?? 0n)) {
      yield trace;
      trace.spans.clear();
    }
  }

  /** Parents before their children, else in the order of their starts. */
  *parentsFirst({ spans }: IndexedTrace): Generator<PlacedSpan> {
    const placed = new Set<IndexedSpan>();
    for (const span of inOrder([...spans.values()], ({ start }) => start)) {
      const chain: IndexedSpan[] = [];
      const above = new Set<IndexedSpan>();
      let next: IndexedSpan | undefined = span;
      while (next !== undefined && !placed.has(next) && !above.has(next)) {
        above.add(next);
        chain.push(next);
        next = next.parentId === undefined ? undefined : spans.get(next.parentId);
      }
      const isCircle = next !== undefined && above.has(next);
      const order = isCircle && next ? unrolled(chain, chain.indexOf(next)) : chain.toReversed();
      for (const [place, one] of order.entries()) {
        placed.add(one);
        yield this.#placed(one, spans, isCircle && place === 0);
      }
    }
  }

  #placed(span: IndexedSpan, spans: IndexedTrace['spans'], isCut: boolean): PlacedSpan {
    const { parentId, end } = span;
    if (end === undefined) this.found.neverEnded.spans++;
    if (parentId === undefined) return { span, parent: undefined, orphaned: undefined };
    const parent = isCut ? undefined : spans.get(parentId);
    if (isCut) this.found.inCircles++;
    else if (parent === undefined) this.found.withoutParent++;
    const orphaned = isCut ? 'circle' : 'missing';
    return { span, parent, orphaned: parent === undefined ? orphaned : undefined };
  }

  #keepOne(): void {
    if (++this.#kept > this.#maxSpans) {
      throw tooMany(this.#maxSpans, 'spans, of which the tree is kept in memory');
    }
  }

  #trace(id: string): IndexedTrace {
    const known = this.#traces.get(id);
    if (known !== undefined) return known;
    const trace: IndexedTrace = { id, spans: new Map(), own: undefined };
    this.#traces.set(id, trace);
    this.found.traces++;
    return trace;
  }
}

/** One that has ended tells more than one that has not, then a longer one; of equals the first counts. */
function tellsMore(one: IndexedSpan, other: IndexedSpan): boolean {
  const hasEnded = Number(one.end !== undefined) - Number(other.end !== undefined);
  return hasEnded === 0 ? bytesOf(one) > bytesOf(other) : hasEnded > 0;
}

function tooMany(limit: number, what: string): ActionFileError {
  return new ActionFileError(
    `It has more than ${limit.toLocaleString('en')} ${what}. Split it into files of whole traces; nothing of it was sent.`,
  );
}

export function bytesOf({ pieces }: RecordPlace): number {
  return pieces.reduce((sum, value, at) => (at % 2 === 0 ? sum : sum + value), 0);
}

export function startOf({ spans }: IndexedTrace): bigint {
  let first: bigint | undefined;
  for (const { start } of spans.values()) if (first === undefined || start < first) first = start;
  return first ?? 0n;
}

/** The latest end; undefined where a span has none. */
export function endOf({ spans }: IndexedTrace): bigint | undefined {
  let last = 0n;
  for (const { end } of spans.values()) {
    if (end === undefined) return undefined;
    if (end > last) last = end;
  }
  return last;
}

function inOrder<T>(all: readonly T[], of: (one: T) => bigint): T[] {
  return all.toSorted((a, b) => (of(a) < of(b) ? -1 : Number(of(a) > of(b))));
}

/**
 * From the top down, of a chain whose end leads back to that place: the circle is cut above the span in it that began
 * first.
 */
function unrolled(chain: readonly IndexedSpan[], back: number): IndexedSpan[] {
  const circle = chain.slice(back);
  const [top] = inOrder(circle, ({ start }) => start);
  const cut = top === undefined ? 0 : circle.indexOf(top) + 1;
  return [circle.slice(0, cut), circle.slice(cut), chain.slice(0, back)].flatMap((part) =>
    part.reverse(),
  );
}
