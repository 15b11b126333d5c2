import type { TokenUsage } from '../trace/index.ts';
import { parsedAll } from './attribute-values.ts';
import type { SpanDescription } from './describe-span.ts';
import { describeSpan } from './describe-span.ts';
import type { NamingFamily } from './naming-families.ts';

/**
 * By which names the events of the AI SDK's own telemetry (the interface `Telemetry` of `ai` 7) say what they are about.
 * It is no row of `namingFamilies`, since names as common as these would be found in spans of others as well.
 */
const aiSdkEvents: NamingFamily = {
  family: 'AI SDK, events',
  types: { operationId: { 'ai.generatetext': 'agent:agent', 'ai.streamtext': 'agent:agent' } },
  input: [
    'toolCall#input',
    'promptMessages',
    { query: 'query', documents: 'documents' },
    'values',
    'value',
    'audio',
    'text',
    { instructions: 'instructions', system: 'system', prompt: 'prompt', messages: 'messages' },
  ],
  output: [
    'toolOutput#output',
    'object',
    'objectText',
    'embeddings',
    'embedding',
    'ranking',
    'audio',
    {
      text: 'text',
      reasoning: 'reasoningText',
      segments: 'segments',
      language: 'language',
      durationInSeconds: 'durationInSeconds',
    },
    'content',
  ],
  model: ['response#modelId', 'modelId'],
  tokens: {
    promptTokens: ['usage#inputTokens', 'usage#tokens'],
    completionTokens: ['usage#outputTokens'],
    totalTokens: ['usage#totalTokens'],
  },
};

/** An event, as far as it is read here by name; the table finds the rest. */
export interface AiSdkEvent {
  /** The operation (`generateText`, `embed`), to which calls of models and tools belong. */
  readonly callId: string;
  readonly operationId?: string;
  /** A name of the user's for the operation. */
  readonly functionId?: string | undefined;
  readonly text?: unknown;
  readonly embedCallId?: string;
  readonly modelId?: string;
  readonly provider?: string;
  readonly toolCall?: { readonly toolCallId: string; readonly toolName: string };
  readonly toolOutput?: { readonly type: string; readonly error?: unknown };
  readonly finishReason?: string;
  readonly error?: unknown;
  /** Why it was aborted. */
  readonly reason?: unknown;
  /** Only what the user wants in telemetry. */
  readonly runtimeContext?: object | undefined;
  readonly recordInputs?: boolean | undefined;
  readonly recordOutputs?: boolean | undefined;
}

/** What an event says of the span that starts or ends with it. */
export interface EventDescription extends Pick<SpanDescription, 'type' | 'input' | 'output'> {
  readonly attributes?: object;
  readonly tokenUsage?: TokenUsage;
  readonly error?: unknown;
  /** Present where the span has failed and the SDK does not say why: of a stream's error, or with outputs that are not to be recorded. */
  readonly status?: 'failed';
}

/** Reads an event, but for what its user does not want to be recorded. */
export function describeEvent(event: AiSdkEvent): EventDescription {
  const { provider, finishReason, runtimeContext = {}, toolOutput } = event;
  // When it ends, a transcript tells again of the audio that went in, and speech of its text.
  const isTranscript = event.operationId === 'ai.transcribe' && event.text !== undefined;
  const said = isTranscript ? { ...event, audio: undefined } : { ...event };
  const span = { name: '', attributes: parsedAll(said) };
  const { type, input, output, model, tokens } = describeSpan(span, [aiSdkEvents]);
  const attributes = {
    ...(model !== undefined && { model, provider }),
    ...(finishReason !== undefined && { finishReason }),
    ...(Object.keys(runtimeContext).length > 0 && { runtimeContext }),
  };
  const error = event.error ?? toolOutput?.error ?? undefined;
  const hasFailed = finishReason === 'error' || toolOutput?.type === 'tool-error';
  return {
    ...(type && { type }),
    ...(event.recordInputs !== false && { input }),
    ...(event.recordOutputs !== false && { output }),
    ...(Object.keys(attributes).length > 0 && { attributes }),
    ...(tokens && { tokenUsage: tokens }),
    ...(error !== undefined ? { error } : hasFailed && { status: 'failed' }),
  };
}

/** Which call of an operation it is about: by tool call, or attempt at an embedding; that of a language model is ''. */
export function callOf({ embedCallId, toolCall }: AiSdkEvent): string {
  return embedCallId ?? toolCall?.toolCallId ?? '';
}

/** What the span of such a call goes by: the tool, or the model. */
export function nameOfCall({ toolCall, modelId }: AiSdkEvent): string {
  return toolCall?.toolName ?? modelId ?? '';
}

/** And that of the operation: as its user calls it, or by the function of the SDK. */
export function nameOfOperation({ functionId, operationId }: AiSdkEvent): string {
  return functionId ?? operationId?.replace(/^ai\./, '') ?? '';
}
