// The official client that npm has (docs/internals/api.md, "Official clients"), against the emulator on a socket: what
// it sends is taken, and what it is answered is what it can work with.

import { createCore } from '@prefactor/core';
import { expect, test } from 'vitest';
import { at, newEmulator } from './helpers.ts';

test('the official client writes a run', async () => {
  let answered: () => void = () => {};
  const hasRoot = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const emulator = newEmulator({
    onAnswer: ({ route }) => route === 'POST /api/v1/agent_spans' && answered(),
  });
  await using server = await emulator.listen();
  const { agentManager, tracer, shutdown } = createCore({
    transportType: 'http',
    sampleRate: 1,
    captureInputs: true,
    captureOutputs: true,
    maxInputLength: 10_000,
    maxOutputLength: 10_000,
    httpConfig: {
      apiUrl: server.url,
      apiToken: 'test-token',
      agentIdentifier: 'v1.0.0',
      agentName: 'Shop assistant',
      agentSchema: {
        external_identifier: 'shop-1',
        span_schemas: { agent: { type: 'object' }, 'shop:tool': { type: 'object' } },
        span_result_schemas: { 'shop:tool': { type: 'object' } },
      },
    },
  });
  agentManager.startInstance();
  const root = tracer.startSpan({ name: 'root', spanType: 'agent', inputs: { text: 'hello' } });
  await hasRoot; // else it would be sent as it is at the end
  const tool = tracer.startSpan({
    name: 'price',
    spanType: 'shop:tool',
    inputs: { sku: 'TEA-40' },
  });
  tracer.endSpan(tool, { outputs: { price: 4.2 } });
  tracer.endSpan(root, { error: new Error('out of tea') });
  agentManager.finishInstance();
  await shutdown();

  const [run] = Object.values(emulator.snapshot().instances);
  expect(run).toMatchObject({ status: 'complete' });
  const spans = Object.values(run?.spans ?? {});
  expect(spans).toHaveLength(2);
  expect(spans.find((span) => span['schema_name'] === 'shop:tool')).toMatchObject({
    status: 'complete',
    payload: { inputs: { sku: 'TEA-40' } },
    result_payload: expect.any(Object),
  });
  expect(spans.find((span) => span['schema_name'] === 'agent')).toMatchObject({ status: 'failed' });
  const { ran, unknownFields, breaches } = emulator.report();
  expect(ran.map(({ type, outcome }) => [type, outcome])).toEqual([
    ['agent_instances/register', 'success'],
    ['agent_instances/start', 'success'],
    ['agent_spans/create', 'success'],
    ['agent_spans/create', 'success'],
    ['agent_spans/finish', 'success'],
    ['agent_instances/finish', 'success'],
  ]);
  expect(unknownFields).toEqual([]);
  expect(breaches).toEqual([]);
  expect(at(run, 'span_counts')).toMatchObject({ total: 2 });
});
