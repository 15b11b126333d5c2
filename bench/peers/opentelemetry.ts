/** OpenTelemetry's batching of spans, over OTLP in JSON. It tells nobody what became of a span. */
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { Emitter, Target } from '../contenders/contender.ts';
import { BATCH } from './batches.ts';

/** It drops what does not fit; nothing may be dropped here. */
const ROOM = 4_000_000;
/** A flush of many spans exports all batches at once, and those above the limit are lost. */
const EXPORTS = 100_000;

export function make({ url }: Target): Emitter {
  const exporter = new OTLPTraceExporter({ url: `${url}/v1/traces`, concurrencyLimit: EXPORTS });
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: ROOM,
    maxExportBatchSize: BATCH,
  });
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('bench');
  return {
    kind: 'emitter',
    emit({ agentInstanceId, schemaName, payload }) {
      // An attribute is flat, so a payload goes in as text.
      const attributes = { agentInstanceId, schemaName, payload: JSON.stringify(payload) };
      tracer.startSpan(payload.name, { attributes }).end();
    },
    close: () => provider.forceFlush(),
  };
}
