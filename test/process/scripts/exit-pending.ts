// A client that is left with calls when its process ends: `exit-pending.ts URL WHAT`.
import { createBatchingFetch } from '../../../src/fetch/index.ts';
import type { AutobatchOptions } from '../../../src/index.ts';
import { AutobatchClient } from '../../../src/index.ts';

const [apiUrl = '', what] = process.argv.slice(2);
const options: AutobatchOptions = { apiUrl, apiToken: 'test-token', logger: false };
switch (what) {
  case 'own fetch': {
    const client = new AutobatchClient({ ...options, fetch: (request) => fetch(request) });
    createBatchingFetch(client);
    void client.agentInstances.register({});
    break;
  }
  case 'replaced fetch': {
    const { fetch } = globalThis;
    globalThis.fetch = (...args) => fetch(...args);
    const client = new AutobatchClient(options);
    createBatchingFetch(client);
    void client.agentInstances.register({});
    break;
  }
  case 'no drain': {
    const client = new AutobatchClient(options);
    createBatchingFetch(client, { drainOnExit: false });
    void client.agentInstances.register({});
    break;
  }
  case 'uninstalled': {
    const client = new AutobatchClient(options);
    createBatchingFetch(client).uninstall();
    void client.agentInstances.register({});
    break;
  }
  case 'unreachable': {
    const client = new AutobatchClient({ ...options, apiUrl: 'http://127.0.0.1:1' });
    createBatchingFetch(client);
    void client.agentInstances.register({});
    void client.agentInstances.register({});
    break;
  }
  default: {
    // By reference: the ids of run and span are not known.
    const client = new AutobatchClient({ ...options, ids: 'server' });
    createBatchingFetch(client);
    const run = client.agentInstances.register({});
    void client.agentInstances.start(run);
    const span = { agentInstanceId: run, schemaName: 'llm', status: 'active' } as const;
    const root = client.agentSpans.create(span);
    void client.agentSpans.create({ ...span, schemaName: 'odd', parentSpanId: root });
    void client.agentSpans.create({ ...span, parentSpanId: root });
    void client.agentSpans.finish(root);
    void client.agentInstances.finish(run);
  }
}
process.exit(3);
