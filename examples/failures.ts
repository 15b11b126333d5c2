// Exact results when things go wrong, against an emulator in this process.
import assert from 'node:assert/strict';
import {
  AutobatchClient,
  PrefactorDependencyError,
  PrefactorValidationError,
} from '../src/index.ts';
import { Emulator } from '../src/testing/index.ts';

const emulator = new Emulator();
const client = new AutobatchClient({ apiToken: 'test-token', fetch: emulator.fetch });
client.on('failure', ({ error }) => console.log(`failed: ${error}`));

const run = await client.agentInstances.register({ agentVersion: { name: 'Shop assistant' } });
await client.agentInstances.start(run);

// One of ten is invalid. The server stops at it; what it did not reach is sent again by itself.
emulator.faults.refuse('span-of-call-4', { message: 'Not like this.' });
const spans = Array.from({ length: 10 }, (_, index) =>
  client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:tool',
    status: 'active',
    payload: { index },
    idempotencyKey: `span-of-call-${index}`,
  }),
);
const finishes = spans.map((span) => client.agentSpans.finish(span, { status: 'complete' }));

const made = await Promise.allSettled(spans);
const finished = await Promise.allSettled(finishes);
for (const [index, create] of made.entries()) {
  const finish = finished[index];
  if (index === 4) {
    assert(create.status === 'rejected' && create.reason instanceof PrefactorValidationError);
    // What needs the invalid span cannot succeed: it is rejected here, and not sent again.
    assert(finish?.status === 'rejected' && finish.reason instanceof PrefactorDependencyError);
  } else {
    assert(create.status === 'fulfilled' && create.value.id === spans[index]?.id);
    assert(finish?.status === 'fulfilled' && finish.value.status === 'complete');
  }
}
console.log('9 of 10 spans were created and finished');

// The server does the work, and its answer is lost: the same keys are sent again.
emulator.faults.next({ kind: 'dropAfter' });
const stopListening = client.on('retry', ({ attempts, reason }) => {
  console.log(`attempt ${attempts} was ${reason}`);
});
const span = await client.agentSpans.create({
  agentInstanceId: run,
  schemaName: 'agent:tool',
  status: 'complete',
  payload: { name: 'orders.find' },
});
stopListening();
console.log(`span ${span.id} was recorded`);

const ledger = await client.close();
console.log(ledger);
assert.deepEqual(ledger, {
  accepted: 23,
  succeeded: 21,
  refused: 2, // the invalid span, and its finish
  notAttempted: 0,
  inDoubt: 0,
  cancelled: 0,
  pending: 0,
  declined: 0,
});
const { effects, breaches } = emulator.report();
assert([...effects.values()].every((times) => times === 1));
assert.deepEqual(breaches, []);
