// An agent in a process in which somebody has put names on Object.prototype, before anything was loaded.
const everywhere = Object.prototype as unknown as Record<string, unknown>;
everywhere['extend'] = () => 1;
// Names of ours, too.
for (const name of [
  'id',
  'name',
  'purpose',
  'resultPayload',
  'idempotencyKey',
  'idempotency_key',
]) {
  everywhere[name] = 'polluted';
}
const { newClient, say } = await import('./agent.ts');

const client = newClient({ batch: { maxItems: 10 }, retry: { limit: 3 }, queue: {} });
const { signal } = new AbortController();
const run = client.agentInstances.register({ agentVersion: { name: 'a' } }, { signal });
const span = client.agentSpans.create({ agentInstanceId: run, schemaName: 'a', status: 'active' });
const calls = [
  run,
  client.agentInstances.start(run),
  span,
  client.agentSpans.finish(span),
  client.agentInstances.finish(run),
  client.submit({ _type: 'agents/list' }, {}),
  client.bulk.execute({ items: [{ _type: 'agents/list', idempotency_key: 'list-agents' }] }, {}),
];
const ends = await Promise.allSettled(calls);
for (const end of ends) if (end.status === 'rejected') say('rejected', String(end.reason));
const { succeeded } = await client.close({ timeoutMs: 5_000 });
say('succeeded', succeeded);

export {};
