import { extractPartition } from '@prefactor/pfid';
import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/schemas/action.ts';
import type { Ref } from '../../src/schemas/action-promise.ts';
import type { SubmitOptions } from '../../src/schemas/call-options.ts';
import { failureOf, RUN, resources, SPAN_A, SPAN_Z } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;

describe('the id of a span', () => {
  test('is made by the client, in the partition of its instance', () => {
    const { spans, engine } = resources();
    const span = spans.create(root);
    expect(span.id).toMatch(/^[0-7][0-9a-hjkmnp-tv-z]{31}$/);
    expect(extractPartition(span.id ?? '')).toBe(extractPartition(RUN));
    expect(engine.item(0).details?.['id']).toBe(span.id);
    expect(engine.submissions[0]).toMatchObject({ makes: span.id, hasNewName: true });
  });

  test.each([
    ['the instance has no id yet', 'client', undefined],
    ['the id of the instance is no PFID', 'client', 'run-1'],
    ["ids is 'server'", 'server', RUN],
  ] as const)('is left to the server where %s', (_, ids, given) => {
    const { instances, spans, engine } = resources({ ids });
    const agentInstanceId = given ?? instances.register({});
    const span = spans.create({ ...root, agentInstanceId });
    expect(span).not.toHaveProperty('id');
    expect(engine.item(engine.entries.length - 1).details).not.toHaveProperty('id');
    expect(engine.submissions.at(-1)?.makes).toEqual(expect.any(Number));
  });

  test('is the one that the caller gives', () => {
    const { spans, engine } = resources();
    const span = spans.create({ ...root, id: SPAN_A });
    expect(span.id).toBe(SPAN_A);
    expect(engine.submissions[0]?.makes).toBe(SPAN_A);
  });
});

test('a call carries its key and its id as own properties of a plain promise', () => {
  const { spans, engine } = resources();
  const span = spans.create(root);
  expect(Object.getPrototypeOf(span)).toBe(Promise.prototype);
  expect(Object.keys(span)).toEqual(['idempotencyKey', 'id']);
  expect(span.idempotencyKey).toBe(engine.submissions[0]?.key);
});

test('a call on something carries the id of that', () => {
  const { instances, spans } = resources();
  expect(spans.finish(SPAN_A).id).toBe(SPAN_A);
  expect(instances.start(RUN).id).toBe(RUN);
});

describe('a reference is', () => {
  test.each<[string, () => Ref<{ id: string }>]>([
    ['an id', () => SPAN_A],
    ['a result', () => ({ id: SPAN_A, status: 'active' })],
  ])('%s', (_, reference) => {
    const { spans, engine } = resources();
    void spans.finish(reference());
    expect(engine.item(0)).toMatchObject({ agent_span_id: SPAN_A });
    expect(engine.submissions[0]).toMatchObject({ changes: SPAN_A, holes: [] });
  });

  test('a call whose id is known', () => {
    const { spans, engine } = resources();
    const parent = spans.create(root);
    void spans.create({ ...root, parentSpanId: parent });
    void spans.finish(parent);
    expect(engine.item(1).details).toMatchObject({ parent_span_id: parent.id });
    expect(engine.item(2)).toMatchObject({ agent_span_id: parent.id });
  });

  test('a call without an id: its place stays open, and what fills it is named', () => {
    const { instances, spans, engine } = resources();
    const run = instances.register({});
    const parent = spans.create({ ...root, agentInstanceId: run });
    void spans.create({ ...root, agentInstanceId: run, parentSpanId: parent });
    const [made, first, second] = engine.submissions;
    expect(second).toMatchObject({
      holes: [made?.makes, first?.makes],
      uses: [made?.makes, first?.makes],
    });
    expect(second?.pieces).toHaveLength(3);
    expect(engine.texts[2]).toContain('"agent_instance_id":"?",');
    expect(engine.texts[2]).toContain('"parent_span_id":"?",');
  });

  test('a call that has been answered since', () => {
    const { instances, spans, engine } = resources();
    const run = instances.register({});
    engine.answer(0, { id: RUN });
    const span = spans.create({ ...root, agentInstanceId: run });
    expect(engine.item(1).details).toMatchObject({ agent_instance_id: RUN });
    expect(extractPartition(span.id ?? '')).toBe(extractPartition(RUN));
  });

  test('a call on something whose id is not known', () => {
    const { instances, engine } = resources();
    const started = instances.start(instances.register({}));
    void instances.finish(started);
    expect(engine.submissions[2]?.changes).toBe(engine.submissions[0]?.makes);
    expect(engine.submissions[2]?.holes).toEqual([engine.submissions[0]?.makes]);
  });

  test("to the server's id, where that is another than ours", () => {
    const { spans, engine } = resources();
    const span = spans.create(root);
    engine.otherIds.set(span.id ?? '', SPAN_Z);
    void spans.finish(span);
    expect(engine.submissions[1]?.changes).toBe(SPAN_Z);
    expect(engine.item(1)['agent_span_id']).toBe(SPAN_Z);
  });

  test('a declined call: what it was to make has failed', async () => {
    const { spans, engine } = resources();
    const bad = spans.create({ ...root, schemaName: '' });
    void spans.finish(bad);
    expect(engine.declined[0]?.makes).toEqual(expect.any(Number));
    expect(engine.submissions[0]?.changes).toBe(engine.declined[0]?.makes);
    await failureOf(bad);
  });

  test('a declined call on something: that is still there', () => {
    const { spans, engine } = resources();
    const bad = spans.finish(SPAN_A, { status: '' as never });
    void spans.finish(bad);
    expect(bad.id).toBe(SPAN_A);
    expect(engine.declined[0]?.makes).toBeUndefined();
    expect(engine.submissions[0]?.changes).toBe(SPAN_A);
  });

  test('a declined call with an id of its own: that id has failed', () => {
    const { spans, engine } = resources();
    const bad = spans.create({ ...root, schemaName: '', id: SPAN_A });
    expect(bad.id).toBe(SPAN_A);
    expect(engine.declined[0]?.makes).toBe(SPAN_A);
  });

  test.each<[string, Action, SubmitOptions]>([
    ['the name that its caller said', { _type: 'agents/create' }, { makes: 'a name' }],
    ['the id of a run', { _type: 'agent_instances/register', id: 'a name' }, {}],
    [
      'the id of a span',
      {
        _type: 'agent_spans/create',
        details: { agent_instance_id: RUN, schema_name: 'a', status: 'active', id: 'a name' },
      },
      {},
    ],
  ])('a declined action in wire form: %s has failed', async (_, action, options) => {
    const { pipeline, engine } = resources({
      beforeEnqueue: () => {
        throw new Error('no');
      },
    });
    const bad = pipeline.submit(action, options);
    expect(bad.id).toBe('a name');
    expect(engine.declined[0]?.makes).toBe('a name');
    await failureOf(bad);
  });

  test('a declined action in wire form that cannot even be read makes nothing that has a name', async () => {
    const { pipeline, engine } = resources();
    const unreadable = {
      _type: 'agent_spans/create',
      get details(): never {
        throw new Error('no');
      },
    };
    const bad = pipeline.submit(unreadable as never, undefined);
    expect(engine.declined[0]?.makes).toEqual(expect.any(Number));
    await failureOf(bad);
  });
});

test.each([null, undefined])('%s as the parent says that the span is a root', (parentSpanId) => {
  const { spans, engine } = resources();
  void spans.create({ ...root, parentSpanId });
  expect(engine.item(0).details).toMatchObject({ parent_span_id: null });
  expect(engine.submissions[0]?.uses).toEqual([RUN]);
});

describe('what is no reference is refused, with what to do instead', () => {
  const { instances } = resources();
  const foreign = instances.register({});
  const wanted = 'must be an id, a result, or an ActionPromise, but it is';
  test.each<[string, unknown]>([
    [`${wanted} missing`, undefined],
    [`${wanted} null`, null],
    [`${wanted} empty`, ''],
    [`${wanted} a number`, 7],
    [`${wanted} an object without an id`, {}],
    [`${wanted} an object without an id`, { id: 7 }],
    [`${wanted} an object without an id`, Object.create({ id: SPAN_A })],
    [
      'must not be a plain promise: returning an ActionPromise from an async function, or chaining on it, loses its id; pass the ActionPromise itself, or await it',
      Promise.resolve({ id: SPAN_A }),
    ],
    [
      'is an ActionPromise of another client, or of a call that makes nothing; await it, and pass its result',
      foreign,
    ],
  ])('%s', async (message, reference) => {
    const { spans } = resources();
    const given = reference as string;
    expect(await failureOf(spans.finish(given))).toMatchObject({
      name: 'PrefactorInvalidArgumentError',
      issues: [{ path: 'span', message }],
    });
    expect(await failureOf(spans.create({ ...root, agentInstanceId: given }))).toMatchObject({
      issues: [{ path: 'agentInstanceId', message }],
    });
  });
});

test('a call of another client whose id is known is as good as its id', () => {
  const theirs = resources().spans.create(root);
  const { spans, engine } = resources();
  void spans.finish(theirs);
  expect(engine.submissions[0]?.changes).toBe(theirs.id);
});
