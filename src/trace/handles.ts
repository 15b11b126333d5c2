import type {
  ActionPromise,
  AgentInstance,
  AgentInstanceRegisterParams,
  FinishStatus,
} from '../index.ts';
import type { GenAiSpanType } from './genai-schemas.ts';

/** The name of a span's type, as registered. */
export type SpanTypeName = GenAiSpanType | (string & {});

/** A span, as it starts. */
export interface SpanParams {
  /** What it is called in lists: the tool, the model, the step. */
  readonly name: string;
  /** @default 'agent:chain' */
  readonly type?: SpanTypeName | undefined;
  /** What went in: any value. It is copied at the call. */
  readonly input?: unknown;
  /** What else there is to say, copied at the call: `payload.metadata`. */
  readonly attributes?: object | undefined;
  /** @default the time of the call */
  readonly startedAt?: Date | string | undefined;
  /** An id of your own: a PFID in the partition of the run. @default made by the client */
  readonly id?: string | undefined;
}

/** What a run is registered with; and of its root span, which `Tracer.run` makes, the fields of `SpanParams`. */
export interface RunParams extends AgentInstanceRegisterParams {
  /** Of the root span. @default the name of `agentVersion`, else 'run' */
  readonly name?: string | undefined;
  /** Of the root span. @default 'agent:agent' */
  readonly type?: SpanTypeName | undefined;
  /** Of the root span. */
  readonly input?: unknown;
  /** Of the root span. */
  readonly attributes?: object | undefined;
  /** Of the run, and of the root span. @default the time of the call */
  readonly startedAt?: Date | string | undefined;
}

/** Counts of a model's tokens, named as the official SDK names them. */
export interface TokenUsage {
  readonly promptTokens?: number | undefined;
  readonly completionTokens?: number | undefined;
  readonly totalTokens?: number | undefined;
}

/** What is known of a span before it ends, or at its end. What is given later replaces what was given before. */
export interface SpanDetails {
  /** What came out: any value. It is copied at the call. */
  readonly output?: unknown;
  /** @default 'cancelled' where the error is an `AbortError`, 'failed' with any other, else 'complete' */
  readonly status?: FinishStatus | undefined;
  /** `metadata` of the result. */
  readonly attributes?: object | undefined;
  /** `token_usage` of the result. */
  readonly tokenUsage?: TokenUsage | undefined;
}

/** How a span ends. */
export interface SpanEnd extends SpanDetails {
  /** What was thrown: any value but undefined. */
  readonly error?: unknown;
  /** @default the time of the call */
  readonly endedAt?: Date | string | undefined;
}

/** How a run ends. */
export interface RunEnd {
  /** @default by `error`, as of a span; without one 'failed' where a root span has failed, else 'complete' */
  readonly status?: FinishStatus | undefined;
  /** Decides the status. It is recorded by the span that it ended. */
  readonly error?: unknown;
  /** @default the time of the call */
  readonly endedAt?: Date | string | undefined;
}

/** A run that was started. None of its methods throws anything of its own, unless it is to call a function and is given none. */
export interface Run {
  /** The call that registers it: its id, once that is known. */
  readonly instance: ActionPromise<AgentInstance>;
  /** Starts a root span around `fn`, as `Span.span` does. */
  span<T>(params: string | SpanParams, fn: (span: Span) => T): T;
  /** Starts a root span. Whoever starts a span so ends it. */
  startSpan(params: string | SpanParams): Span;
  /** Ends the run, and as cancelled what is still open in it. The first end counts. */
  end(end?: RunEnd): void;
}

/** A span that was started. None of its methods throws anything of its own, unless it is to call a function and is given none. */
export interface Span {
  /**
   * Starts a child around `fn`, and ends it with what `fn` returns or throws; by a handle, so also where there is no
   * `AsyncLocalStorage`. Returns what `fn` returns, and throws what it throws.
   */
  span<T>(params: string | SpanParams, fn: (span: Span) => T): T;
  /** Starts a child. Whoever starts a span so ends it. */
  startSpan(params: string | SpanParams): Span;
  /**
   * Calls `fn` with this span as the one around it, and leaves it open: for adapters, whose spans begin and end elsewhere.
   * Returns what `fn` returns, and throws what it throws.
   */
  within<T>(fn: () => T): T;
  /** Notes what is to be recorded when the span ends. */
  set(details: SpanDetails): void;
  /** The first end counts. */
  end(end?: SpanEnd): void;
}

/** The root span of a run that `Tracer.run` has started. */
export interface RootSpan extends Span {
  /** The call that registers the run: for `client.agentInstances.recordQuality`, for instance. */
  readonly instance: ActionPromise<AgentInstance>;
}
