// An agent that is instrumented by OpenTelemetry, recorded as a run; and what the client did, as metrics.
// Needs PREFACTOR_API_URL and PREFACTOR_API_TOKEN; `npm run examples` sets both to an emulator.
import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { AutobatchClient } from '../src/index.ts';
import { instrumentMetrics, PrefactorSpanProcessor } from '../src/otel/index.ts';

const client = new AutobatchClient();

// Once, where your program begins. NodeSDK of @opentelemetry/sdk-node does the same with less.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const provider = new BasicTracerProvider({
  spanProcessors: [
    new PrefactorSpanProcessor(client, {
      run: { agentVersion: { name: 'Shop assistant', externalIdentifier: 'v1.4.0' } },
      redact: ['**.email'],
    }),
  ],
});
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
const meters = new MeterProvider({ readers: [reader] });
const takeBack = instrumentMetrics(client, meters.getMeter('prefactor-autobatch'));

// What an instrumentation of your framework does by itself.
const tracer = provider.getTracer('shop-assistant');
await tracer.startActiveSpan('invoke_agent shop-assistant', async (agent) => {
  agent.setAttribute('gen_ai.operation.name', 'invoke_agent');
  await tracer.startActiveSpan('execute_tool orders.find', async (tool) => {
    tool.setAttributes({
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.call.arguments': '{"order":4711,"email":"ada@example.com"}',
    });
    tool.setAttribute('gen_ai.tool.call.result', '{"state":"on its way"}');
    tool.end();
  });
  await tracer.startActiveSpan('chat gpt-6', async (model) => {
    model.setAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-6' });
    model.setAttributes({ 'gen_ai.usage.input_tokens': 12, 'gen_ai.usage.output_tokens': 5 });
    model.setAttribute('gen_ai.output.messages', '[{"role":"assistant","content":"Tomorrow."}]');
    model.end();
  });
  agent.end();
});

// Before the process ends.
await provider.shutdown();
await reader.forceFlush();
takeBack();
for (const { descriptor, dataPoints } of exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? []) {
  for (const { attributes, value } of dataPoints) {
    if (descriptor.name !== 'prefactor.client.calls' || value === 0) continue;
    console.log(`${descriptor.name} ${JSON.stringify(attributes)}: ${JSON.stringify(value)}`);
  }
}
await meters.shutdown();
const { accepted, succeeded } = await client.close();
console.log(`${succeeded} of ${accepted} calls succeeded`);
