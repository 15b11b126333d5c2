// Ids and names have 1 to 200 characters: they are written into the texts of others, and remembered.
import { describe, expect, test } from 'vitest';
import { failureOf, RUN, resources, SPAN_A } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;

type Calls = ReturnType<typeof resources>;

const names: [string, (calls: Calls, name: string) => Promise<unknown>][] = [
  ['schemaName', ({ spans }, schemaName) => spans.create({ ...root, schemaName })],
  ['id', ({ spans }, id) => spans.create({ ...root, id })],
  ['id', ({ instances }, id) => instances.register({ id })],
  ['agentId', ({ instances }, agentId) => instances.register({ agentId })],
  ['environmentId', ({ instances }, environmentId) => instances.register({ environmentId })],
  [
    'agentVersion.externalIdentifier',
    ({ instances }, externalIdentifier) =>
      instances.register({ agentVersion: { externalIdentifier } }),
  ],
  [
    'externalIdentifier',
    ({ instances }, externalIdentifier) => instances.register({ externalIdentifier }),
  ],
  [
    'agentVersion.runtimeEnvironment.runtime',
    ({ instances }, runtime) =>
      instances.register({ agentVersion: { runtimeEnvironment: { runtime } } }),
  ],
  [
    'agentSchemaVersion.externalIdentifier',
    ({ instances }, externalIdentifier) =>
      instances.register({ agentSchemaVersion: { externalIdentifier } }),
  ],
  ['name', ({ instances }, name) => instances.recordQuality(RUN, { name, payload: {} })],
  ['_type', ({ pipeline }, _type) => pipeline.submit({ _type }, undefined)],
  ['options.makes', ({ pipeline }, makes) => pipeline.submit({ _type: 'a' }, { makes })],
];

const references: [string, (calls: Calls, name: string) => Promise<unknown>][] = [
  ['agentInstanceId', ({ spans }, id) => spans.create({ ...root, agentInstanceId: id })],
  ['parentSpanId', ({ spans }, id) => spans.create({ ...root, parentSpanId: id })],
  ['span', ({ spans }, id) => spans.finish(id)],
  ['agentInstanceId', ({ spans }, id) => spans.finish(SPAN_A, { agentInstanceId: id })],
  ['instance', ({ instances }, id) => instances.finish(id)],
  [
    'agent_instance_id',
    ({ pipeline }, id) =>
      pipeline.submit({ _type: 'agent_instances/start', agent_instance_id: id }, undefined),
  ],
  ['options.uses.0', ({ pipeline }, id) => pipeline.submit({ _type: 'a' }, { uses: [id] })],
  ['options.changes', ({ pipeline }, id) => pipeline.submit({ _type: 'a' }, { changes: id })],
];

describe.each([
  ['a string of 1 to 200 characters', names] as const,
  ['an id, a result, or an ActionPromise', references] as const,
])('must be %s', (wanted, fields) => {
  test.each(fields)('%s', async (path, call) => {
    const calls = resources();
    void call(calls, 'n'.repeat(200));
    expect(calls.engine.submissions).toHaveLength(1);
    const refused = call(calls, 'n'.repeat(201));
    expect(calls.engine.submissions).toHaveLength(1);
    expect(await failureOf(refused)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      issues: [{ path, message: `must be ${wanted}, but it is a string of 201 characters` }],
    });
    // What was to be made is remembered by no name that is as long.
    expect(calls.engine.declined[0]?.makes).not.toBe('n'.repeat(201));
  });
});

test('a result whose id is longer is one without an id', async () => {
  const { spans } = resources();
  expect(await failureOf(spans.finish({ id: 'n'.repeat(201) }))).toMatchObject({
    issues: [{ path: 'span', message: expect.stringContaining('an object without an id') }],
  });
});

test('what beforeEnqueue returns has such names as well', async () => {
  const { spans, engine } = resources({
    beforeEnqueue: (action) => ({
      ...action,
      details: { ...Object(action['details']), agent_instance_id: 'n'.repeat(201) },
    }),
  });
  expect(await failureOf(spans.create(root))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  expect(engine.submissions).toEqual([]);
});

test('the end of a run that an answer names by a longer id is told to nobody', () => {
  const t = resources();
  void t.spans.finish(SPAN_A);
  const control = { terminate: true, reason: 'by hand' };
  t.engine.answer(0, { id: SPAN_A, agent_instance_id: 'n'.repeat(201) }, { control });
  expect(t.ended).toEqual([]);
});
