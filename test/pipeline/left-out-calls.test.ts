// What `beforeEnqueue` left out takes along whatever needs it.
import { describe, expect, test } from 'vitest';
import type { WireAction } from '../../src/schemas/action.ts';
import { failureOf, RUN, resources, SPAN_A, SPAN_Z } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;

/** Calls of which those are left out that the test says; `asked` are the types that the hook saw. */
function sampled(isLeftOut: (action: WireAction) => boolean, ids: 'client' | 'server' = 'client') {
  const asked: string[] = [];
  const calls = resources({
    ids,
    beforeEnqueue: (action) => {
      asked.push(action._type);
      return isLeftOut(action) ? null : action;
    },
  });
  return { ...calls, asked };
}

const isNoise = (action: WireAction): boolean =>
  JSON.stringify(action['details'] ?? action).includes('"noise"');

describe.each(['client', 'server'] as const)('with ids: %s', (ids) => {
  test.each<[string, (call: Promise<{ id: string }>) => unknown]>([
    ['the call', (call) => call],
    ['the result', (call) => call],
    ['the id', async (call) => (await call).id],
  ])('by %s, a run takes all of its calls along, and the hook is not asked', async (_, refer) => {
    const { instances, spans, engine, asked } = sampled(isNoise, ids);
    const run = instances.register({ purpose: 'noise' });
    const reference = await refer(run);
    const ref = _ === 'the call' ? run : (reference as typeof run);
    const span = spans.create({ ...root, agentInstanceId: ref });
    const child = spans.create({ ...root, agentInstanceId: ref, parentSpanId: span });
    const all = [
      instances.start(ref),
      span,
      child,
      spans.finish(child),
      spans.finish((await span).id),
      instances.recordQuality(ref, { name: 'a', payload: {} }),
      instances.finish(ref),
    ];
    await Promise.all(all);
    expect(engine.entries).toEqual([]);
    expect([engine.omitted, engine.declined]).toEqual([8, []]);
    expect(asked).toEqual(['agent_instances/register']);
    expect(await child).toMatchObject({
      id: child.id,
      agentInstanceId: (await run).id,
      parentSpanId: (await span).id,
    });
  });

  test('a call on what was left out may stand for it as well', () => {
    const { instances, spans, engine } = sampled(isNoise, ids);
    const started = instances.start(instances.register({ purpose: 'noise' }));
    const span = spans.create({ ...root, agentInstanceId: started });
    void spans.create({ ...root, parentSpanId: spans.finish(span) });
    expect(engine.entries).toEqual([]);
  });

  test('what makes a thing anew, and uses it, is asked about again', () => {
    const { pipeline, engine, asked } = sampled((action) => action['noise'] === true, ids);
    const options = { makes: 'a name', uses: ['a name'] };
    void pipeline.submit({ _type: 'agents/create', noise: true }, options);
    void pipeline.submit({ _type: 'agents/create' }, options);
    expect(asked).toHaveLength(2);
    expect(engine.entries).toHaveLength(1);
  });

  test('a span takes along its children and its finish, and not its run', () => {
    const { instances, spans, engine } = sampled(isNoise, ids);
    const noise = spans.create({ ...root, schemaName: 'noise' });
    const child = spans.create({ ...root, parentSpanId: noise });
    void spans.create({ ...root, parentSpanId: child });
    void spans.finish(child);
    void spans.finish(noise);
    expect(engine.entries).toEqual([]);
    void spans.create(root);
    void instances.finish(RUN);
    expect(engine.entries).toHaveLength(2);
  });
});

test('a child that is invalid is told so all the same', async () => {
  const { spans } = sampled(isNoise);
  const noise = spans.create({ ...root, schemaName: 'noise' });
  const error = await failureOf(spans.create({ ...root, parentSpanId: noise, schemaName: '' }));
  expect(error).toMatchObject({ name: 'PrefactorInvalidArgumentError' });
});

test('a finish that is left out takes nothing along', () => {
  const { spans, engine } = sampled(({ _type }) => _type === 'agent_spans/finish');
  const span = spans.create(root);
  void spans.create({ ...root, parentSpanId: spans.finish(span) });
  expect(engine.entries).toHaveLength(2);
});

test('actions in wire form go the same way', () => {
  const { pipeline, engine, asked } = sampled(isNoise);
  const submit = (action: { _type: string }) => pipeline.submit(action, undefined);
  const run = submit({ _type: 'agent_instances/register', ...{ purpose: 'noise' } });
  submit({ _type: 'agent_instances/start', ...{ agent_instance_id: run } });
  const details = {
    agent_instance_id: run,
    schema_name: 'a',
    status: 'active',
    payload: {},
  } as const;
  const span = submit({ _type: 'agent_spans/create', ...{ details } });
  submit({ _type: 'agent_spans/finish', ...{ agent_span_id: span.id } });
  expect(engine.entries).toEqual([]);
  expect(asked).toHaveLength(1);
});

test('so does what names it among its relations', () => {
  const { pipeline, engine } = sampled(isNoise);
  const noise = { _type: 'agents/create', details: { name: 'noise' } };
  const other = { _type: 'agents/list' };
  void pipeline.submit(noise, { makes: 'the agent' });
  void pipeline.submit(other, { uses: [SPAN_A, 'the agent'] });
  void pipeline.submit(other, { changes: 'the agent', makes: 'its version' });
  void pipeline.submit(other, { uses: ['its version'] });
  expect(engine.entries).toEqual([]);
  void pipeline.submit(other, { uses: ['another agent'] });
  expect(engine.entries).toHaveLength(1);
});

test('what is left out and makes nothing takes nothing along', async () => {
  const { pipeline, spans, engine } = sampled(({ _type }) => _type === 'agents/list');
  const list = pipeline.submit({ _type: 'agents/list' }, undefined);
  void spans.create({ ...root, parentSpanId: list.id });
  expect(engine.entries).toHaveLength(1);
});

describe('a create is left out whose id another call has made, or is about to make', () => {
  test('it takes nothing along', () => {
    const { spans, engine } = sampled(isNoise);
    engine.there.add(SPAN_A);
    const noise = spans.create({ ...root, schemaName: 'noise', id: SPAN_A });
    void spans.create({ ...root, parentSpanId: noise });
    void spans.finish(SPAN_A);
    expect(engine.entries).toHaveLength(2);
  });

  test('nor where the other comes later', () => {
    const { spans, engine } = sampled(isNoise);
    const noise = spans.create({ ...root, schemaName: 'noise', id: SPAN_A });
    void spans.create({ ...root, parentSpanId: noise, id: SPAN_Z });
    void spans.create({ ...root, id: SPAN_A });
    engine.answer(0, { id: SPAN_A });
    void spans.create({ ...root, parentSpanId: noise });
    expect(engine.item(1).details?.['parent_span_id']).toBe(SPAN_A);
    // What had gone with it before stays out.
    void spans.create({ ...root, parentSpanId: SPAN_Z });
    expect(engine.entries).toHaveLength(2);
  });

  test('under one key, it stands for what the other makes', () => {
    let isLeftOut = false;
    const { instances, spans, engine } = sampled(() => isLeftOut);
    const first = instances.register({ idempotencyKey: 'a key of mine' });
    isLeftOut = true;
    const again = instances.register({ idempotencyKey: 'a key of mine' });
    isLeftOut = false;
    void spans.create({ ...root, agentInstanceId: first });
    void spans.create({ ...root, agentInstanceId: again });
    expect(engine.entries).toHaveLength(3);
    expect(engine.submissions[2]?.uses).toEqual([engine.submissions[0]?.makes]);
  });
});

test('what the hook hangs on something that was left out goes with it', () => {
  const { spans, engine } = resources({
    beforeEnqueue: (action) => {
      const details = action['details'] as Record<string, unknown>;
      if (details['schema_name'] === 'noise') return null;
      return { ...action, details: { ...details, parent_span_id: SPAN_A } };
    },
  });
  void spans.create({ ...root, schemaName: 'noise', id: SPAN_A });
  void spans.create(root);
  expect([engine.entries, engine.omitted]).toEqual([[], 2]);
});

describe('what was left out is remembered', () => {
  /** Leaves out so many spans, each of its own. */
  function leaveOutSpans({ spans }: ReturnType<typeof sampled>, count: number): void {
    for (let n = 0; n < count; n++) void spans.create({ ...root, schemaName: 'noise' });
  }

  test('by its id, the last 10,000 of a kind, and not for ever', async () => {
    const calls = sampled(isNoise);
    const { spans, instances, engine } = calls;
    const run = await instances.register({ purpose: 'noise' });
    const { id } = await spans.create({ ...root, schemaName: 'noise' });
    leaveOutSpans(calls, 9_999);
    void spans.finish(id);
    expect(engine.entries).toHaveLength(0);
    leaveOutSpans(calls, 20_002);
    void spans.finish(id);
    expect(engine.entries).toHaveLength(1);
    void instances.start(run.id);
    expect(engine.entries).toHaveLength(1);
  });

  test('by a reference, for as long as somebody holds it', () => {
    const calls = sampled(isNoise);
    const span = calls.spans.create({ ...root, schemaName: 'noise' });
    leaveOutSpans(calls, 30_003);
    void calls.spans.create({ ...root, parentSpanId: span });
    void calls.spans.finish(span);
    expect(calls.engine.entries).toEqual([]);
  });

  test('and a run covers its spans: those that have ended push no other out', async () => {
    const { instances, spans, engine } = sampled(isNoise);
    const { id } = await spans.create({ ...root, schemaName: 'noise' });
    const run = instances.register({ purpose: 'noise' });
    const covered = { ...root, agentInstanceId: run };
    for (let n = 0; n < 15_000; n++) {
      void spans.create({ ...covered, status: 'complete' });
      const open = spans.create(covered);
      void spans.finish(open.id ?? '');
    }
    void spans.finish(id);
    expect(engine.entries).toEqual([]);
  });
});
