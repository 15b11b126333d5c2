// A call that is repeated under a key of the caller's own, after the first one has been settled.
import { withGlobal } from '@sinonjs/fake-timers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KeyRecords } from '../../src/pipeline/key-records.ts';
import { RUN, resources, SPAN_A, SPAN_Z } from './recording-engine.ts';

const timers = withGlobal(globalThis);
let clock: ReturnType<typeof timers.install>;
beforeEach(() => {
  clock = timers.install({ now: Date.parse('2026-09-01T08:00:00.123Z'), toFake: ['Date'] });
});
afterEach(() => clock.uninstall());

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;
const idempotencyKey = 'a key of mine';

type Calls = ReturnType<typeof resources>;

/** The texts of two equal calls, of which the second is made a minute after the first one's end. */
function repeated(call: (calls: Calls) => unknown, between?: (calls: Calls) => unknown) {
  const calls = resources();
  const { engine } = calls;
  call(calls);
  engine.answer(0, { id: SPAN_A });
  clock.tick(60_000);
  between?.(calls);
  call(calls);
  return [engine.texts[0], engine.texts.at(-1)];
}

test.each<[string, (calls: Calls) => unknown]>([
  ['a span that runs', ({ spans }) => spans.create({ ...root, idempotencyKey })],
  [
    'a span that has ended',
    ({ spans }) => spans.create({ ...root, status: 'complete', idempotencyKey }),
  ],
  ['the finish of a span', ({ spans }) => spans.finish(SPAN_A, { idempotencyKey })],
  ['a registration', ({ instances }) => instances.register({ agentId: 'tea', idempotencyKey })],
  ['a start', ({ instances }) => instances.start(RUN, { idempotencyKey })],
  ['a finish', ({ instances }) => instances.finish(RUN, { idempotencyKey })],
  [
    'a quality',
    ({ instances }) =>
      instances.recordQuality(RUN, { name: 'taste', payload: { good: true }, idempotencyKey }),
  ],
  [
    'an action in wire form',
    ({ pipeline }) =>
      pipeline.submit({ _type: 'agents/list', idempotency_key: idempotencyKey }, undefined),
  ],
])('%s is the same to the letter', (_, call) => {
  const [first, second] = repeated(call);
  expect(second).toBe(first);
});

test('the time and the id of the first call are in it', () => {
  const { spans, engine } = resources();
  const first = spans.create({ ...root, status: 'complete', idempotencyKey });
  engine.answer(0, { id: first.id });
  clock.tick(60_000);
  const second = spans.create({ ...root, status: 'complete', idempotencyKey });
  expect(second.id).toBe(first.id);
  expect(engine.item(1)).toMatchObject({
    idempotency_key: idempotencyKey,
    details: {
      id: first.id,
      started_at: '2026-09-01T08:00:00.123Z',
      finished_at: '2026-09-01T08:00:00.123Z',
    },
  });
});

test('so it is whatever the order of its fields, and after a failure too', () => {
  const { spans, engine } = resources();
  void spans.create({ ...root, payload: { a: 1 }, idempotencyKey });
  engine.entries[0]?.settle({ status: 'error', code: 'validation_errors' });
  clock.tick(60_000);
  void spans.create({ idempotencyKey, payload: { a: 1 }, ...root });
  expect(engine.texts[1]).toBe(engine.texts[0]);
});

test('without a key of its own each call has its own time and id', () => {
  const [first, second] = repeated(({ spans }) => spans.create(root)).map((text) =>
    JSON.parse(text ?? ''),
  );
  expect(second.details.started_at).toBe('2026-09-01T08:01:00.123Z');
  expect(second.details.id).not.toBe(first.details.id);
});

test('what asks for something else under that key has its own time and id', () => {
  const { spans, engine } = resources();
  const first = spans.create({ ...root, idempotencyKey });
  engine.answer(0, { id: first.id });
  clock.tick(60_000);
  const other = spans.create({ ...root, payload: { a: 2 }, idempotencyKey });
  expect(other.id).not.toBe(first.id);
  expect(engine.item(1).details?.['started_at']).toBe('2026-09-01T08:01:00.123Z');
});

test('another client knows nothing of it', () => {
  const first = resources().spans.create({ ...root, idempotencyKey });
  expect(resources().spans.create({ ...root, idempotencyKey }).id).not.toBe(first.id);
});

test('where the server makes the ids there is none', () => {
  const { spans, engine } = resources({ ids: 'server' });
  void spans.create({ ...root, idempotencyKey });
  engine.answer(0, { id: SPAN_A });
  clock.tick(60_000);
  void spans.create({ ...root, idempotencyKey });
  expect(engine.item(1).details).not.toHaveProperty('id');
  expect(engine.texts[1]).toBe(engine.texts[0]);
});

test('a call that was declined at first keeps its time', () => {
  let full = true;
  const calls = resources({
    beforeEnqueue: (action) => {
      if (full) throw new Error('not now');
      return action;
    },
  });
  void calls.spans.create({ ...root, idempotencyKey });
  full = false;
  clock.tick(60_000);
  void calls.spans.create({ ...root, idempotencyKey });
  expect(calls.engine.item(0).details?.['started_at']).toBe('2026-09-01T08:00:00.123Z');
});

test('so it is where a reference got its id in between', () => {
  const { instances, spans, engine } = resources();
  const run = instances.register({});
  void spans.create({ ...root, agentInstanceId: run, idempotencyKey });
  engine.answer(0, { id: RUN });
  engine.answer(1, { id: SPAN_A });
  clock.tick(60_000);
  void spans.create({ ...root, agentInstanceId: run, idempotencyKey });
  expect(engine.texts[2]).toBe(engine.texts[1]);
});

function recordOf(records: KeyRecords, key: string) {
  return records.of(key, '2026-09-01T08:00:00.123Z');
}

test('at least the 10,000 that were called last are remembered, and not all', () => {
  const records = new KeyRecords();
  const first = recordOf(records, 'first');
  const callOthers = (count: number, name: string) => {
    for (const n of Array(count).keys()) recordOf(records, `${name}${n}`);
  };
  callOthers(9_999, 'a');
  expect(recordOf(records, 'first')).toBe(first);
  callOthers(9_999, 'b');
  expect(recordOf(records, 'first')).toBe(first);
  callOthers(20_002, 'c');
  expect(recordOf(records, 'first')).not.toBe(first);
});

test('a key is remembered for as long as a call with it is pending', () => {
  const records = new KeyRecords();
  const first = recordOf(records, 'first');
  const callOthers = (name: string) => {
    for (const n of Array(30_000).keys()) recordOf(records, `${name}${n}`);
  };
  first.pending = {};
  callOthers('a');
  expect(recordOf(records, 'first')).toBe(first);
  first.pending = undefined;
  callOthers('b');
  expect(recordOf(records, 'first')).not.toBe(first);
});

test('so it is where the server gave what it names another id in between', () => {
  const { instances, engine } = resources();
  const run = instances.register({ id: RUN });
  void instances.recordQuality(run, { name: 'a', payload: {}, idempotencyKey });
  engine.answer(0, { id: SPAN_Z });
  engine.answer(1, { id: SPAN_Z });
  void instances.recordQuality(run, { name: 'a', payload: {}, idempotencyKey });
  expect(engine.texts[2]).toBe(engine.texts[1]);
  expect(engine.submissions[2]?.changes).toBe(SPAN_Z);
});

test('a call that asks for something else and is declined leaves the memory of the first one', () => {
  let mayCall = true;
  const calls = resources({
    beforeEnqueue: (action) => {
      if (!mayCall) throw new Error('not now');
      return action;
    },
  });
  const { spans, engine } = calls;
  void spans.create({ ...root, idempotencyKey });
  engine.answer(0, { id: SPAN_A });
  clock.tick(60_000);
  mayCall = false;
  void spans.create({ ...root, schemaName: 'other', idempotencyKey });
  mayCall = true;
  void spans.create({ ...root, idempotencyKey });
  expect(engine.texts[1]).toBe(engine.texts[0]);
});
