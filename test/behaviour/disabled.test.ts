// The option `disabled`: no socket, no timer; calls validate and resolve.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PrefactorInvalidArgumentError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE } from '../helpers/spans.ts';

afterEach(() => vi.unstubAllEnvs());

describe.each([
  ['by the option', undefined, { disabled: true }],
  ['by the environment, 1', '1', {}],
  ['by the environment, true', 'true', {}],
])('%s', (_, variable, options) => {
  test('calls resolve with their own fields and a local id, and nothing is sent', async () => {
    vi.stubEnv('PREFACTOR_AUTOBATCH_DISABLED', variable);
    const t = await harness(options);
    const run = t.client.agentInstances.register({ purpose: 'eval' });
    const start = t.client.agentInstances.start(run);
    const root = t.span('root', { agentInstanceId: run, payload: { n: 1 } });
    const end = t.client.agentSpans.finish(root, { status: 'failed' });
    expect(t.timers).toBe(0);
    await t.settle();
    const { id } = await run;
    expect(id).toMatch(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);
    expect(await run).toMatchObject({ purpose: 'eval' });
    expect(await start).toMatchObject({ id });
    expect(await root).toMatchObject({ schemaName: 'agent:llm', payload: { n: 1 } });
    expect(await end).toMatchObject({ id: (await root).id, status: 'failed' });
    expect(t.sent).toEqual([]);
    expect(t.client.stats()).toMatchObject({ requests: 0, ledger: { accepted: 0, pending: 0 } });
  });
});

test('needs no token', async () => {
  vi.stubEnv('PREFACTOR_API_TOKEN', '');
  const t = await harness({ disabled: true, apiToken: undefined });
  expect(await outcomes(t.span('a'))).toEqual(['ok']);
});

test('what is invalid is rejected all the same', async () => {
  const t = await harness({ disabled: true });
  expect(await failureOf(t.span('a', { schemaName: '' }))).toBeInstanceOf(
    PrefactorInvalidArgumentError,
  );
});

test('the option goes before the environment', async () => {
  vi.stubEnv('PREFACTOR_AUTOBATCH_DISABLED', '1');
  const t = await harness({ disabled: false });
  void t.span('a');
  await t.settled();
  expect(t.batches()).toEqual([['a']]);
});

test('bulk.execute sets no timer, not even while it is under way', async () => {
  const t = await harness({ disabled: true });
  const items = [{ _type: 'agents/list', idempotency_key: 'list-agents-01' }];
  const packed = t.client.bulk.execute({ items });
  expect(t.timers).toBe(0);
  await packed;
  expect(t.timers).toBe(0);
});

test('flush, close, ready, submit and bulk.execute resolve', async () => {
  const t = await harness({ disabled: true });
  const action = { _type: 'agent_spans/create', details: { agent_instance_id: INSTANCE } };
  const details = { ...action.details, schema_name: 'x', status: 'active', payload: {} };
  const submitted = t.client.submit({ ...action, details });
  const packed = t.client.bulk.execute({
    items: [{ _type: 'agents/list', idempotency_key: 'list-agents-01' }],
  });
  expect(await outcomes(submitted, packed, t.client.ready())).toEqual(['ok', 'ok', 'ok']);
  expect((await packed).outputs).toHaveProperty('list-agents-01');
  expect(await t.client.flush()).toMatchObject({ pending: 0 });
  expect(await t.client.close()).toMatchObject({ pending: 0 });
  expect(t.sent).toEqual([]);
});
