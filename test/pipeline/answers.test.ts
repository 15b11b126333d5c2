import { expect, test } from 'vitest';
import { failureOf, RUN, resources, SPAN_A } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'complete' } as const;
const ended = { control: { terminate: true, reason: 'by hand' } };

test('a call resolves with what the API answered, in camelCase', async () => {
  const { spans, engine } = resources();
  const span = spans.create(root);
  engine.answer(0, { id: SPAN_A, agent_instance_id: RUN, payload: { a_b: 1 } }, ended);
  expect(await span).toStrictEqual({
    id: SPAN_A,
    agentInstanceId: RUN,
    payload: { a_b: 1 },
    control: { terminate: true, reason: 'by hand' },
  });
});

test('the end of a run is told of, with the instance that the call is about', () => {
  const t = resources();
  void t.spans.create(root);
  void t.instances.start(RUN);
  void t.spans.finish(SPAN_A);
  // The answer itself need not name the instance.
  t.engine.answer(0, { id: SPAN_A }, ended);
  t.engine.answer(1, { id: RUN }, { control: { terminate: true, reason: 7 } });
  t.engine.answer(2, { id: SPAN_A, agent_instance_id: 'from the answer' }, ended);
  expect(t.ended).toEqual([
    [RUN, 'by hand'],
    [RUN, null],
    ['from the answer', 'by hand'],
  ]);
});

test('it is told of where the id became known meanwhile, and on an error as well', async () => {
  const t = resources();
  const run = t.instances.register({});
  const span = t.spans.create({ ...root, agentInstanceId: run });
  t.engine.answer(0, { id: RUN });
  t.engine.entries[1]?.settle({ status: 'error', code: 'invalid_action', ...ended });
  expect(t.ended).toEqual([[RUN, 'by hand']]);
  expect(await failureOf(span)).toMatchObject({ kind: 'error', code: 'invalid_action' });
});

test.each([
  { terminate: false, reason: 'by hand' },
  { terminate: 'true' },
  'terminate',
  [{ terminate: true }],
  null,
])('a control of %j ends no run', (control) => {
  const t = resources();
  void t.spans.create(root);
  t.engine.answer(0, { id: SPAN_A }, { control });
  expect(t.ended).toEqual([]);
});

test('calls of different instances do not mix', () => {
  const t = resources();
  for (const run of ['run-1', 'run-2', 'run-1'])
    void t.spans.create({ ...root, agentInstanceId: run });
  for (const place of [2, 1, 0]) t.engine.answer(place, { id: SPAN_A }, ended);
  expect(t.ended.map(([run]) => run)).toEqual(['run-1', 'run-2', 'run-1']);
});
