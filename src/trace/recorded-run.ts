import type { ActionPromise, AgentInstance, AgentInstanceRegisterParams } from '../index.ts';
import { tried } from '../lib/user-code.ts';
import { genAiSchemas } from './genai-schemas.ts';
import type { Run, RunEnd, RunParams, Span, SpanParams } from './handles.ts';
import { needsFunction, problemOfFields, runEndFields, runFields, SPAN_NEEDS } from './mistakes.ts';
import type { EndedSpan, SpanOwner } from './recorded-span.ts';
import { RecordedSpan, spanStartOf, startSpan, statusBy } from './recorded-span.ts';
import type { OpenRun, Recorder } from './recorder.ts';
import { unrecordedSpan } from './unrecorded.ts';

export class RecordedRun implements Run, SpanOwner, OpenRun {
  readonly recorder: Recorder;
  readonly instance: ActionPromise<AgentInstance>;
  readonly hasStandardTypes: boolean;
  isOver = false;
  /** In the order in which they started. */
  readonly #open = new Set<RecordedSpan>();
  /** Of these, those without open children: the others are at work. That which has had none for the longest time is first. */
  readonly #childless = new Set<RecordedSpan>();
  #endsWith: RecordedSpan | undefined;
  #hasFailedRoot = false;

  constructor(recorder: Recorder, params: RunParams) {
    const { client } = recorder.settings;
    this.recorder = recorder;
    recorder.tellMistake('run', () => problemOfFields(params, runFields));
    this.hasStandardTypes = tried(() => params.agentSchemaVersion) === undefined;
    // What cannot be read the client declines, and says why.
    this.instance = client.agentInstances.register(tried(() => registerParamsOf(params)) ?? params);
    void client.agentInstances.start(this.instance, { timestamp: tried(() => params.startedAt) });
    recorder.opened(this);
  }

  get label(): string {
    return this.instance.id ?? `the one registered by the call ${this.instance.idempotencyKey}`;
  }

  span<T>(params: string | SpanParams, fn: (span: Span) => T): T {
    needsFunction(fn, SPAN_NEEDS);
    return this.recorder.around(startSpan(this, undefined, params), fn);
  }

  /** Starts a root span, with which the run ends; to be called first. */
  startRoot(params: SpanParams): RecordedSpan {
    this.#endsWith = new RecordedSpan(this, undefined, spanStartOf(params, this));
    return this.#endsWith;
  }

  startSpan(params: string | SpanParams): Span {
    return startSpan(this, undefined, params) ?? unrecordedSpan;
  }

  started(span: RecordedSpan, parent: RecordedSpan | undefined): void {
    if (this.isOver) return;
    this.#open.add(span);
    this.#childless.add(span);
    if (parent !== undefined) this.#childless.delete(parent);
    this.recorder.counts.openSpans++;
    this.recorder.touched(this);
    if (this.#open.size > this.recorder.settings.maxOpenSpans) this.#evictSpan();
  }

  ended(span: RecordedSpan, { parent, status, endedAt }: EndedSpan): void {
    if (!this.#open.delete(span)) return;
    this.#childless.delete(span);
    const isParentIdle = parent?.openChildren === 0 && this.#open.has(parent);
    if (isParentIdle) this.#childless.add(parent);
    this.recorder.counts.openSpans--;
    this.recorder.touched(this);
    if (parent === undefined && status === 'failed') this.#hasFailedRoot = true;
    if (span === this.#endsWith) this.end({ status, endedAt });
  }

  end(end: RunEnd = {}): void {
    if (this.isOver) return;
    this.isOver = true;
    this.recorder.tellMistake('run end', () => problemOfFields(end, runEndFields));
    const { status, error, endedAt } = tried(() => ({ ...end })) ?? {};
    const ownStatus = this.#hasFailedRoot ? 'failed' : 'complete';
    // Children first: they have started last.
    for (const span of [...this.#open].reverse()) {
      this.recorder.counts.forgottenSpans++;
      span.end({ status: 'cancelled', endedAt });
    }
    void this.recorder.settings.client.agentInstances.finish(this.instance, {
      status: status ?? (error === undefined ? ownStatus : statusBy(error)),
      timestamp: endedAt,
    });
    this.recorder.closed(this);
  }

  evict(): void {
    this.end({ status: 'cancelled' });
  }

  #evictSpan(): void {
    const { counts, settings } = this.recorder;
    const [idlest] = this.#childless;
    counts.evictedSpans++;
    this.recorder.tellOnce(
      `More than ${settings.maxOpenSpans} spans of one run are open (maxOpenSpans). The one that has been without open children for the longest time is ended as cancelled. Does every span end? stats() counts them.`,
      'spans',
    );
    idlest?.end({ status: 'cancelled' });
  }
}

/** Of the root span, as `run` makes it. */
export function rootSpanParams(params: RunParams): SpanParams {
  const {
    name,
    type = 'agent:agent',
    input,
    attributes,
    startedAt,
    agentVersion,
  } = tried(() => ({ ...params })) ?? {};
  const runName = name ?? tried(() => agentVersion?.name) ?? 'run';
  return { name: runName, type, input, attributes, startedAt };
}

function registerParamsOf(params: RunParams): AgentInstanceRegisterParams {
  const { name: _, type: _1, input: _2, attributes: _3, startedAt: _4, ...register } = params;
  for (const name of Object.keys(register)) {
    if (!runFields.names.includes(name)) Reflect.deleteProperty(register, name);
  }
  return { ...register, agentSchemaVersion: register.agentSchemaVersion ?? genAiSchemas };
}
