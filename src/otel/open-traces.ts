import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { AgentInstanceRegisterParams, FinishStatus } from '../index.ts';
import type { Run, Span, Tracer } from '../trace/index.ts';
import type { Redaction } from '../trace/redaction.ts';
import type { StartRecord } from './span-records.ts';
import { endRecordOf, startRecordOf } from './span-records.ts';
import { dateOf } from './span-times.ts';

export interface TracesSettings {
  readonly tracer: Tracer;
  readonly redaction: Redaction;
  readonly maxOpenRuns: number;
  readonly maxOpenSpans: number;
  /** What the run of a trace is registered with, by the span that begins it. Never throws. */
  readonly runParamsOf: (span: ReadableSpan) => AgentInstanceRegisterParams;
  /** Whether a span is recorded. Never throws. */
  readonly isRecorded: (span: ReadableSpan) => boolean;
  readonly onEvicted: (why: string) => void;
  /** What `run` returns; undefined where it throws, which is told. */
  readonly guarded: <T>(run: () => T) => T | undefined;
}

/** A trace with spans that have started here and not ended. */
interface OpenTrace {
  readonly id: string;
  /** Started with the first span that is recorded. */
  run: Run | undefined;
  readonly open: Map<string, OpenSpan>;
  /** Spans that may still get children, by their ids: those that ended last. */
  readonly ended: Map<string, Span | undefined>;
  lastEnd: Date | undefined;
  isOver: boolean;
}

interface OpenSpan {
  readonly trace: OpenTrace;
  readonly span: ReadableSpan;
  /** That which its children get as their parent; where it is left out itself, the same as its own. */
  handle: Span | undefined;
  /** Undefined until it is recorded, and where it is not. */
  start: StartRecord | undefined;
}

/** As many ended spans of a trace can be parents of spans that start later. */
const MAX_ENDED_SPANS = 10_000;

/**
 * The traces that are open, and their runs. What OpenTelemetry tells is written down at once, and recorded when the code that
 * runs has come to its end: many instrumentations set the attributes of a span right after they have started it.
 */
export class OpenTraces {
  readonly #settings: TracesSettings;
  /** That in which something happened last stands last. */
  readonly #traces = new Map<string, OpenTrace>();
  /** Spans that have started and are not recorded yet, in that order. */
  #started: OpenSpan[] = [];
  /** Traces of which a span has ended. */
  readonly #touched = new Set<OpenTrace>();
  #isScheduled = false;

  constructor(settings: TracesSettings) {
    this.#settings = settings;
  }

  /** A span that is known already, since the processor is registered twice, is not recorded again. */
  start(span: ReadableSpan): void {
    const { traceId, spanId } = span.spanContext();
    const { maxOpenRuns } = this.#settings;
    // Those whose spans have ended in this turn are open no longer.
    if (this.#traces.size >= maxOpenRuns && !this.#traces.has(traceId)) this.#closeEnded();
    const trace = this.#traces.get(traceId) ?? newTrace(traceId);
    if (trace.open.has(spanId) || trace.ended.has(spanId)) return;
    const started: OpenSpan = { trace, span, handle: undefined, start: undefined };
    trace.open.set(spanId, started);
    this.#started.push(started);
    this.#touch(trace);
    this.#keepBounds(trace);
    this.#schedule();
  }

  /** A span that did not start here, or whose trace was given up, is ignored. */
  end(span: ReadableSpan): void {
    const { traceId, spanId } = span.spanContext();
    const trace = this.#traces.get(traceId);
    const known = trace?.open.get(spanId);
    if (trace === undefined || known === undefined) return;
    this.#recordStarts();
    const { handle, start } = known;
    const { guarded, redaction } = this.#settings;
    if (start !== undefined) {
      handle?.end(guarded(() => endRecordOf(span, start, redaction)));
      const end = guarded(() => dateOf(span.endTime));
      if (end && !(trace.lastEnd && trace.lastEnd > end)) trace.lastEnd = end;
    }
    trace.open.delete(spanId);
    trace.ended.set(spanId, handle);
    const [oldest = ''] = trace.ended.keys();
    if (trace.ended.size > MAX_ENDED_SPANS) trace.ended.delete(oldest);
    this.#touch(trace);
    this.#touched.add(trace);
    this.#schedule();
  }

  /** Records what has started, and ends the runs of traces without open spans. */
  catchUp(): void {
    this.#recordStarts();
    this.#closeEnded();
  }

  /** Ends all, as cancelled where spans are open. */
  closeAll(): void {
    this.catchUp();
    for (const trace of [...this.#traces.values()]) this.#close(trace, 'cancelled');
  }

  #closeEnded(): void {
    for (const trace of this.#touched) {
      if (trace.open.size === 0) this.#close(trace);
    }
    this.#touched.clear();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.catchUp();
    });
  }

  #recordStarts(): void {
    if (this.#started.length === 0) return;
    const started = this.#started;
    this.#started = [];
    for (const one of started) {
      if (!one.trace.isOver) this.#settings.guarded(() => this.#record(one));
    }
  }

  #record(started: OpenSpan): void {
    const { trace, span } = started;
    const parentId = span.parentSpanContext?.spanId ?? '';
    const parent = trace.open.get(parentId)?.handle ?? trace.ended.get(parentId);
    started.handle = parent;
    if (!this.#settings.isRecorded(span)) return;
    const start = startRecordOf(span, this.#settings.redaction);
    trace.run ??= this.#settings.tracer.startRun({
      ...this.#settings.runParamsOf(span),
      startedAt: dateOf(span.startTime),
    });
    started.handle = (parent ?? trace.run).startSpan(start.params);
    started.start = start;
  }

  #close(trace: OpenTrace, status?: FinishStatus): void {
    // Another trace may have its id by now.
    if (trace.isOver) return;
    trace.isOver = true;
    this.#traces.delete(trace.id);
    trace.run?.end({ status, endedAt: status === undefined ? trace.lastEnd : undefined });
  }

  #touch(trace: OpenTrace): void {
    this.#traces.delete(trace.id);
    this.#traces.set(trace.id, trace);
  }

  #keepBounds(trace: OpenTrace): void {
    const { maxOpenRuns, maxOpenSpans, onEvicted } = this.#settings;
    if (trace.open.size > maxOpenSpans) {
      onEvicted(
        `More than ${maxOpenSpans} spans of a trace are open (maxOpenSpans): its run is ended as cancelled. Does every span end?`,
      );
      this.#close(trace, 'cancelled');
    }
    const [idlest] = this.#traces.values();
    if (this.#traces.size <= maxOpenRuns || idlest === undefined) return;
    onEvicted(
      `More than ${maxOpenRuns} traces are open (maxOpenRuns): the run of the one in which nothing has happened for the longest time is ended as cancelled. Does every span end?`,
    );
    this.#close(idlest, 'cancelled');
  }
}

function newTrace(id: string): OpenTrace {
  return {
    id,
    run: undefined,
    open: new Map(),
    ended: new Map(),
    lastEnd: undefined,
    isOver: false,
  };
}
