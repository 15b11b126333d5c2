import type { AutobatchClient } from '../index.ts';
import { isObjectLike } from '../lib/value-checks.ts';
import { endingOf } from './endings/ending.ts';
import { follow } from './endings/follow.ts';
import type { RootSpan, Run, RunParams, Span, SpanParams } from './handles.ts';
import { needsFunction, RUN_NEEDS, SPAN_NEEDS } from './mistakes.ts';
import { RecordedRun, rootSpanParams } from './recorded-run.ts';
import type { EndedByResult, TraceStats } from './recorder.ts';
import { Recorder } from './recorder.ts';
import { redactionOf } from './redaction.ts';
import { serialise } from './serialiser.ts';
import { SpanContext } from './span-context.ts';
import type { TraceOptions } from './trace-options.ts';
import { checkTraceOptions } from './trace-options.ts';
import { unrecordedSpan } from './unrecorded.ts';

/**
 * Records runs and spans around functions, or by handles. But for `traced` itself nothing here throws anything of its own
 * (unless it is to call a function and is given none), and nothing that it is given is changed.
 */
export interface Tracer {
  /**
   * Records a run with a root span around `fn`: both end with what `fn` returns or throws. Spans that are started within,
   * also later in asynchronous code, are its children. Returns what `fn` returns, and throws what it throws.
   */
  run<T>(params: RunParams, fn: (run: RootSpan) => T): T;
  /**
   * Records a span around `fn`: a child of the span around the caller. Outside of any, `fn` runs unrecorded; the log says
   * so once. Returns what `fn` returns, and throws what it throws.
   */
  span<T>(params: string | SpanParams, fn: (span: Span) => T): T;
  /** Registers and starts a run, without a root span. Whoever starts a run so ends it. */
  startRun(params: RunParams): Run;
  /** The span around the caller, unless its run has ended. */
  active(): Span | undefined;
  /** What is open, and what was not recorded as it happened. */
  stats(): TraceStats;
}

/**
 * Records what agents do: runs, and spans around functions.
 *
 * @throws {TypeError} an option is wrong or unknown, or `client` is none
 *
 * @example
 * const tracer = traced(new AutobatchClient());
 * const answer = await tracer.run({ agentVersion: { name: 'Shop assistant' }, input: question }, () =>
 *   tracer.span({ name: 'orders.find', type: 'agent:tool', input: 4711 }, () => findOrder(4711)),
 * );
 */
export function traced(client: AutobatchClient, options: TraceOptions = {}): Tracer {
  const isClient = isObjectLike(client) && isObjectLike(client.agentSpans);
  if (!isClient) throw new TypeError('client must be an AutobatchClient.');
  const { redact, logger, maxOpenRuns, maxOpenSpans, ...limits } = checkTraceOptions(options);
  const redaction = redactionOf(redact);
  const context = new SpanContext();
  const recorder = new Recorder({
    client,
    logger,
    maxOpenRuns,
    maxOpenSpans,
    serialise: (value) =>
      serialise(value, { ...limits, maxBytes: limits.maxValueBytes }, redaction),
    within: (span, fn) => context.within(span, fn),
    around: (span, fn) => around(context, span, fn),
  });
  return {
    run: (params, fn) => {
      needsFunction(fn, RUN_NEEDS);
      const root = new RecordedRun(recorder, params).startRoot(rootSpanParams(params));
      return around(context, root, fn);
    },
    span: (params, fn) => {
      needsFunction(fn, `tracer.${SPAN_NEEDS}`);
      const active = context.active();
      if (active !== undefined) return active.span(params, fn);
      recorder.unrecorded(OUTSIDE);
      return fn(unrecordedSpan);
    },
    startRun: (params) => new RecordedRun(recorder, params),
    active: () => {
      const span = context.active();
      return span?.isRunOver === false ? span : undefined;
    },
    stats: () => recorder.stats(),
  };
}

const OUTSIDE =
  'A span was started outside of any run: it is not recorded. Call it within tracer.run, or, where there is no AsyncLocalStorage, as run.span.';

/** Calls `fn` within a span, which ends with what comes of it. */
function around<T>(context: SpanContext, span: EndedByResult, fn: (span: EndedByResult) => T): T {
  const ending = endingOf(span, context);
  let result: T;
  try {
    result = ending.within(() => fn(span));
  } catch (error) {
    ending.fail(error);
    throw error;
  }
  return follow(result, ending);
}
