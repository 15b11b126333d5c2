import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { AgentInstanceRegisterParams } from '../index.ts';
import type { CheckTable } from '../lib/value-checks.ts';
import { aBoolean, aFunction, integerFrom, isObjectLike, mustBe } from '../lib/value-checks.ts';
import type { TraceOptions } from '../trace/index.ts';

/** What the run of a trace is registered with, or a function of the span that begins it. */
export type RegistrationOfTrace =
  | AgentInstanceRegisterParams
  | ((span: ReadableSpan) => AgentInstanceRegisterParams);

export interface SpanProcessorOptions extends TraceOptions {
  /**
   * What runs are registered with: `agentId`, `environmentId`, `agentVersion` and so on; or a function of the span that begins
   * a run, whose `resource` and attributes may say which agent it is.
   * @default the `agentVersion` of the resource: its `service.name` (else 'Agent'), and its `service.version`
   */
  readonly run?: RegistrationOfTrace | undefined;
  /**
   * Whether a span is recorded: false leaves it out, and its children become those of its parent. It is asked when the code
   * that has started the span has come to its end, and has to answer at once: a promise leaves nothing out.
   * @default all are, since a trace is a run
   */
  readonly filter?: ((span: ReadableSpan) => boolean) | undefined;
  /** Milliseconds that `forceFlush` and `shutdown` take at most. 1 to 2,147,483,647. @default 30_000 */
  readonly flushTimeoutMs?: number | undefined;
  /** Whether `shutdown` closes the client as well. @default false */
  readonly closeClient?: boolean | undefined;
}

/** The options that are of the processor itself, and those of its tracer. */
export function ownOptionsOf(options: SpanProcessorOptions): {
  readonly own: Pick<SpanProcessorOptions, 'run' | 'filter' | 'flushTimeoutMs' | 'closeClient'>;
  readonly ofTracer: TraceOptions;
} {
  const { run, filter, flushTimeoutMs, closeClient, ...ofTracer } = options;
  return { own: { run, filter, flushTimeoutMs, closeClient }, ofTracer };
}

export const ownOptionChecks: CheckTable = {
  run: mustBe(
    'an object or a function',
    (value) => isObjectLike(value) || typeof value === 'function',
  ),
  filter: aFunction,
  flushTimeoutMs: integerFrom(1, 2 ** 31 - 1),
  closeClient: aBoolean,
};
