import { describe, expect, test } from 'vitest';
import { RUN, resources, SPAN_A, SPAN_Z } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;
const none = { makes: undefined, changes: undefined, uses: undefined };
const free = { precedes: undefined, follows: undefined };

test('what each action makes, changes and uses', () => {
  const { instances, spans, engine } = resources();
  void instances.register({ id: RUN });
  void instances.start(RUN);
  void instances.recordQuality(RUN, { name: 'a', payload: {} });
  void spans.create({ ...root, id: SPAN_A });
  void spans.create({ ...root, id: SPAN_Z, parentSpanId: SPAN_A });
  void spans.finish(SPAN_A);
  void instances.finish(RUN);
  expect(engine.submissions).toMatchObject([
    { type: 'agent_instances/register', ...none, ...free, makes: RUN },
    { type: 'agent_instances/start', ...none, ...free, changes: RUN },
    { type: 'agent_instances/record_quality', ...none, ...free, changes: RUN },
    { type: 'agent_spans/create', ...none, ...free, makes: SPAN_A, uses: [RUN] },
    { type: 'agent_spans/create', ...none, ...free, makes: SPAN_Z, uses: [RUN, SPAN_A] },
    { type: 'agent_spans/finish', ...none, ...free, changes: SPAN_A, uses: [RUN] },
    { type: 'agent_instances/finish', ...none, precedes: undefined, follows: '*', changes: RUN },
  ]);
});

test('the finish of a span that this client never saw goes before the finish of any instance', () => {
  const { spans, engine } = resources();
  void spans.finish(SPAN_A);
  expect(engine.submissions[0]).toMatchObject({
    ...none,
    changes: SPAN_A,
    precedes: '*',
    follows: undefined,
  });
});

describe('the instance of a span is remembered', () => {
  const isKnown = { uses: [RUN], precedes: undefined };
  const isUnknown = { uses: undefined, precedes: '*' };

  test('until the span is finished', () => {
    const { spans, engine } = resources();
    const span = spans.create(root);
    void spans.finish(span);
    void spans.finish(span);
    expect(engine.submissions.slice(1)).toMatchObject([isKnown, isUnknown]);
  });

  test('until its instance is finished', () => {
    const { instances, spans, engine } = resources();
    const span = spans.create(root);
    void instances.finish(RUN);
    void spans.finish(span);
    expect(engine.submissions[2]).toMatchObject(isUnknown);
  });

  test('not where the span has ended already', () => {
    const { spans, engine } = resources();
    void spans.finish(spans.create({ ...root, status: 'complete' }));
    expect(engine.submissions[1]).toMatchObject(isUnknown);
  });

  test('by its id too, once the server has told it', () => {
    const { instances, spans, engine } = resources({ ids: 'server' });
    const run = instances.register({});
    void spans.create({ ...root, agentInstanceId: run });
    engine.answer(0, { id: RUN });
    engine.answer(1, { id: SPAN_A });
    void spans.finish(SPAN_A);
    expect(engine.submissions[2]).toMatchObject(isKnown);
  });

  test('of a call without an id too', () => {
    const { instances, spans, engine } = resources({ ids: 'server' });
    const run = instances.register({});
    void spans.finish(spans.create({ ...root, agentInstanceId: run }));
    expect(engine.submissions[2]?.uses).toEqual([engine.submissions[0]?.makes]);
  });
});

describe('a full queue still accepts', () => {
  test('the finish of a span that this client made, once', () => {
    const { spans, engine } = resources();
    const span = spans.create(root);
    void spans.finish(span);
    void spans.finish(span);
    expect(engine.submissions.map(({ overBound }) => overBound ?? false)).toEqual([
      false,
      true,
      false,
    ]);
  });

  test('the finish of an instance that this client registered, once', () => {
    const { instances, engine } = resources();
    const run = instances.register({});
    engine.answer(0, { id: RUN });
    void instances.start(run);
    void instances.finish(RUN);
    void instances.finish(run);
    expect(engine.submissions.map(({ overBound }) => overBound ?? false)).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  test('no finish of an instance that somebody else registered', () => {
    const { instances, spans, engine } = resources();
    void spans.create(root);
    void instances.finish(RUN);
    expect(engine.submissions[1]?.overBound).toBe(false);
  });
});

test('a span that the server gave another id is known by that one', () => {
  const { spans, engine } = resources();
  const span = spans.create({ agentInstanceId: RUN, schemaName: 'a', status: 'active' });
  engine.answer(0, { id: SPAN_Z });
  void spans.finish(span);
  expect(engine.submissions[1]).toMatchObject({ changes: SPAN_Z, uses: [RUN], overBound: true });
});

describe('the run that a finish names', () => {
  const named = { changes: SPAN_A, uses: [RUN], precedes: undefined };

  test.each([
    ['its id', () => RUN],
    ['its result', () => ({ id: RUN })],
    [
      'its registration',
      ({ instances }: ReturnType<typeof resources>) => instances.register({ id: RUN }),
    ],
  ])('by %s, is the run of the span, and of no use to the queue', (_, refer) => {
    const t = resources();
    void t.spans.finish(SPAN_A, { agentInstanceId: refer(t) });
    expect(t.engine.submissions.at(-1)).toMatchObject({ ...named, overBound: undefined });
    expect(t.engine.item(t.engine.texts.length - 1)).not.toHaveProperty('agent_instance_id');
  });

  test('by a registration that was not answered, is what that makes', () => {
    const { instances, spans, engine } = resources();
    void spans.finish(SPAN_A, { agentInstanceId: instances.register({}) });
    const [register, finish] = engine.submissions;
    expect(finish).toMatchObject({ holes: [], precedes: undefined });
    expect(finish?.uses).toEqual([register?.makes]);
  });

  test.each([null, undefined])('is not known where it is %s', (agentInstanceId) => {
    const { spans, engine } = resources();
    void spans.finish(SPAN_A, { agentInstanceId });
    expect(engine.submissions[0]).toMatchObject({ uses: undefined, precedes: '*' });
  });

  test('gives way to the run in which this client made the span', () => {
    const { spans, engine } = resources();
    void spans.create({ ...root, id: SPAN_A });
    void spans.finish(SPAN_A, { agentInstanceId: SPAN_Z });
    expect(engine.submissions[1]).toMatchObject({ ...named, overBound: true });
  });

  test('takes the finish along where it was left out', () => {
    const beforeEnqueue = (action: { _type: string }) =>
      action._type === 'agent_instances/register' ? null : action;
    const { instances, spans, engine } = resources({ beforeEnqueue });
    void spans.finish(SPAN_A, { agentInstanceId: instances.register({ id: RUN }) });
    expect(engine).toMatchObject({ entries: [], omitted: 2 });
  });

  test('is told of when the answer says that it was ended', () => {
    const t = resources();
    void t.spans.finish(SPAN_A, { agentInstanceId: RUN });
    t.engine.answer(0, { id: SPAN_A }, { control: { terminate: true, reason: 'by hand' } });
    expect(t.ended).toEqual([[RUN, 'by hand']]);
  });
});
