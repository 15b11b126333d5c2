// Any bulk action, in wire form.
import { describe, expect, test } from 'vitest';
import { PrefactorInvalidArgumentError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

const details = {
  agent_instance_id: INSTANCE,
  schema_name: 'agent:llm',
  status: 'active' as const,
  payload: { n: 1 },
};

test('its output is as the wire has it', async () => {
  const t = await harness();
  const shown = t.client.submit({ _type: 'agents/list', idempotency_key: keyOf('list') });
  const made = t.client.submit({ _type: 'agent_spans/create', details });
  await t.settled();
  expect(await shown).toMatchObject({ status: 'success', summaries: expect.any(Array) });
  expect(await made).toMatchObject({
    status: 'success',
    details: { type: 'agent_span', agent_instance_id: INSTANCE, payload: { n: 1 } },
  });
});

test('it is sent as given, but for a key; nothing else is filled in', async () => {
  const t = await harness();
  const call = t.client.submit({ _type: 'agents/list', later_field: { x: 1 } });
  t.allowBreaches();
  await t.settled();
  expect(t.actions()).toEqual([
    { _type: 'agents/list', idempotency_key: call.idempotencyKey, later_field: { x: 1 } },
  ]);
});

test('it shares batches with the calls of the methods', async () => {
  const t = await harness();
  void t.span('a');
  void t.client.submit({ _type: 'agents/list', idempotency_key: keyOf('list') });
  void t.span('b');
  await t.settled();
  expect(t.batches()).toEqual([['a', 'list', 'b']]);
});

test('a known type has its relations built in', async () => {
  const t = await harness({ batch: { maxItems: 1 } });
  t.refuse('root');
  const root = t.client.submit({
    _type: 'agent_spans/create',
    idempotency_key: keyOf('root'),
    details: { ...details, id: '01k3zxw0000000a1b2c300000000000c' },
  });
  const child = t.span('child', { parentSpanId: '01k3zxw0000000a1b2c300000000000c' });
  const end = t.client.submit({
    _type: 'agent_spans/finish',
    agent_span_id: '01k3zxw0000000a1b2c300000000000c',
  });
  await t.settled();
  expect(await outcomes(root, child, end)).toEqual([
    'PrefactorValidationError',
    'PrefactorDependencyError',
    'PrefactorDependencyError',
  ]);
  expect(t.batches()).toEqual([['root']]);
});

test('its call is a reference, and references stand in its fields', async () => {
  const t = await harness({ ids: 'server' });
  const root = t.client.submit({ _type: 'agent_spans/create', details });
  const child = t.client.submit({
    _type: 'agent_spans/create',
    details: { ...details, parent_span_id: root },
  });
  await t.settled();
  const { id } = ((await root) as { details: { id: string } }).details;
  expect(await child).toMatchObject({ details: { parent_span_id: id } });
});

test('options name what else it makes, changes and uses', async () => {
  const t = await harness({ batch: { maxItems: 1, concurrency: 8 } });
  t.refuse('make', { code: 'not_found' });
  const make = t.client.submit(
    { _type: 'agents/list', idempotency_key: keyOf('make') },
    { makes: 'the thing' },
  );
  const use = t.client.submit(
    { _type: 'agents/list', idempotency_key: keyOf('use') },
    { uses: ['the thing'] },
  );
  const change = t.client.submit(
    { _type: 'agents/list', idempotency_key: keyOf('change') },
    { changes: 'the thing' },
  );
  const free = t.client.submit({ _type: 'agents/list', idempotency_key: keyOf('free') });
  await t.settled();
  expect(await outcomes(make, use, change, free)).toEqual([
    'PrefactorNotFoundError',
    'PrefactorDependencyError',
    'PrefactorDependencyError',
    'ok',
  ]);
  expect(t.batches()).toEqual([['make'], ['free']]);
});

describe('what is wrong is told at the call', () => {
  test.each([
    ['no type', {}, /_type must be a string of 1 to 200 characters, but it is missing/],
    ['a short key', { _type: 'agents/list', idempotency_key: 'x' }, /8 to 64 characters/],
    ['no details', { _type: 'agent_spans/create' }, /details must be an object, but it is missing/],
    [
      'a cycle',
      (() => {
        const action: Record<string, unknown> = { _type: 'agents/list' };
        action['self'] = action;
        return action;
      })(),
      /cycl|circular/i,
    ],
  ])('%s', async (_, action, message) => {
    const t = await harness();
    const error = await failureOf(t.client.submit(action as never));
    expect(error).toBeInstanceOf(PrefactorInvalidArgumentError);
    expect((error as Error).message).toMatch(message);
  });

  test('an unknown option', async () => {
    const t = await harness();
    const call = t.client.submit({ _type: 'agents/list' }, { use: ['x'] } as never);
    expect((await failureOf(call)) as Error).toMatchObject({
      message: expect.stringContaining('options.use is not known here; the nearest is uses'),
    });
  });
});
