import { expect, test } from 'vitest';
import type { WireAction } from '../../src/schemas/action.ts';
import { failureOf, RUN, resources, SPAN_A } from './recording-engine.ts';

const root = {
  agentInstanceId: RUN,
  schemaName: 'a',
  status: 'active',
  payload: { secret: 1 },
} as const;

test('it sees the action in wire form, ids in the place of references', () => {
  const seen: WireAction[] = [];
  const { spans } = resources({
    beforeEnqueue: (action) => {
      seen.push(action);
      return action;
    },
  });
  const parent = spans.create(root);
  void spans.create({ ...root, parentSpanId: parent, startedAt: '2026-09-01T08:00:00.000Z' });
  expect(seen[1]).toStrictEqual({
    _type: 'agent_spans/create',
    idempotency_key: expect.any(String),
    details: {
      id: expect.any(String),
      agent_instance_id: RUN,
      schema_name: 'a',
      status: 'active',
      payload: { secret: 1 },
      parent_span_id: parent.id,
      started_at: '2026-09-01T08:00:00.000Z',
    },
  });
});

test('a reference whose id is not known stays a reference, and is filled in later', () => {
  const seen: unknown[] = [];
  const { instances, engine } = resources({
    beforeEnqueue: (action) => {
      seen.push(action['agent_instance_id']);
      return { ...action, timestamp: null };
    },
  });
  const run = instances.register({});
  void instances.start(run);
  expect(seen).toEqual([undefined, run]);
  expect(engine.submissions[1]).toMatchObject({ holes: [engine.submissions[0]?.makes] });
  expect(engine.texts[1]).toContain('"agent_instance_id":"?","timestamp":null');
});

test('what it returns is sent instead, in whatever order its fields stand', () => {
  const { spans, instances, engine } = resources({
    beforeEnqueue: ({ _type, idempotency_key, details }) => ({
      details: Object.fromEntries(Object.entries(Object(details)).reverse()),
      idempotency_key,
      _type,
    }),
  });
  const run = instances.register({});
  const parent = spans.create({ ...root, agentInstanceId: run });
  void spans.create({ ...root, agentInstanceId: run, parentSpanId: parent });
  const [made, first, second] = engine.submissions;
  // The parent now stands before the instance.
  expect(second?.holes).toEqual([first?.makes, made?.makes]);
  expect(second?.uses).toEqual([made?.makes, first?.makes]);
});

test('what it returns is not changed, and may be shared between calls', () => {
  const shared = Object.freeze({
    agent_instance_id: RUN,
    schema_name: 'a',
    status: 'b',
    payload: {},
  });
  const { spans, engine } = resources({
    beforeEnqueue: ({ _type, idempotency_key }) =>
      Object.freeze({ _type, idempotency_key, details: shared }),
  });
  void spans.create(root);
  void spans.create(root);
  expect(engine.entries).toHaveLength(2);
  expect(engine.declined).toEqual([]);
});

test('null leaves the call out: it resolves with its own fields and an id of ours', async () => {
  const { spans, engine } = resources({ beforeEnqueue: () => null, ids: 'server' });
  const span = spans.create({ ...root, startedAt: '2026-09-01T08:00:00.000Z' });
  expect(await span).toStrictEqual({
    id: span.id,
    agentInstanceId: RUN,
    schemaName: 'a',
    status: 'active',
    payload: { secret: 1 },
    parentSpanId: null,
    startedAt: '2026-09-01T08:00:00.000Z',
  });
  expect(span.id).toMatch(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);
  expect(engine.entries).toEqual([]);
  expect(engine.omitted).toBe(1);
});

test('a call on something that is left out resolves with the id of that', async () => {
  const { spans, engine } = resources({ beforeEnqueue: () => null });
  const finish = spans.finish(SPAN_A, { status: 'failed', resultPayload: { a: 1 } });
  expect(finish.id).toBe(SPAN_A);
  expect(await finish).toMatchObject({ id: SPAN_A, status: 'failed', resultPayload: { a: 1 } });
  expect(engine.omitted).toBe(1);
});

test.each<[string, (action: WireAction) => unknown]>([
  ['must return an action or null, but what it returned is missing', () => undefined],
  ['must return an action or null, but what it returned is a string', () => 'x'],
  [
    'must return an action or null, but what it returned is a promise, and it has to be synchronous',
    async (action) => action,
  ],
  [
    'must leave _type and idempotency_key as they are',
    (action) => ({ ...action, _type: 'agents/list' }),
  ],
  [
    'must leave _type and idempotency_key as they are',
    (action) => ({ ...action, idempotency_key: 'another one' }),
  ],
])('it %s', async (message, beforeEnqueue) => {
  const { spans, engine } = resources({ beforeEnqueue });
  expect(await failureOf(spans.create(root))).toMatchObject({
    name: 'PrefactorInvalidArgumentError',
    issues: [{ path: 'beforeEnqueue', message }],
  });
  expect(engine.entries).toEqual([]);
});

test('a throw rejects the call, with what was thrown as the cause', async () => {
  const cause = new Error('no');
  const { spans } = resources({
    beforeEnqueue: () => {
      throw cause;
    },
  });
  expect(await failureOf(spans.create(root))).toMatchObject({
    message: 'Invalid call of agentSpans.create: beforeEnqueue threw (see cause).',
    cause,
  });
});

test('what it returns is checked again, in wire form', async () => {
  const { spans } = resources({
    beforeEnqueue: ({ details, ...action }) => ({
      ...action,
      details: { ...Object(details), schema_name: '', payload: 'gone', agent_instance_id: 7 },
    }),
  });
  expect(await failureOf(spans.create(root))).toMatchObject({
    issues: [
      {
        path: 'details.schema_name',
        message:
          'must be a string of 1 to 200 characters, but it is empty, in what beforeEnqueue returned',
      },
      {
        path: 'details.payload',
        message: 'must be an object, but it is a string, in what beforeEnqueue returned',
      },
    ],
  });
});

test('a field whose name all objects inherit is a field like any other', () => {
  const { pipeline, engine } = resources({ beforeEnqueue: (action) => action });
  const fields = '"__proto__":{"a":1},"toString":"b"';
  void pipeline.submit(JSON.parse(`{"_type":"x/y","details":{${fields}},${fields}}`), undefined);
  expect(engine.texts[0]).toContain(`"details":{${fields}},${fields}}`);
});
