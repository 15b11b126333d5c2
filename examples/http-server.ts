// An HTTP server with an agent for each question, 50 of them at once. They share one client, so what they report at the same
// time travels together. Has its own emulator: node examples/http-server.ts
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { AutobatchClient } from '../src/index.ts';
import { Emulator } from '../src/testing/index.ts';
import { traced } from '../src/trace/index.ts';

const emulator = new Emulator({ latencyMs: 20 });
await using api = await emulator.listen();

// In your server: new AutobatchClient({ exitSignals: ['SIGTERM'] }), with URL and token from the environment.
const client = new AutobatchClient({ apiUrl: api.url, apiToken: 'test-token' });
const tracer = traced(client);

function findOrder(id: number): Promise<{ readonly state: string }> {
  return tracer.span({ name: 'orders.find', type: 'agent:tool', input: { id } }, async () => {
    await wait(5); // a database
    return { state: id % 7 === 0 ? 'delivered' : 'on its way' };
  });
}

function write(prompt: string): Promise<string> {
  return tracer.span({ name: 'small-1', type: 'agent:llm', input: { prompt } }, async () => {
    await wait(20); // a model
    return `Your order is ${prompt}.`;
  });
}

function answer(order: number): Promise<string> {
  const run = { agentVersion: { name: 'Shop assistant' }, input: { order } };
  return tracer.run(run, async () => write((await findOrder(order)).state));
}

const server = createServer(async (request, response) => {
  const { searchParams } = new URL(request.url ?? '', 'http://server');
  response.end(await answer(Number(searchParams.get('order'))));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
assert(typeof address === 'object' && address !== null);

const questions = Array.from({ length: 50 }, async (_, order) => {
  const response = await fetch(`http://127.0.0.1:${address.port}/?order=${order}`);
  return response.text();
});
const answers = await Promise.all(questions);
console.log(`${answers.length} questions were answered: "${answers[1]}", "${answers[7]}" ...`);

// A server ends like this: no more questions, then what is left of its reports.
server.close();
server.closeAllConnections();
const { accepted, succeeded } = await client.close();

const runs = Object.values(emulator.snapshot().instances);
const spans = runs.flatMap((run) => Object.values(run.spans));
console.log(`${runs.length} runs with ${spans.length} spans have arrived, all of them complete`);
console.log(`${succeeded} of ${accepted} calls succeeded, in ${client.stats().requests} requests`);
assert.equal(runs.length, 50);
assert(spans.every((span) => span['status'] === 'complete'));
assert.equal(succeeded, accepted);
assert(client.stats().requests < accepted / 2);
