import { describe, expect, test } from 'vitest';
import { RUN, resources, SPAN_A, SPAN_Z } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' };
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
