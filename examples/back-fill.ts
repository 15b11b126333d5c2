// Sends what an agent did before it reported anything: runs of the past, from a file of your own, with the times that they had.
// It may be run again, and doubles nothing: each call has a key that is made from the file.
// Has its own emulator: node examples/back-fill.ts [FILE]
import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { AutobatchClient } from '../src/index.ts';
import { Emulator } from '../src/testing/index.ts';

/** A line of the file: times are ISO 8601, or milliseconds since the beginning of the chat. */
interface Chat {
  readonly id: string;
  readonly at: string;
  readonly ms: number;
  readonly question: string;
  readonly answer: string;
  readonly rating?: number;
  readonly steps: readonly Step[];
}

interface Step {
  readonly tool: string;
  readonly from: number;
  readonly to: number;
  readonly input: object;
  readonly output?: object;
  readonly error?: string;
}

const file = process.argv[2] ?? new URL('support-chats.ndjson', import.meta.url);
const emulator = new Emulator({ latencyMs: 20 });
await using api = await emulator.listen();

for (const time of ['the first time', 'again']) {
  const { chats, accepted, succeeded } = await backFill();
  const runs = Object.values(emulator.snapshot().instances);
  const spans = runs.flatMap((run) => Object.values(run.spans));
  console.log(
    `${time}: ${chats} chats, ${succeeded} of ${accepted} calls succeeded; the server has ${runs.length} runs and ${spans.length} spans`,
  );
  assert.equal(succeeded, accepted);
  assert.equal(runs.length, chats);
}
const runs = Object.values(emulator.snapshot().instances);
const first = runs.find((run) => run['external_identifier'] === 'chat-0001');
if (first !== undefined)
  console.log(`chat-0001 began at ${first['started_at']}, and ended at ${first['finished_at']}`);

async function backFill() {
  const client = new AutobatchClient({
    apiUrl: api.url,
    apiToken: 'test-token',
    // An id that this client makes would be another one the next time, and a key must always say the same.
    ids: 'server',
  });
  client.on('failure', ({ key, error }) => console.error(`${key}: ${error.message}`));
  let chats = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    await client.ready(); // a file is faster than the network
    send(client, JSON.parse(line));
    chats++;
  }
  return { chats, ...(await client.close({ timeoutMs: Number.POSITIVE_INFINITY })) };
}

function send(client: AutobatchClient, chat: Chat): void {
  const { id, question, answer, rating } = chat;
  const at = (ms: number): Date => new Date(Date.parse(chat.at) + ms);
  const run = client.agentInstances.register({
    externalIdentifier: id,
    agentVersion: { name: 'Shop assistant' },
    idempotencyKey: `${id}-register`,
  });
  void client.agentInstances.start(run, { timestamp: at(0), idempotencyKey: `${id}-start` });
  const root = client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:agent',
    status: 'complete',
    payload: { question },
    resultPayload: { answer },
    startedAt: at(0),
    finishedAt: at(chat.ms),
    idempotencyKey: `${id}-root`,
  });
  for (const [index, step] of chat.steps.entries()) {
    void client.agentSpans.create({
      agentInstanceId: run,
      parentSpanId: root,
      schemaName: 'agent:tool',
      status: step.error === undefined ? 'complete' : 'failed',
      payload: { name: step.tool, input: step.input },
      resultPayload: step.output ?? { error: step.error },
      startedAt: at(step.from),
      finishedAt: at(step.to),
      idempotencyKey: `${id}-step-${index}`,
    });
  }
  if (rating !== undefined) {
    const quality = { name: 'rating', payload: { stars: rating } };
    void client.agentInstances.recordQuality(run, { ...quality, idempotencyKey: `${id}-rating` });
  }
  void client.agentInstances.finish(run, {
    timestamp: at(chat.ms),
    idempotencyKey: `${id}-finish`,
  });
}
