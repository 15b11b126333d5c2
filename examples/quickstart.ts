// A whole run of an agent, written without one await: each call names what it needs, and waits for
// it by itself. Needs PREFACTOR_API_URL and PREFACTOR_API_TOKEN; `npm run examples` sets both to an
// emulator.
// biome-ignore-all lint/nursery/noFloatingPromises: a call that nobody waits for may fail without harm
import { AutobatchClient } from '../src/index.ts';

const client = new AutobatchClient();
client.on('dispatch', ({ items, bytes, reason }) => {
  console.log(`a request leaves: ${items} items, ${bytes} bytes (${reason})`);
});

const run = client.agentInstances.register({
  agentVersion: { externalIdentifier: 'v1.4.0', name: 'Shop assistant' },
});
client.agentInstances.start(run);

const root = client.agentSpans.create({
  agentInstanceId: run,
  schemaName: 'agent:agent',
  status: 'active',
  payload: { question: 'Where is my order?' },
});
for (const order of [4711, 4712, 4713]) {
  client.agentSpans.create({
    agentInstanceId: run,
    parentSpanId: root,
    schemaName: 'agent:tool',
    status: 'complete', // over already: no finish needed
    payload: { name: 'orders.find', order },
    resultPayload: { state: 'on its way' },
  });
}
client.agentSpans.finish(root, { resultPayload: { answer: 'On its way.' } });
client.agentInstances.finish(run, { status: 'complete' });

// Only who wants a result waits for it.
const { id, status } = await root;
console.log(`span ${id} is ${status}`);

const { accepted, succeeded } = await client.close();
console.log(`${succeeded} of ${accepted} calls succeeded`);
