import type { AutobatchClient } from '../index.ts';
import type { Logger } from '../lib/logger.ts';
import { tried } from '../lib/user-code.ts';
import type { RootSpan, Span, SpanEnd } from './handles.ts';
import type { Serialise } from './payloads.ts';
import { unrecordedSpan } from './unrecorded.ts';

/** Counters of a tracer. */
export interface TraceStats {
  /** Runs and spans that have started and not ended. */
  readonly openRuns: number;
  readonly openSpans: number;
  /** Runs and spans that were ended as cancelled, because too many were open (`maxOpenRuns`, `maxOpenSpans`). */
  readonly evictedRuns: number;
  readonly evictedSpans: number;
  /** Spans that ended with their run, since nothing else had ended them. */
  readonly forgottenSpans: number;
  /** Spans that were not recorded, without those below them: outside of any run, or in one that had ended. */
  readonly unrecordedSpans: number;
}

export interface RecorderSettings {
  readonly client: AutobatchClient;
  readonly serialise: Serialise;
  readonly logger: Logger;
  readonly maxOpenRuns: number;
  readonly maxOpenSpans: number;
  /** Calls a function with a span as the one around it. */
  readonly within: <T>(span: EndedByResult, fn: () => T) => T;
  /** Calls a function with a span that was started for it, and ends the span by what comes of that. */
  readonly around: <T>(span: EndedByResult, fn: (span: EndedByResult) => T) => T;
}

/** A span around a function. */
export interface EndedByResult extends RootSpan {
  readonly isOver: boolean;
  /** Whether its run has ended: then nothing below it is recorded. */
  readonly isRunOver: boolean;
  /** Ends it with what came of the function, unless something else was set. The first end counts. */
  settle(end: SpanEnd): void;
}

/** A run, as far as the recorder needs it. */
export interface OpenRun {
  /** Ends it as cancelled. */
  evict(): void;
  /** What it goes by in the log. */
  readonly label: string;
}

/** What the runs and spans of one tracer share. */
export class Recorder {
  readonly settings: RecorderSettings;
  readonly counts: { -readonly [Name in keyof TraceStats]: number } = {
    openRuns: 0,
    openSpans: 0,
    evictedRuns: 0,
    evictedSpans: 0,
    forgottenSpans: 0,
    unrecordedSpans: 0,
  };
  /** That in which something happened last stands last. */
  readonly #open = new Set<OpenRun>();
  readonly #told = new Set<string>();

  constructor(settings: RecorderSettings) {
    this.settings = settings;
  }

  stats(): TraceStats {
    return { ...this.counts, openRuns: this.#open.size };
  }

  /** `fn` runs as it is where its span is not recorded. */
  around<T>(span: EndedByResult | undefined, fn: (span: Span) => T): T {
    return span === undefined ? fn(unrecordedSpan) : this.settings.around(span, fn);
  }

  /** A run has started; the one in which nothing has happened for the longest time ends, if there are too many. */
  opened(run: OpenRun): void {
    this.#open.add(run);
    const [idlest] = this.#open;
    if (this.#open.size <= this.settings.maxOpenRuns || idlest === undefined) return;
    this.counts.evictedRuns++;
    this.tellOnce(
      `More than ${this.settings.maxOpenRuns} runs are open (maxOpenRuns). The one in which nothing has happened for the longest time is ended as cancelled, and what comes later in it is not recorded; the first is ${idlest.label}. Does every run end? stats() counts them.`,
      'runs',
    );
    idlest.evict();
  }

  touched(run: OpenRun): void {
    if (this.#open.delete(run)) this.#open.add(run);
  }

  closed(run: OpenRun): void {
    this.#open.delete(run);
  }

  unrecorded(why: string): void {
    this.counts.unrecordedSpans++;
    this.tellOnce(`${why} stats() counts such spans.`);
  }

  /** Tells of one mistake of each kind: looking for another would cost each span. */
  tellMistake(kind: string, find: () => string | undefined): void {
    const message = this.#told.has(kind) ? undefined : tried(find);
    if (message !== undefined) this.tellOnce(message, kind);
  }

  /** `topic`: what is not told again, where the message differs. */
  tellOnce(message: string, topic: string = message): void {
    if (this.#told.has(topic)) return;
    this.#told.add(topic);
    this.settings.logger.warn(message);
  }
}
