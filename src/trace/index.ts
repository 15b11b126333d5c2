export type { GenAiSpanType } from './genai-schemas.ts';
export { genAiSchemas, genAiSpanTypes } from './genai-schemas.ts';
export type {
  RootSpan,
  Run,
  RunEnd,
  RunParams,
  Span,
  SpanDetails,
  SpanEnd,
  SpanParams,
  SpanTypeName,
  TokenUsage,
} from './handles.ts';
export type { TraceStats } from './recorder.ts';
export type { TraceOptions } from './trace-options.ts';
export type { Tracer } from './tracer.ts';
export { traced } from './tracer.ts';
