// design.md 2: beforeEnqueue redacts, truncates and samples.
import { expect, test } from 'vitest';
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

test('what depends on a call that was left out is not sent to a certain refusal', async () => {
  const t = await harness({
    beforeEnqueue: (action) => (action.idempotency_key === keyOf('root') ? null : action),
  });
  const root = t.span('root', { status: 'active' });
  const child = t.span('child', { parentSpanId: root });
  await t.settled();
  expect(await outcomes(root, child)).toEqual(['ok', 'PrefactorDependencyError']);
  expect(t.sent).toEqual([]);
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
