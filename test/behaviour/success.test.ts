// An item whose output is a success.
import { expect, test } from 'vitest';
import { harness } from '../helpers/harness.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

test('each call resolves with its own result, in the names of the client', async () => {
  const t = await harness();
  const [a, b] = [
    t.span('a', { payload: { user_text: 'hello' }, startedAt: new Date('2026-09-01T07:59:00Z') }),
    t.span('b', { status: 'active', schemaName: 'agent:tool' }),
  ];
  await t.settled();
  expect(await a).toMatchObject({
    type: 'agent_span',
    id: a.id,
    agentInstanceId: INSTANCE,
    parentSpanId: null,
    schemaName: 'agent:llm',
    status: 'complete',
    payload: { user_text: 'hello' },
    resultPayload: null,
    startedAt: '2026-09-01T07:59:00.000Z',
  });
  expect(await b).toMatchObject({ id: b.id, schemaName: 'agent:tool', status: 'active' });
  expect(t.batches()).toEqual([['a', 'b']]);
});

test('what is made is what the server has', async () => {
  const t = await harness();
  const run = t.client.agentInstances.register({ agentVersion: { name: 'Shop' }, purpose: 'eval' });
  void t.client.agentInstances.start(run);
  const root = t.span('root', { agentInstanceId: run, status: 'active' });
  void t.span('leaf', { agentInstanceId: run, parentSpanId: root });
  void t.client.agentSpans.finish(root, { status: 'failed', resultPayload: { why: 'no tea' } });
  void t.client.agentInstances.recordQuality(run, { name: 'tone', payload: { score: 4 } });
  const finished = t.client.agentInstances.finish(run, { status: 'failed' });
  await t.settled();
  const { id } = await run;
  expect(await finished).toMatchObject({ id, status: 'failed', purpose: 'eval' });
  const instance = t.emulator.snapshot().instances[id];
  expect(instance).toMatchObject({ status: 'failed', quality_payloads: { tone: { score: 4 } } });
  expect(Object.values(instance?.spans ?? {})).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ status: 'failed', result_payload: { why: 'no tea' } }),
      expect.objectContaining({ status: 'complete', parent_span_id: (await root).id }),
    ]),
  );
});

test('a lone call waits for nothing', async () => {
  const t = await harness();
  const a = t.span('a');
  await t.settle();
  expect(t.batches()).toEqual([['a']]);
  await t.settled();
  expect((await a).id).toBe(a.id);
});

test('a result carries control when the API sent one', async () => {
  const t = await harness({}, { alwaysControl: true });
  const a = t.span('a');
  await t.settled();
  expect((await a).control).toEqual({ terminate: false, reason: null });
});

test('a result has no control when the API sent none', async () => {
  const t = await harness();
  const a = t.span('a');
  await t.settled();
  expect(await a).not.toHaveProperty('control');
});

test('a call is a plain promise with two properties more', async () => {
  const t = await harness();
  const a = t.span('a');
  expect(Object.getPrototypeOf(a)).toBe(Promise.prototype);
  expect(Object.keys(a).sort()).toEqual(['id', 'idempotencyKey']);
  expect(a.idempotencyKey).toBe(keyOf('a'));
  expect(a.id).toMatch(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);
  await t.settled();
});
