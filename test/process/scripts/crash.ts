// A process that ends in the middle: one call is answered, one is in flight, one waits for a free request.
import process from 'node:process';
import { newClient, say } from './agent.ts';

const client = newClient({ batch: { concurrency: 1 } });
const run = await client.agentInstances.register({ idempotencyKey: 'answered' });
const create = (idempotencyKey: string): void => {
  const call = client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:tool',
    status: 'complete',
    idempotencyKey,
  });
  void call.finally(() => say('settled', idempotencyKey));
};
const stopListening = client.on('dispatch', () => {
  stopListening();
  create('not sent');
  say('both were called');
});
create('in flight');
process.once('SIGTERM', () => process.exit());
