// So many spans through one client; says how large the heap is after the first half and at the end.
import { AutobatchClient } from '../../../src/index.ts';
import { say } from './agent.ts';
import { answerLittle } from './answer-little.ts';

declare const gc: () => void;

const SPANS = Number(process.argv[2]);
const SPANS_IN_RUN = 20;

const client = new AutobatchClient({
  apiUrl: 'https://server.test',
  apiToken: 'test-token',
  fetch: answerLittle,
});
const { agentInstances, agentSpans } = client;

/** A run whose id the server makes, or is given; its spans' ids are the server's or ours. */
function makeRun(id: string | undefined): void {
  const run = agentInstances.register({ id });
  void agentInstances.start(run);
  for (let index = 0; index < SPANS_IN_RUN; index++) {
    const span = agentSpans.create({
      agentInstanceId: run,
      schemaName: 'agent:llm',
      status: 'active',
      payload: { prompt: `question ${index}` },
    });
    void agentSpans.finish(span, { resultPayload: { answer: index } });
  }
  void agentInstances.finish(run);
}

async function makeSpans(count: number): Promise<number> {
  for (let made = 0; made < count; made += 2 * SPANS_IN_RUN) {
    await client.ready();
    makeRun(undefined);
    makeRun(`01k3zxw0000000a1b2c3${String(made).padStart(12, '0')}`);
  }
  const { pending } = await client.flush();
  if (pending !== 0) throw new Error(`${pending} calls are still pending`);
  gc();
  // What the first collection found to be gone may hold more, which goes with the second.
  await new Promise(setImmediate);
  gc();
  return process.memoryUsage().heapUsed;
}

const half = await makeSpans(SPANS / 2);
const end = await makeSpans(SPANS / 2);
say(JSON.stringify({ half, end, ledger: client.stats().ledger }));
