// A program that is traced by OpenTelemetry, with a PrefactorSpanProcessor, in virtual time.
import type { Context, Tracer } from '@opentelemetry/api';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { TracerConfig } from '@opentelemetry/sdk-trace-base';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { onTestFinished } from 'vitest';
import type { SpanProcessorOptions } from '../../src/otel/index.ts';
import { PrefactorSpanProcessor } from '../../src/otel/index.ts';
import type { Harness } from '../helpers/harness.ts';
import { harness } from '../helpers/harness.ts';
import { spansOf } from '../trace/trees.ts';

export interface TracedProgram extends Harness {
  readonly provider: BasicTracerProvider;
  readonly tracer: Tracer;
  readonly processor: PrefactorSpanProcessor;
  /** A span that was recorded, in wire form. */
  recorded(name: string): RecordedSpan;
}

interface RecordedSpan {
  readonly [field: string]: unknown;
  readonly payload: { readonly inputs?: unknown; readonly metadata?: Metadata };
  readonly result_payload: { readonly [field: string]: unknown; readonly metadata?: Metadata };
}

interface Metadata {
  readonly [field: string]: unknown;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly otel?: Readonly<Record<string, unknown>>;
}

export async function tracedProgram(
  options: SpanProcessorOptions = {},
  config: TracerConfig = {},
): Promise<TracedProgram> {
  const t = await harness();
  const processor = new PrefactorSpanProcessor(t.client, { logger: t.log, ...options });
  const provider = new BasicTracerProvider({ spanProcessors: [processor], ...config });
  useContexts();
  return {
    ...t,
    client: t.client,
    get timers() {
      return t.timers;
    },
    provider,
    processor,
    tracer: provider.getTracer('test'),
    recorded(name) {
      const found = spansOf(t.emulator).filter((span) => Object(span['payload']).name === name);
      if (found.length !== 1) throw new Error(`${found.length} spans are called ${name}`);
      return found[0] as never;
    },
  };
}

/** Lets time pass until a promise has settled. */
export async function within<T>(t: Harness, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  while (!isSettled) await t.settled();
  return promise;
}

/** Spans find their parents by async context, until the test is over. */
export function useContexts(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  onTestFinished(() => context.disable());
}

/** A context in which a span of another process is the parent. */
export function remoteContext(traceId = '0af7651916cd43dd8448eb211c80319c'): Context {
  const spanContext = { traceId, spanId: 'b7ad6b7169203331', traceFlags: 1, isRemote: true };
  return trace.setSpanContext(context.active(), spanContext);
}
