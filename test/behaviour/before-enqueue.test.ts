// beforeEnqueue redacts, truncates and samples.
import { describe, expect, test } from 'vitest';
import type { WireAction } from '../../src/index.ts';
import { PrefactorInvalidArgumentError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

test('it sees each action in wire form, ids and times filled in', async () => {
  const seen: WireAction[] = [];
  const t = await harness({
    beforeEnqueue: (action) => {
      seen.push(structuredClone(action));
      return action;
    },
  });
  const a = t.span('a', { payload: { text: 'hello' } });
  await t.settled();
  expect(seen).toEqual([
    {
      _type: 'agent_spans/create',
      idempotency_key: keyOf('a'),
      details: expect.objectContaining({
        agent_instance_id: INSTANCE,
        id: a.id,
        schema_name: 'agent:llm',
        payload: { text: 'hello' },
        started_at: '2026-09-01T08:00:00.123Z',
      }),
    },
  ]);
  expect(t.actions()).toEqual(seen);
});

test('what it returns is what is sent, and its result is that of the call', async () => {
  const t = await harness({
    beforeEnqueue: (action) => ({
      ...action,
      details: { ...(action['details'] as object), payload: { redacted: true } },
    }),
  });
  const payload = { secret: 'swordfish' };
  const a = t.span('a', { payload });
  await t.settled();
  expect(await a).toMatchObject({ payload: { redacted: true } });
  expect(t.sent[0]?.body).not.toContain('swordfish');
  expect(payload).toEqual({ secret: 'swordfish' });
});

test('it may change the action that it is given, and the caller sees nothing of it', async () => {
  const t = await harness({
    beforeEnqueue: (action) => {
      (action['details'] as Record<string, unknown>)['payload'] = {};
      return action;
    },
  });
  const params = { payload: { secret: 'swordfish' } };
  void t.span('a', params);
  await t.settled();
  expect(t.sent[0]?.body).not.toContain('swordfish');
  expect(params.payload.secret).toBe('swordfish');
});

test('null: the call resolves unsent, with its own fields and an id', async () => {
  const t = await harness({ beforeEnqueue: () => null });
  const a = t.span('a', { payload: { n: 1 } });
  const end = t.client.agentSpans.finish(a, { status: 'failed' });
  await t.settled();
  expect(await a).toMatchObject({ id: a.id, schemaName: 'agent:llm', payload: { n: 1 } });
  expect(await end).toMatchObject({ id: a.id, status: 'failed' });
  expect(t.sent).toEqual([]);
  expect(t.client.stats().ledger).toMatchObject({ accepted: 0, declined: 2 });
});

describe.each(['client', 'server'] as const)('with ids: %s', (ids) => {
  test('one null for a registration samples a whole run away, without a failure', async () => {
    const seen: string[] = [];
    const t = await harness({
      ids,
      beforeEnqueue: (action) => {
        seen.push(action._type);
        return action['purpose'] === 'noise' ? null : action;
      },
    });
    const failures: unknown[] = [];
    t.client.on('failure', (failure) => failures.push(failure));
    const { agentInstances, agentSpans } = t.client;
    const run = agentInstances.register({ purpose: 'noise' });
    const calls: Promise<unknown>[] = [run, agentInstances.start(run)];
    const root = t.span('root', { agentInstanceId: run, status: 'active' });
    const leaf = t.span('leaf', { agentInstanceId: run, parentSpanId: root, status: 'active' });
    calls.push(root, leaf, agentSpans.finish(leaf), agentSpans.finish(await root));
    calls.push(agentInstances.recordQuality(await run, { name: 'tone', payload: null }));
    calls.push(agentInstances.finish((await run).id));
    const other = t.span('other');
    await t.settled();
    expect(await outcomes(...calls, other)).toEqual(Array(9).fill('ok'));
    expect(seen).toEqual(['agent_instances/register', 'agent_spans/create']);
    expect(t.batches()).toEqual([['other']]);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 1, succeeded: 1, declined: 8 });
    expect([failures, t.log.entries.filter(([level]) => level !== 'debug')]).toEqual([[], []]);
  });

  test('one null for a span takes its subtree along, and nothing beside it', async () => {
    const t = await harness({
      ids,
      beforeEnqueue: (action) => (action.idempotency_key === keyOf('noise') ? null : action),
    });
    const root = t.span('root', { status: 'active' });
    const noise = t.span('noise', { parentSpanId: root, status: 'active' });
    const below = t.span('below', { parentSpanId: noise, status: 'active' });
    const deeper = t.span('deeper', { parentSpanId: below });
    const beside = t.span('beside', { parentSpanId: root });
    const ends = [below, noise].map((span) => t.client.agentSpans.finish(span));
    const end = t.client.agentSpans.finish(root, { idempotencyKey: keyOf('end') });
    await t.settled();
    const all = [root, noise, below, deeper, beside, ...ends, end];
    expect(await outcomes(...all)).toEqual(Array(8).fill('ok'));
    expect(t.batches().flat()).toEqual(['root', 'beside', 'end']);
    expect(await deeper).toMatchObject({
      parentSpanId: (await below).id,
      agentInstanceId: INSTANCE,
      schemaName: 'agent:llm',
    });
  });

  test('a create that was left out, and comes again, is there for whoever comes after it', async () => {
    let isLeftOut = true;
    const t = await harness({ ids, beforeEnqueue: (action) => (isLeftOut ? null : action) });
    const id = '01k3zxw0000000a1b2c300000000000c';
    const first = t.span('first', { id, status: 'active' });
    const before = t.span('before', { parentSpanId: id });
    isLeftOut = false;
    const again = t.span('again', { id, status: 'active' });
    const after = t.span('after', { parentSpanId: first });
    await t.settled();
    isLeftOut = true;
    const third = t.span('third', { id });
    isLeftOut = false;
    const end = t.client.agentSpans.finish(first, { idempotencyKey: keyOf('end') });
    await t.settled();
    expect(await outcomes(first, before, again, after, third, end)).toEqual(Array(6).fill('ok'));
    expect(t.batches().flat()).toEqual(['again', 'after', 'end']);
  });
});

test('a throw rejects that call alone', async () => {
  const broken = new Error('no such regular expression');
  const t = await harness({
    beforeEnqueue: (action) => {
      if (action.idempotency_key === keyOf('a')) throw broken;
      return action;
    },
  });
  const [a, b] = t.spans('a', 'b');
  await t.settled();
  const error = await failureOf(a);
  expect(error).toBeInstanceOf(PrefactorInvalidArgumentError);
  expect(error).toMatchObject({ cause: broken, idempotencyKey: keyOf('a') });
  expect(await outcomes(b)).toEqual(['ok']);
  expect(t.client.stats().ledger).toMatchObject({ accepted: 1, declined: 1 });
});

test.each([
  ['undefined', () => undefined, /must return an action or null/],
  ['a promise', async (action: WireAction) => action, /it has to be synchronous/],
  [
    'another type',
    (action: WireAction) => ({ ...action, _type: 'agents/list' }),
    /must leave _type and idempotency_key as they are/,
  ],
  [
    'what is invalid',
    (action: WireAction) => ({ ...action, details: { payload: 'text' } }),
    /in what beforeEnqueue returned/,
  ],
])('to return %s is told as what it is', async (_, hook, message) => {
  const t = await harness({ beforeEnqueue: hook as (action: WireAction) => WireAction });
  const a = t.span('a');
  await t.settled();
  const error = await failureOf(a);
  expect(error).toBeInstanceOf(PrefactorInvalidArgumentError);
  expect((error as Error).message).toMatch(message);
});
