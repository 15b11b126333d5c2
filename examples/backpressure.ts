// A producer that is faster than the server: it awaits client.ready() between calls, so the queue
// stays within its bound and no call is rejected. Needs PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
// biome-ignore-all lint/nursery/noFloatingPromises: a call that nobody waits for may fail without harm
import assert from 'node:assert/strict';
import { AutobatchClient, PrefactorQueueFullError } from '../src/index.ts';

const client = new AutobatchClient({ queue: { maxItems: 1_000 } });
const run = await client.agentInstances.register({ agentVersion: { name: 'Producer' } });

let highest = 0;
for (let index = 0; index < 5_000; index++) {
  await client.ready(); // at once below 80 % of the bound, else as soon as there is room
  client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:tool',
    status: 'complete',
    payload: { index },
  });
  const { queued, inFlight } = client.stats();
  highest = Math.max(highest, queued + inFlight);
}
const { succeeded, declined } = await client.flush();
console.log(`${succeeded} calls succeeded; at most ${highest} were pending at once`);
assert.equal(succeeded, 5_001);
assert.equal(declined, 0);
assert(highest <= 1_000);

// Without waiting: what does not fit is rejected, and what was accepted is not touched.
const calls = Array.from({ length: 1_500 }, (_, index) =>
  client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:tool',
    status: 'complete',
    payload: { index },
  }),
);
const results = await Promise.allSettled(calls);
const full = results.filter((result) => result.status === 'rejected');
console.log(`${results.length - full.length} calls succeeded, ${full.length} found the queue full`);
assert.equal(full.length, 500);
assert(full.every(({ reason }) => reason instanceof PrefactorQueueFullError));
await client.close();
