import { expect, test } from 'vitest';
import { failureOf, RUN, resources, SPAN_A, SPAN_Z } from './recording-engine.ts';

const create = {
  _type: 'agent_spans/create',
  details: { agent_instance_id: RUN, schema_name: 'a', status: 'active', payload: {} },
};

test('any action is sent as it is, with a key, and resolves with its output as it came', async () => {
  const { pipeline, engine } = resources();
  const call = pipeline.submit(
    { _type: 'agents/show', agent_id: 'x', nested: { a_b: 1 } },
    undefined,
  );
  expect(engine.texts).toEqual([
    `{"_type":"agents/show","idempotency_key":"${call.idempotencyKey}","agent_id":"x","nested":{"a_b":1}}`,
  ]);
  const output = { status: 'success', summaries: [{ some_id: 1 }] };
  engine.entries[0]?.settle(output);
  expect(await call).toBe(output);
});

test('a key of its own is kept', () => {
  const { pipeline, engine } = resources();
  const call = pipeline.submit(
    { _type: 'agents/list', idempotency_key: 'a key of mine' },
    undefined,
  );
  expect(call.idempotencyKey).toBe('a key of mine');
  expect(engine.submissions[0]).toMatchObject({
    key: 'a key of mine',
    fingerprint: expect.any(String),
  });
});

test('nothing is filled in', () => {
  const { pipeline, engine } = resources();
  void pipeline.submit(create, undefined);
  void pipeline.submit({ _type: 'agent_spans/finish', agent_span_id: SPAN_A }, undefined);
  expect(engine.item(0).details).toEqual(create.details);
  expect(Object.keys(engine.item(1))).toEqual(['_type', 'idempotency_key', 'agent_span_id']);
});

test('a known type is ordered as the call of its method is', () => {
  const { pipeline, engine } = resources();
  void pipeline.submit({ ...create, details: { ...create.details, id: SPAN_A } }, undefined);
  const finish = pipeline.submit({ _type: 'agent_spans/finish', agent_span_id: SPAN_A }, undefined);
  void pipeline.submit({ _type: 'agent_instances/finish', agent_instance_id: RUN }, undefined);
  expect(finish.id).toBe(SPAN_A);
  expect(engine.submissions).toMatchObject([
    { makes: SPAN_A, uses: [RUN] },
    { changes: SPAN_A, uses: [RUN], overBound: true },
    { changes: RUN, follows: '*' },
  ]);
});

test('references stand for ids here, too, and a call can be referred to', () => {
  const { pipeline, instances, spans, engine } = resources({ ids: 'server' });
  const run = instances.register({});
  const details = { ...create.details, agent_instance_id: run };
  const span = pipeline.submit({ ...create, details }, undefined);
  void pipeline.submit({ _type: 'agent_spans/finish', agent_span_id: span }, undefined);
  const [made, created, finished] = engine.submissions;
  expect(created).toMatchObject({ holes: [made?.makes], uses: [made?.makes] });
  expect(finished?.changes).toBe(created?.makes);
  expect(details.agent_instance_id).toBe(run);
  expect(spans).toBeDefined();
});

test('a known type that makes something has to be answered with its id', async () => {
  const { pipeline, engine } = resources();
  const call = pipeline.submit(create, undefined);
  engine.answer(0, {});
  expect(await failureOf(call)).toEqual({ kind: 'malformed' });
});

test('options name further relations', () => {
  const { pipeline, engine } = resources();
  const run = { id: RUN };
  void pipeline.submit({ _type: 'agents/create' }, { makes: 'agent', uses: ['account'] });
  void pipeline.submit({ _type: 'agents/update' }, { changes: 'agent', uses: [run] });
  void pipeline.submit(create, { uses: ['agent'], changes: 'lock' });
  expect(engine.submissions).toMatchObject([
    { makes: 'agent', changes: undefined, uses: ['account'] },
    { makes: undefined, changes: 'agent', uses: [RUN] },
    { uses: [RUN, 'agent'], changes: 'lock' },
  ]);
});

test('what is known of a type is not said twice', async () => {
  const { pipeline } = resources();
  expect(await failureOf(pipeline.submit(create, { makes: 'x' }))).toMatchObject({
    issues: [
      { path: 'options.makes', message: 'is known of actions of this type already; leave it out' },
    ],
  });
  const finish = { _type: 'agent_spans/finish', agent_span_id: SPAN_Z };
  expect(await failureOf(pipeline.submit(finish, { changes: 'x' }))).toMatchObject({
    issues: [{ path: 'options.changes' }],
  });
});

test.each<[string, unknown, string, string]>([
  ['no object', undefined, 'action', 'must be an object, but it is missing'],
  ['an array', [], 'action', 'must be an object, but it is an array'],
  ['no type', {}, '_type', 'must be a string of 1 to 200 characters, but it is missing'],
  [
    'a bad key',
    { _type: 'a/b', idempotency_key: 'x' },
    'idempotency_key',
    'must have 8 to 64 characters, but it has 1',
  ],
  [
    'a known type without what it needs',
    { _type: 'agent_spans/create' },
    'details',
    'must be an object, but it is missing',
  ],
  [
    'no payload',
    { ...create, details: { ...create.details, payload: undefined } },
    'details.payload',
    'must be an object, but it is missing',
  ],
  [
    'no instance',
    { ...create, details: { ...create.details, agent_instance_id: undefined } },
    'details.agent_instance_id',
    'must be an id, a result, or an ActionPromise, but it is missing',
  ],
])('%s is refused', async (_, action, path, message) => {
  const { pipeline, engine } = resources();
  const call = pipeline.submit(action as { _type: string }, undefined);
  expect(await failureOf(call)).toMatchObject({
    name: 'PrefactorInvalidArgumentError',
    issues: [{ path, message }],
  });
  expect(engine.entries).toEqual([]);
});

test.each<[object, string, string]>([
  [{ sginal: 1 }, 'options.sginal', 'is not known here; the nearest is signal'],
  [
    { signal: {} },
    'options.signal',
    'must be an AbortSignal, and no Proxy that cannot be used as one, but it is an object',
  ],
  [{ uses: 'a' }, 'options.uses', 'must be an array of names, but it is a string'],
  [
    { uses: [7] },
    'options.uses.0',
    'must be an id, a result, or an ActionPromise, but it is a number',
  ],
  [{ makes: '' }, 'options.makes', 'must be a string of 1 to 200 characters, but it is empty'],
])('options %j are refused', async (options, path, message) => {
  const { pipeline } = resources();
  const call = pipeline.submit({ _type: 'agents/list' }, options);
  expect(await failureOf(call)).toMatchObject({ issues: [{ path, message }] });
});
