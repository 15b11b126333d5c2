// How to test an agent that reports what it does: against an emulator in the same process, which keeps state and fails when it
// is told to. Needs no network and no account: node examples/agent-test.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AutobatchClient } from '../src/index.ts';
import { Emulator } from '../src/testing/index.ts';

/** The agent under test. It neither knows nor cares where its reports go. */
async function assist(client: AutobatchClient, question: string): Promise<string> {
  const run = client.agentInstances.register({ agentVersion: { name: 'Shop assistant' } });
  void client.agentInstances.start(run);
  const isQuestion = question.endsWith('?');
  void client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'agent:llm',
    status: isQuestion ? 'complete' : 'failed',
    payload: { question },
  });
  void client.agentInstances.finish(run, { status: isQuestion ? 'complete' : 'failed' });
  return isQuestion ? 'It is on its way.' : 'Please ask a question.';
}

function setUp() {
  const emulator = new Emulator({ strict: true });
  const client = new AutobatchClient({
    apiToken: 'test-token',
    fetch: emulator.fetch,
    logger: false,
  });
  return { emulator, client };
}

test('a question that is answered is a complete run with one span', async () => {
  const { emulator, client } = setUp();
  assert.equal(await assist(client, 'Where is my order?'), 'It is on its way.');
  await client.close();
  const [run, ...others] = Object.values(emulator.snapshot().instances);
  assert.deepEqual(others, []);
  assert.equal(run?.['status'], 'complete');
  assert.deepEqual(
    Object.values(run.spans).map((span) => span['payload']),
    [{ question: 'Where is my order?' }],
  );
});

test('what is no question is a failed run', async () => {
  const { emulator, client } = setUp();
  await assist(client, 'Good morning.');
  await client.close();
  const [run] = Object.values(emulator.snapshot().instances);
  assert.equal(run?.['status'], 'failed');
});

test('the customer has an answer, whatever becomes of the reports', async () => {
  const { emulator, client } = setUp();
  emulator.faults.refuse((item) => item.type === 'agent_instances/register');
  assert.equal(await assist(client, 'Where is my order?'), 'It is on its way.');
  const { accepted, refused } = await client.close();
  assert.deepEqual({ accepted, refused }, { accepted: 4, refused: 4 });
});

test('a lost answer doubles nothing', async () => {
  const { emulator, client } = setUp();
  emulator.faults.next({ kind: 'dropAfter' }); // the work is done, and the answer gets lost
  await assist(client, 'Where is my order?');
  await client.close();
  assert.equal(Object.keys(emulator.snapshot().instances).length, 1);
  assert.equal(emulator.report().replays, 1);
});
