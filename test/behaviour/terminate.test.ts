// Somebody ends a run in the web app (docs/internals/api.md, "Control").
import { expect, test } from 'vitest';
import { harness, TOKEN } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf, span } from '../helpers/spans.ts';

test('terminate fires once for each instance, and every call is settled all the same', async () => {
  const t = await harness();
  const told: unknown[] = [];
  t.client.on('terminate', (detail) => told.push(detail));
  const run = t.client.agentInstances.register({});
  void t.client.agentInstances.start(run);
  await t.settled();
  t.emulator.terminate(INSTANCE, 'too expensive');
  const calls: Promise<unknown>[] = [...t.spans('a', 'b')];
  await t.settled();
  calls.push(t.span('c'), t.span('d', { agentInstanceId: run }));
  await t.settled();
  expect(await outcomes(...calls)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(told).toEqual([{ agentInstanceId: INSTANCE, reason: 'too expensive' }]);
  const { id } = await run;
  t.emulator.terminate(id, 'too slow');
  void t.span('e', { agentInstanceId: run });
  await t.settled();
  expect(told.slice(1)).toEqual([{ agentInstanceId: id, reason: 'too slow' }]);
});

test('the result carries the control', async () => {
  const t = await harness();
  t.emulator.terminate(INSTANCE, 'enough');
  const a = t.span('a');
  await t.settled();
  expect((await a).control).toEqual({ terminate: true, reason: 'enough' });
});

test('a token in its reason is in no result and no event, whatever the call was', async () => {
  const t = await harness();
  const told: unknown[] = [];
  t.client.on('terminate', (detail) => told.push(detail));
  t.emulator.terminate(INSTANCE, `revoke ${TOKEN}, it leaked`);
  const a = t.span('a');
  const details = {
    agent_instance_id: INSTANCE,
    schema_name: 'a',
    status: 'active',
    payload: {},
  } as const;
  const b = t.client.submit({ _type: 'agent_spans/create', details });
  const key = keyOf('of-a-batch');
  const c = t.client.bulk.execute({
    items: [{ _type: 'agent_spans/create', idempotency_key: key, details }],
  });
  await t.settled();
  const control = { terminate: true, reason: 'revoke [token], it leaked' };
  expect((await a).control).toEqual(control);
  expect(await b).toMatchObject({ status: 'success', control });
  expect((await c).outputs[key]).toMatchObject({ status: 'success', control });
  expect(told).toEqual([{ agentInstanceId: INSTANCE, reason: control.reason }]);
});

test('each client tells of it', async () => {
  const t = await harness();
  const other = t.newClient();
  const told: string[] = [];
  t.client.on('terminate', () => told.push('one'));
  other.on('terminate', () => told.push('other'));
  t.emulator.terminate(INSTANCE, 'enough');
  void t.span('a');
  void other.agentSpans.create(span('b'));
  await t.settled();
  expect(told).toEqual(['one', 'other']);
});

test('a finish of a span that this client never saw tells the instance by its answer', async () => {
  const t = await harness({}, {});
  const other = t.newClient();
  const root = other.agentSpans.create(span('root', { status: 'active' }));
  await t.settled();
  t.emulator.terminate(INSTANCE, 'enough', { closeSpans: false });
  const told: unknown[] = [];
  t.client.on('terminate', (detail) => told.push(detail));
  void t.client.agentSpans.finish((await root).id);
  await t.settled();
  expect(told).toEqual([{ agentInstanceId: INSTANCE, reason: 'enough' }]);
});

test('a control that is no object, or says false, tells nothing', async () => {
  const t = await harness({}, { alwaysControl: true });
  const told: unknown[] = [];
  t.client.on('terminate', (detail) => told.push(detail));
  const a = t.span('a');
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  expect(told).toEqual([]);
});
