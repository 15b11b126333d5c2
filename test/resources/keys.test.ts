import { expect, test } from 'vitest';
import { failureOf, RUN, resources, SPAN_A } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' };
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
])('with another %s they ask for something else', (_, other) => {
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
