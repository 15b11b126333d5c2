import type { AiSdkEvent } from '../genai/ai-sdk-events.ts';
import { callOf, describeEvent, nameOfCall, nameOfOperation } from '../genai/ai-sdk-events.ts';
import type { AgentInstanceRegisterParams } from '../index.ts';
import type { Span, SpanEnd, SpanTypeName, Tracer } from '../trace/index.ts';

export type { AiSdkEvent };

export interface PrefactorTelemetryOptions {
  /**
   * What a run is registered with that begins with an operation of the AI SDK, since no span of the tracer is around it.
   * @default an `agentVersion` whose name is the `functionId` of the operation's telemetry, else 'Agent'
   */
  readonly run?: AgentInstanceRegisterParams | undefined;
}

/** What the SDK tells: the beginning and the end of an operation, and of the calls in it. */
export type AiSdkEventName =
  | `on${'' | 'LanguageModelCall' | 'ObjectStep' | 'ToolExecution' | 'Embed' | 'Rerank'}${'Start' | 'End'}`
  | 'onAbort';

/** An integration for the telemetry of the AI SDK: its interface `Telemetry`, as far as it is used here. */
export interface PrefactorTelemetry
  extends Readonly<Record<AiSdkEventName, (event: AiSdkEvent) => void>> {
  onError(event: unknown): void;
  executeLanguageModelCall<T>(event: AiSdkEvent & { readonly execute: () => T }): T;
  executeTool<T>(event: AiSdkEvent & { readonly execute: () => T }): T;
}

/**
 * Records what the AI SDK 7 does: `registerTelemetry(prefactorTelemetry(traced(client)))`; or what one call of it does:
 * `generateText({ …, telemetry: { integrations: prefactorTelemetry(tracer) } })`.
 *
 * An operation is a child of the span of `tracer` that is around it; outside of any it is a run of its own. Its calls of
 * models and tools are its children, and what a tool does is below the tool. The SDK's `isEnabled`, `recordInputs`,
 * `recordOutputs`, `functionId` and `includeRuntimeContext` hold. Nothing here throws into the SDK, or touches a stream.
 *
 * @throws {TypeError} `tracer` is none
 *
 * @example
 * registerTelemetry(prefactorTelemetry(traced(new AutobatchClient())));
 */
export function prefactorTelemetry(
  tracer: Tracer,
  options: PrefactorTelemetryOptions = {},
): PrefactorTelemetry {
  if (typeof tracer?.startRun !== 'function') throw new TypeError(NO_TRACER);
  const open = new Map<string, Operation>();
  const started = (type: SpanTypeName) => (event: AiSdkEvent) => {
    const operation = open.get(event.callId);
    // One that is still open was an attempt that has failed.
    operation?.calls.get(callOf(event))?.end(FAILED);
    const params = { ...describeEvent(event), name: nameOfCall(event), type };
    if (operation) operation.calls.set(callOf(event), operation.span.startSpan(params));
  };
  const ended = (event: AiSdkEvent) =>
    open.get(event.callId)?.calls.get(callOf(event))?.end(describeEvent(event));
  const around = <T>(event: AiSdkEvent & { readonly execute: () => T }): T => {
    const operation = open.get(event.callId);
    const span = operation?.calls.get(callOf(event)) ?? operation?.span;
    return span === undefined ? event.execute() : span.within(event.execute);
  };
  return {
    onStart(event) {
      open.set(event.callId, begin(tracer, event, options.run));
      if (open.size > MAX_OPERATIONS) open.delete(open.keys().next().value ?? '');
    },
    onLanguageModelCallStart: started('agent:llm'),
    onLanguageModelCallEnd: ended,
    onObjectStepStart: started('agent:llm'),
    onObjectStepEnd: ended,
    onToolExecutionStart: started('agent:tool'),
    onToolExecutionEnd: ended,
    onEmbedStart: started('agent:embedding'),
    onEmbedEnd: ended,
    onRerankStart: started('agent:reranker'),
    onRerankEnd: ended,
    executeLanguageModelCall: around,
    executeTool: around,
    // The tokens are those of its calls, and would count twice.
    onEnd: (event) =>
      end(open, event.callId, { ...describeEvent(event), tokenUsage: undefined }, FAILED),
    onAbort: (event) => end(open, event.callId, { status: 'cancelled', error: event.reason }),
    onError: (event) => end(open, Object(event).callId, { error: Object(event).error ?? null }),
  };
}

const NO_TRACER = 'tracer must be what traced(client) of prefactor-autobatch/trace returns.';
/** Operations that are remembered. As many are open only where streams are left unread; the tracer ends these. */
const MAX_OPERATIONS = 10_000;
const FAILED: SpanEnd = { status: 'failed' };

/** One use of a function of the AI SDK (`generateText`, `embed`), while it lasts. */
type Operation = ReturnType<typeof begin>;

function begin(tracer: Tracer, event: AiSdkEvent, params?: AgentInstanceRegisterParams) {
  const active = tracer.active();
  const agentVersion = { name: event.functionId ?? 'Agent' };
  const parent = active ?? tracer.startRun(params ?? { agentVersion });
  return {
    /** That ends with it. */
    run: active === undefined ? parent : undefined,
    span: parent.startSpan({ ...describeEvent(event), name: nameOfOperation(event) }),
    calls: new Map<string, Span>(),
  };
}

/** Ends an operation, and its calls that are still open. (The first end counts.) */
function end(open: Map<string, Operation>, callId: string, by: SpanEnd, openCalls = by): void {
  const operation = open.get(callId);
  open.delete(callId);
  for (const call of operation?.calls.values() ?? []) call.end(openCalls);
  operation?.span.end(by);
  operation?.run?.end({ status: by.status, error: by.error });
}
