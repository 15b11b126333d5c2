import type {
  ActionPromise,
  AgentInstance,
  AgentSpan,
  AgentSpanCreateParams,
  FinishStatus,
  Ref,
} from '../index.ts';
import { tried } from '../lib/user-code.ts';
import { isText } from '../lib/value-checks.ts';
import type { Span, SpanDetails, SpanEnd, SpanParams } from './handles.ts';
import {
  detailFields,
  needsFunction,
  problemOfFields,
  problemOfType,
  SPAN_NEEDS,
  spanFields,
  tokenFields,
  WITHIN_NEEDS,
} from './mistakes.ts';
import { payloadOf, resultPayloadOf, tokenUsagePayload } from './payloads.ts';
import type { EndedByResult, Recorder } from './recorder.ts';
import { unrecordedSpan } from './unrecorded.ts';

/** A run, as far as its spans need it. */
export interface SpanOwner {
  readonly recorder: Recorder;
  readonly instance: ActionPromise<AgentInstance>;
  readonly isOver: boolean;
  /** Whether the types of its spans are those of `genAiSchemas`. */
  readonly hasStandardTypes: boolean;
  started(span: RecordedSpan, parent: RecordedSpan | undefined): void;
  ended(span: RecordedSpan, end: EndedSpan): void;
}

/** What a span's end means for its run. */
export interface EndedSpan {
  readonly parent: RecordedSpan | undefined;
  readonly status: FinishStatus;
  readonly endedAt: SpanEnd['endedAt'];
}

export class RecordedSpan implements EndedByResult {
  /** Children that have started and not ended. */
  openChildren = 0;
  isOver = false;
  readonly #run: SpanOwner;
  /** Only while the span is open, so that a handle that is kept keeps no others. */
  #parent: RecordedSpan | undefined;
  /** The call that makes it; once that has settled its id, since the result has all that was recorded. */
  #reference: Ref<AgentSpan>;
  /** What was set, as copies. */
  #details: SpanDetails | undefined;

  constructor(run: SpanOwner, parent: RecordedSpan | undefined, start: SpanStart) {
    this.#run = run;
    this.#parent = parent;
    const call = run.recorder.settings.client.agentSpans.create({
      ...start,
      agentInstanceId: run.instance,
      parentSpanId: parent === undefined ? null : parent.#reference,
      status: 'active',
    });
    this.#reference = call;
    call.then(
      (made) => {
        // Left out by a hook, it has none.
        if (typeof made.id === 'string') this.#reference = made.id;
      },
      () => {},
    );
    if (parent !== undefined) parent.openChildren++;
    run.started(this, parent);
  }

  get instance(): ActionPromise<AgentInstance> {
    return this.#run.instance;
  }

  get isRunOver(): boolean {
    return this.#run.isOver;
  }

  span<T>(params: string | SpanParams, fn: (span: Span) => T): T {
    needsFunction(fn, SPAN_NEEDS);
    return this.#run.recorder.around(startSpan(this.#run, this, params), fn);
  }

  startSpan(params: string | SpanParams): Span {
    return startSpan(this.#run, this, params) ?? unrecordedSpan;
  }

  within<T>(fn: () => T): T {
    needsFunction(fn, WITHIN_NEEDS);
    return this.#run.recorder.settings.within(this, fn);
  }

  set(details: SpanDetails): void {
    if (this.isOver) return;
    const copies = tried(() => this.#copied(details));
    this.#tellMistakes(details);
    this.#details = { ...this.#details, ...copies };
  }

  end(end: SpanEnd = {}): void {
    if (this.isOver) return;
    // First, since a getter of what is copied may end it, too.
    this.isOver = true;
    const copies = tried(() => this.#copied(end));
    this.#tellMistakes(end);
    this.#end(end, { ...this.#details, ...copies });
  }

  #tellMistakes(details: SpanDetails): void {
    const { recorder } = this.#run;
    recorder.tellMistake('details', () => problemOfFields(details, detailFields));
    const tokens: unknown = tried(() => details.tokenUsage);
    if (tokens === undefined) return;
    recorder.tellMistake('tokens', () => problemOfFields(tokens, tokenFields));
  }

  /** Ends it with what came of its function: what was set is what the user wants instead. */
  settle(end: SpanEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    const { output, ...details } = end;
    const hasOutput = this.#details?.output !== undefined;
    this.#end(end, { ...this.#copied(hasOutput ? details : end), ...this.#details });
  }

  #end(end: SpanEnd, { output, attributes, tokenUsage, status }: SpanDetails): void {
    const error = tried(() => end.error);
    const endedAt = tried(() => end.endedAt);
    const { client, serialise } = this.#run.recorder.settings;
    const finalStatus = status ?? statusBy(error);
    // A text is recorded as the message, and so redacted as one.
    const thrown = typeof error === 'string' ? { message: error } : error;
    const result = { output, attributes, tokenUsage, error: serialise(thrown) };
    void client.agentSpans.finish(this.#reference, {
      status: finalStatus,
      resultPayload: resultPayloadOf(result),
      timestamp: endedAt,
      agentInstanceId: this.#run.instance,
    });
    const parent = this.#parent;
    if (parent !== undefined) parent.openChildren--;
    this.#parent = undefined;
    this.#details = undefined;
    this.#run.ended(this, { parent, status: finalStatus, endedAt });
  }

  /** Those that are given. */
  #copied({ output, status, attributes, tokenUsage }: SpanDetails): SpanDetails {
    const { serialise } = this.#run.recorder.settings;
    return {
      ...(output === undefined ? {} : { output: serialise(output) }),
      ...(status === undefined ? {} : { status }),
      ...(attributes === undefined ? {} : { attributes: Object(serialise(attributes)) }),
      ...(tokenUsage === undefined ? {} : { tokenUsage: tokenUsagePayload(tokenUsage) ?? {} }),
    };
  }
}

/** What an error says of the work that it ended. */
export function statusBy(error: unknown): FinishStatus {
  if (error === undefined) return 'complete';
  const name: unknown = tried(() => Object(error).name);
  return name === 'AbortError' ? 'cancelled' : 'failed';
}

/** Undefined, where the run has ended. */
export function startSpan(
  run: SpanOwner,
  parent: RecordedSpan | undefined,
  params: string | SpanParams,
): RecordedSpan | undefined {
  // First, since a getter of what is copied may end the run.
  const start = spanStartOf(params, run);
  if (!run.isOver) return new RecordedSpan(run, parent, start);
  run.recorder.unrecorded('A span was started in a run that has ended: it is not recorded.');
  return undefined;
}

/** What a span starts with, as the client takes it. */
type SpanStart = Pick<AgentSpanCreateParams, 'schemaName' | 'payload' | 'id' | 'startedAt'>;

/** Never throws, whatever the parameters are: the client, or the log, says what is wrong with them. */
export function spanStartOf(params: string | SpanParams, run: SpanOwner): SpanStart {
  const { recorder } = run;
  const { serialise } = recorder.settings;
  const read: Partial<SpanParams> =
    typeof params === 'string' ? { name: params } : (tried(() => ({ ...params })) ?? {});
  const { type = 'agent:chain', input, attributes, id, startedAt } = read;
  const name = isText(read.name) ? read.name : 'span';
  if (name !== read.name) recorder.tellOnce(NO_NAME);
  recorder.tellMistake('fields', () => problemOfFields(read, spanFields));
  if (run.hasStandardTypes) recorder.tellMistake('type', () => problemOfType(type));
  const payload = payloadOf(serialise(name), serialise(input), serialise(attributes));
  return { schemaName: type, payload, id, startedAt };
}

const NO_NAME =
  "A span needs a name, a text: startSpan('step'), or startSpan({ name: 'step' }). It is recorded as 'span'.";
