import { expect, test } from 'vitest';
import { AutobatchClient } from '../../src/client/client.ts';
import { failureOf, RUN, SPAN_A } from './recording-engine.ts';

const pfid = expect.stringMatching(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);

function disabledClient() {
  return new AutobatchClient({
    disabled: true,
    logger: false,
    fetch: () => expect.fail('a request was made'),
  });
}

test('a run resolves with its own fields and local ids, without a request', async () => {
  const client = disabledClient();
  const run = client.agentInstances.register({ agentId: 'agent' });
  const started = client.agentInstances.start(run);
  const span = client.agentSpans.create({
    agentInstanceId: run,
    schemaName: 'a',
    status: 'active',
    payload: { a: 1 },
  });
  const child = client.agentSpans.create({
    agentInstanceId: run,
    parentSpanId: span,
    schemaName: 'a',
    status: 'complete',
  });
  expect(await run).toEqual({ id: pfid, agentId: 'agent' });
  expect(await started).toMatchObject({ id: run.id });
  expect(await span).toMatchObject({ id: pfid, agentInstanceId: run.id, payload: { a: 1 } });
  expect(await child).toMatchObject({ parentSpanId: span.id, status: 'complete' });
  expect(await client.agentSpans.finish(span, { status: 'failed' })).toMatchObject({
    id: span.id,
    status: 'failed',
  });
  expect(await client.close()).toMatchObject({ accepted: 0, pending: 0, declined: 5 });
});

test('calls are checked all the same', async () => {
  const client = disabledClient();
  const failures: unknown[] = [];
  client.on('failure', ({ error }) => failures.push(error));
  const error = await failureOf(client.agentInstances.start('', {}));
  expect(error).toMatchObject({ name: 'PrefactorInvalidArgumentError' });
  expect(failures).toEqual([error]);
});

test('actions and batches are answered in wire form', async () => {
  const client = disabledClient();
  const finish = { _type: 'agent_spans/finish', agent_span_id: SPAN_A, status: 'failed' };
  expect(await client.submit(finish)).toEqual({
    status: 'success',
    details: { id: SPAN_A, status: 'failed' },
  });
  const details = {
    agent_instance_id: RUN,
    schema_name: 'a',
    status: 'active',
    payload: {},
  } as const;
  const items = [
    { ...finish, idempotency_key: 'key-00001' },
    { _type: 'agent_spans/create', idempotency_key: 'key-00002', details },
  ];
  expect(await client.bulk.execute({ items })).toEqual({
    status: 'success',
    outputs: {
      'key-00001': { status: 'success', details: { id: SPAN_A, status: 'failed' } },
      'key-00002': { status: 'success', details: { ...details, id: pfid } },
    },
  });
});

test('beforeEnqueue is not asked', async () => {
  const beforeEnqueue = () => expect.fail('the hook was asked');
  const client = new AutobatchClient({ disabled: true, logger: false, beforeEnqueue });
  expect(await client.agentInstances.register({})).toEqual({ id: pfid });
});

test('there is nothing to wait for, and nothing to see', async () => {
  const client = disabledClient();
  await client.ready();
  await client.flush();
  expect(client.stats()).toMatchObject({ queued: 0, requests: 0, ledger: { pending: 0 } });
});

test('a batch counts as a request that was answered, and a closed client takes none', async () => {
  const client = disabledClient();
  const items = [{ _type: 'agents/list', idempotency_key: 'list-agents-01' }];
  await client.bulk.execute({ items });
  expect(client.stats()).toMatchObject({ requests: 1, items: 1, ledger: { accepted: 0 } });
  await client.close();
  expect(await failureOf(client.bulk.execute({ items }))).toMatchObject({ code: 'CLOSED' });
  expect(await failureOf(client.ready())).toMatchObject({ code: 'CLOSED' });
  expect(await client.agentInstances.register({})).toEqual({ id: pfid });
});
