import { expect, test } from 'vitest';
import { failureOf, RUN, resources, SPAN_A } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;
const idempotencyKey = 'a key of mine';

test('a key is made for each call that has none, and nobody can share it', () => {
  const { spans, engine } = resources();
  const calls = [spans.create(root), spans.create(root)];
  const keys = engine.submissions.map(({ key }) => key);
  expect(new Set(keys).size).toBe(2);
  expect(calls.map((call) => call.idempotencyKey)).toEqual(keys);
  expect(engine.submissions.map(({ fingerprint }) => fingerprint)).toEqual([undefined, undefined]);
});

test('two calls with one key and the same arguments ask for the same, whenever they are made', () => {
  const { spans, engine } = resources();
  const payload = { a: 1 };
  const first = spans.create({ ...root, payload, idempotencyKey });
  const second = spans.create({ payload: { a: 1 }, ...root, idempotencyKey });
  const [one, other] = engine.submissions;
  expect(one?.fingerprint).toEqual(expect.any(String));
  expect(other?.fingerprint).toBe(one?.fingerprint);
  expect(second.id).toBe(first.id);
  expect(engine.texts[1]).toContain(first.id);
});

test('so they do where the second says what the first one left to be filled in', () => {
  const { spans, engine } = resources();
  const first = spans.create({ ...root, idempotencyKey });
  const { started_at: startedAt } = engine.item(0).details as { started_at: string };
  void spans.create({ ...root, id: first.id, startedAt, idempotencyKey });
  const [one, other] = engine.submissions;
  expect(other?.fingerprint).toBe(one?.fingerprint);
});

test('so do two that ask for something else than the first one, among themselves', () => {
  const { spans, engine } = resources();
  void spans.create({ ...root, idempotencyKey });
  engine.answer(0, { id: SPAN_A });
  const others = (['complete', 'complete'] as const).map((status) =>
    spans.create({ ...root, status, idempotencyKey }),
  );
  const [first, one, other] = engine.submissions.map(({ fingerprint }) => fingerprint);
  expect(one).not.toBe(first);
  expect(other).toBe(one);
  expect(others[1]?.id).toBe(others[0]?.id);
});

test('a payload is written once, whoever gave the key', () => {
  const { spans } = resources();
  let writes = 0;
  const payload = {
    get a() {
      writes++;
      return 1;
    },
  };
  void spans.create({ ...root, payload, idempotencyKey });
  void spans.create({ ...root, payload });
  expect(writes).toBe(2);
});

test('what is remembered to compare them is short, however much they ask for', () => {
  const { spans, engine } = resources();
  void spans.finish(SPAN_A, { resultPayload: { text: 'x'.repeat(100_000) }, idempotencyKey });
  void spans.finish(SPAN_A, { resultPayload: { text: 'x'.repeat(100_001) }, idempotencyKey });
  const [one, other] = engine.submissions.map(({ fingerprint }) => fingerprint);
  expect(one).toHaveLength(8);
  expect(other).toHaveLength(8);
  expect(other).not.toBe(one);
});

test('they do so where the server makes the ids, too', () => {
  const { instances, spans, engine } = resources();
  const first = instances.register({ idempotencyKey });
  const second = instances.register({ idempotencyKey });
  void spans.create({ ...root, agentInstanceId: second });
  expect(second).not.toHaveProperty('id');
  expect(engine.submissions[2]?.uses).toEqual([engine.submissions[0]?.makes]);
  engine.answer(0, { id: RUN });
  void spans.create({ ...root, agentInstanceId: first });
  expect(engine.submissions[3]?.uses).toEqual([RUN]);
});

test.each([
  ['payload', { payload: { a: 2 } }],
  ['status', { status: 'complete' }],
  ['startedAt', { startedAt: '2026-09-01T08:00:00Z' }],
  ['parentSpanId', { parentSpanId: SPAN_A }],
  ['id', { id: SPAN_A }],
] as const)('with another %s they ask for something else', (_, other) => {
  const { spans, engine } = resources();
  const first = spans.create({ ...root, payload: { a: 1 }, idempotencyKey });
  const second = spans.create({ ...root, payload: { a: 1 }, ...other, idempotencyKey });
  const [one, another] = engine.submissions;
  expect(another?.fingerprint).not.toBe(one?.fingerprint);
  expect(second.id).not.toBe(first.id);
});

test('a reference is the same before and after its id is known', () => {
  const { instances, engine } = resources();
  const run = instances.register({});
  void instances.start(run, { idempotencyKey });
  engine.answer(0, { id: RUN });
  void instances.start(run, { idempotencyKey });
  void instances.start(instances.register({}), { idempotencyKey });
  const [, one, same, , other] = engine.submissions;
  expect(same?.fingerprint).toBe(one?.fingerprint);
  expect(other?.fingerprint).not.toBe(one?.fingerprint);
});

test.each([['itself'], ['its id'], ['its result']])(
  'a reference to a call that has its id from the start is the same as that id: %s',
  (what) => {
    const { spans, engine } = resources();
    const parent = spans.create(root);
    const id = String(parent.id);
    const parentSpanId = { itself: parent, 'its id': id, 'its result': { id } }[what] ?? id;
    void spans.create({ ...root, parentSpanId: parent, idempotencyKey });
    void spans.create({ ...root, parentSpanId, idempotencyKey });
    const [, one, other] = engine.submissions;
    expect(other?.fingerprint).toBe(one?.fingerprint);
  },
);

test.each([
  ['must have 8 to 64 characters, but it has 7', 'seven77'],
  ['must have 8 to 64 characters, but it has 65', 'x'.repeat(65)],
  ['must be a string of 8 to 64 characters, but it is number', 12345678],
  ['must be a string of 8 to 64 characters, but it is null', null],
])('a key %s', async (message, key) => {
  const { spans } = resources();
  const call = spans.create({ ...root, idempotencyKey: key as string });
  expect(await failureOf(call)).toMatchObject({ issues: [{ path: 'idempotencyKey', message }] });
  // Every call has a usable key, also one that is refused for its own.
  expect(call.idempotencyKey).toMatch(/^[\w-]{21}$/);
});
