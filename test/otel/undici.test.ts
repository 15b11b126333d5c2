// Requests over Node's own sender, seen by the diagnostics channels that OpenTelemetry's instrumentation of undici listens to.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { expect, onTestFinished, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { PrefactorSpanProcessor } from '../../src/otel/index.ts';
import { Emulator } from '../../src/testing/index.ts';
import { spansOf } from '../trace/trees.ts';
import { useContexts } from './traced-program.ts';

test('a request of the client is no span, one of the agent over the same connection is', async () => {
  const emulator = new Emulator();
  const server = await emulator.listen();
  onTestFinished(() => server.close());
  useContexts();
  const client = new AutobatchClient({ apiUrl: server.url, apiToken: 'test-token' });
  const processor = new PrefactorSpanProcessor(client);
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer('undici');
  const seen: unknown[] = [];
  const onCreate = (message: unknown): void => {
    const { method, path } = Object(message).request;
    seen.push(path);
    tracer.startSpan(`${method} ${path}`).end();
  };
  subscribe('undici:request:create', onCreate);
  onTestFinished(() => {
    unsubscribe('undici:request:create', onCreate);
  });

  const root = tracer.startSpan('agent');
  await processor.forceFlush();
  await context.with(trace.setSpan(ROOT_CONTEXT, root), () => fetch(`${server.url}/api/v1/ping`));
  root.end();
  await processor.forceFlush();
  await processor.forceFlush();
  const names = spansOf(emulator).map(({ payload }) => Object(payload).name);
  expect(names.sort()).toEqual(['GET /api/v1/ping', 'agent']);
  expect(new Set(seen)).toEqual(new Set(['/api/v1/bulk', '/api/v1/ping']));
  await client.close();
});
