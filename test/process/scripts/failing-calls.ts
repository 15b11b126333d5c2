// All kinds of failures, and nobody awaits a call or listens for an event.
import { makeRun, newClient, say } from './agent.ts';

const client = newClient({ queue: { maxItems: 12 } });
const { agentInstances, agentSpans, bulk } = client;
const unknown = '01k3zxw0000000a1b2c300000000000z';
void agentSpans.finish(unknown);
const root = agentSpans.create({ agentInstanceId: unknown, schemaName: 'x', status: 'active' });
void agentSpans.create({
  agentInstanceId: unknown,
  parentSpanId: root,
  schemaName: 'x',
  status: 'active',
});
void agentSpans.create({ agentInstanceId: '', schemaName: '', status: '' as never });
void agentSpans.finish(unknown, {}, { signal: AbortSignal.abort(new Error('enough')) });
void agentInstances.register({ idempotencyKey: 'short' });
void client.submit({ _type: '' });
void bulk.execute({ items: [] });
void makeRun(client);
void makeRun(client);
void client.ready();
await client.flush();
await client.close();
void agentInstances.register({});
void client.ready();
// An event loop turn for what would be raised by now.
setImmediate(() => say('still here', JSON.stringify(client.stats().ledger)));
