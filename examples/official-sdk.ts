// A program with the official SDK, unchanged but for one line: its calls are batched. Needs PREFACTOR_API_URL and
// PREFACTOR_API_TOKEN; `npm run examples` sets both to an emulator. Without the line, it would be
// `node --import prefactor-autobatch/register official-sdk.ts`.
import { createCore } from '@prefactor/core';
import { createBatchingFetch } from '../src/fetch/index.ts';
import { AutobatchClient } from '../src/index.ts';

// The line. It comes first: the SDK takes `fetch` when its client is built.
const client = new AutobatchClient();
const batchingFetch = createBatchingFetch(client, { answer: 'on-accept' });
globalThis.fetch = batchingFetch;

// From here on the program knows nothing of it.
const core = createCore({
  transportType: 'http',
  sampleRate: 1,
  captureInputs: true,
  captureOutputs: true,
  maxInputLength: 10_000,
  maxOutputLength: 10_000,
  httpConfig: {
    apiUrl: process.env['PREFACTOR_API_URL'] ?? '',
    apiToken: process.env['PREFACTOR_API_TOKEN'] ?? '',
    agentIdentifier: 'v1.4.0',
    agentSchema: { external_identifier: 'schemas-7', span_schemas: { tool: { type: 'object' } } },
  },
});
core.agentManager.startInstance();
for (let order = 4_700; order < 4_900; order++) {
  const span = core.tracer.startSpan({ name: 'orders.find', spanType: 'tool', inputs: { order } });
  core.tracer.endSpan(span, { outputs: { state: 'on its way' } });
}
core.agentManager.finishInstance();
await core.shutdown();

const { batched, early, lateFailures } = batchingFetch.stats();
const { requests } = client.stats();
console.log(`the SDK made ${batched} calls, and ${early} were answered as soon as they were taken`);
console.log(`they were sent in ${requests} requests, and ${lateFailures} failed`);
await client.close();
