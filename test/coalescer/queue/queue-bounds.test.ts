import { describe, expect, test } from 'vitest';
import { RejectedError } from '../../../src/coalescer/ports/rejected-error.ts';
import { Bounds } from '../../../src/coalescer/queue/queue-bounds.ts';
import { endsOf, engineUnderTest, isSettled, openWindow, reasonOf } from '../../helpers/engine.ts';
import { ok } from '../../helpers/scripted-send.ts';

describe('the bounds', () => {
  test.each([
    { max: 10, size: 7, bytes: 0, roomy: true },
    { max: 10, size: 8, bytes: 0, roomy: false },
    { max: 10, size: 0, bytes: 799, roomy: true },
    { max: 10, size: 0, bytes: 800, roomy: false },
    { max: 3, size: 2, bytes: 0, roomy: true },
    { max: 3, size: 3, bytes: 0, roomy: false },
    { max: 1, size: 0, bytes: 0, roomy: true },
    { max: 1, size: 1, bytes: 0, roomy: false },
    { max: 10, size: 25, bytes: 2_000, roomy: false },
  ])(
    'of $max items and 1000 bytes, filled by $size and $bytes: is there room? $roomy',
    async ({ max, roomy, ...fill }) => {
      const bounds = new Bounds({
        max: { maxItems: max, maxBytes: 1000 },
        fill,
        afterTurn: () => {},
      });
      expect(await isSettled(bounds.ready())).toBe(roomy);
    },
  );

  test.each([
    { size: 9, bytes: 0, item: 1000, broken: undefined },
    { size: 10, bytes: 0, item: 1, broken: { bound: 'items', limit: 10 } },
    { size: 0, bytes: 990, item: 10, broken: undefined },
    { size: 0, bytes: 990, item: 11, broken: { bound: 'bytes', limit: 1000 } },
    { size: 10, bytes: 1000, item: 1, broken: { bound: 'items', limit: 10 } },
  ])(
    'filled by $size and $bytes, an item of $item bytes breaks $broken',
    ({ item, broken, ...fill }) => {
      const bounds = new Bounds({
        max: { maxItems: 10, maxBytes: 1000 },
        fill,
        afterTurn: () => {},
      });
      expect(bounds.brokenBy(item)).toEqual(broken);
    },
  );
});

test.each([
  { size: 19, bytes: 0, item: 1, broken: undefined },
  { size: 20, bytes: 0, item: 1, broken: { bound: 'finishes', limit: 20 } },
  { size: 0, bytes: 1990, item: 10, broken: undefined },
  { size: 0, bytes: 1990, item: 11, broken: { bound: 'finishes', limit: 2000 } },
])(
  'filled by $size and $bytes, an item of $item bytes that closes another breaks $broken',
  ({ item, broken, ...fill }) => {
    const bounds = new Bounds({ max: { maxItems: 10, maxBytes: 1000 }, fill, afterTurn: () => {} });
    expect(bounds.brokenBy(item, true)).toEqual(broken);
  },
);

test('room that nobody was told of yet belongs to those who wait', async () => {
  const fill = { size: 10, bytes: 0 };
  const bounds = new Bounds({ max: { maxItems: 10, maxBytes: 1000 }, fill, afterTurn: () => {} });
  const first = bounds.ready();
  fill.size = 7;
  const second = bounds.ready();
  expect([await isSettled(first), await isSettled(second)]).toEqual([false, false]);
  bounds.serve();
  expect([await isSettled(first), await isSettled(second)]).toEqual([true, false]);
});

test('room that was told of and not taken is told of to the next', async () => {
  const t = engineUnderTest({ queue: { maxItems: 5 } });
  for (const key of ['a', 'b', 'c', 'd']) void t.call(key);
  const waiting = Array.from({ length: 9 }, () => t.engine.ready());
  await t.answerAll();
  expect(await endsOf(...waiting)).toEqual(waiting.map(() => 'ok'));
  t.expectIdle();
});

test('when the queue is full a new call is declined, and what was accepted is not touched', async () => {
  const t = engineUnderTest({ queue: { maxItems: 2 } });
  const accepted = [t.call('a'), t.call('b')];
  const declined = t.call('c');
  expect(await reasonOf(declined)).toEqual({
    kind: 'full',
    bound: 'items',
    limit: 2,
    maybeApplied: false,
  });
  await t.answerAll();
  expect(await endsOf(...accepted)).toEqual(['ok', 'ok']);
  expect(t.engine.stats().ledger).toMatchObject({ accepted: 2, succeeded: 2, declined: 1 });
  t.expectIdle();
});

test('the queue is bounded by bytes as well', async () => {
  const t = engineUnderTest({ queue: { maxBytes: 25 } });
  const calls = [t.call('a'), t.call('b'), t.call('c')];
  expect(await reasonOf(calls[2] as Promise<unknown>)).toEqual({
    kind: 'full',
    bound: 'bytes',
    limit: 25,
    maybeApplied: false,
  });
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'full']);
  t.expectIdle();
});

test('items in flight count, and a settled one makes room', async () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } });
  const a = t.call('a');
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a']]);
  const b = t.call('b');
  await t.answerAll();
  const c = t.call('c');
  await t.answerAll();
  expect(await endsOf(a, b, c)).toEqual(['ok', 'full', 'ok']);
  t.expectIdle();
});

test('what closes what an accepted call opened is accepted over the bound', async () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } });
  const create = t.call('a', { makes: 'span' });
  const finish = t.call('b', { changes: 'span', overBound: true });
  const other = t.call('c');
  await t.answerAll();
  expect(await endsOf(create, finish, other)).toEqual(['ok', 'ok', 'full']);
  t.expectIdle();
});

test('what closes is declined once it fills as much room again, and is told so', async () => {
  const t = engineUnderTest({ queue: { maxBytes: 30 } });
  const create = t.call('a', { makes: 'span' });
  const closing = Array.from({ length: 9 }, (_, one) =>
    t.call(`close ${one}`, { changes: 'span', overBound: true }),
  );
  expect(t.engine.stats().queuedBytes).toBeLessThanOrEqual(60);
  expect(await reasonOf(closing[8] as Promise<unknown>)).toEqual({
    kind: 'full',
    bound: 'finishes',
    limit: 60,
    maybeApplied: false,
  });
  await t.answerAll();
  expect(await endsOf(create, ...closing)).toEqual([
    ...['ok', 'ok', 'ok'],
    ...Array(7).fill('full'),
  ]);
  t.expectIdle();
});

test('whoever waits for room waits until the first bound has some, whatever closes beyond it', async () => {
  const t = engineUnderTest({ queue: { maxItems: 2 }, maxItems: 1, concurrency: 1 });
  void t.call('a', { makes: 'span' });
  for (const key of ['x', 'y', 'z']) void t.call(key, { changes: 'span', overBound: true });
  const ready = t.engine.ready();
  for (const left of [3, 2]) {
    await t.clock.settle();
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    expect([t.engine.stats().ledger.pending, await isSettled(ready)]).toEqual([left, false]);
  }
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  expect(await isSettled(ready)).toBe(true);
  await t.answerAll();
  t.expectIdle();
});

test('a call that shares a pending item needs no room', async () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } });
  const calls = [t.call('a', { fingerprint: 'same' }), t.call('a', { fingerprint: 'same' })];
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
  t.expectIdle();
});

test('a full queue ends the window at once', async () => {
  const t = engineUnderTest({ queue: { maxItems: 2 } }, { schedule: openWindow });
  const calls = [t.call('a'), t.call('b')];
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a', 'b']]);
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
  t.expectIdle();
});

test('a call that the full queue turns away ends the window, so that there will be room', async () => {
  const t = engineUnderTest({ queue: { maxBytes: 25 } }, { schedule: openWindow });
  const calls = [t.call('a'), t.call('b')];
  expect(t.wire.batches).toEqual([]);
  calls.push(t.call('c'));
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a', 'b']]);
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'full']);
  t.expectIdle();
});

test('ready resolves at once while the queue is below 80 % of both bounds', async () => {
  const t = engineUnderTest({ queue: { maxItems: 10 } });
  for (let index = 0; index < 7; index++) void t.call(`k${index}`);
  expect(await isSettled(t.engine.ready())).toBe(true);
  void t.call('one more');
  expect(await isSettled(t.engine.ready())).toBe(false);
  await t.answerAll();
  t.expectIdle();
});

test('those who wait for room are told in turn, as many as there are places', async () => {
  const t = engineUnderTest({ queue: { maxItems: 5 }, maxItems: 1, concurrency: 5 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) void t.call(key);
  await t.clock.settle();
  const told: string[] = [];
  for (const key of ['f', 'g', 'h']) {
    void t.engine.ready().then(() => {
      told.push(key);
      void t.call(key);
    });
  }
  const toldAfterAnswer = async (): Promise<readonly string[]> => {
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    return told;
  };
  expect(await toldAfterAnswer()).toEqual([]);
  expect(await toldAfterAnswer()).toEqual(['f']);
  expect(await toldAfterAnswer()).toEqual(['f', 'g']);
  await t.answerAll();
  expect(told).toEqual(['f', 'g', 'h']);
  t.expectIdle();
});

test('nobody is told before those who already wait', async () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } });
  void t.call('a');
  await t.clock.settle();
  const told: string[] = [];
  for (const [name, key] of Object.entries({ first: 'b', second: 'c' })) {
    void t.engine.ready().then(() => {
      told.push(name);
      void t.call(key);
    });
  }
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  expect(told).toEqual(['first']);
  await t.answerAll();
  expect(told).toEqual(['first', 'second']);
  t.expectIdle();
});

test('an abort makes room as well', async () => {
  const t = engineUnderTest({ queue: { maxItems: 2 } });
  void t.call('a', { uses: ['r'] });
  await t.clock.settle();
  const abort = new AbortController();
  const queued = t.call('b', { changes: 'r', signal: abort.signal });
  const room = t.engine.ready();
  expect(await isSettled(room)).toBe(false);
  abort.abort();
  expect(await isSettled(room)).toBe(true);
  await t.answerAll();
  expect(await endsOf(queued)).toEqual(['aborted']);
  t.expectIdle();
});

test('close turns away those who wait for room, each with an error of its own', async () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } });
  void t.call('a');
  await t.clock.settle();
  const waiting = [t.engine.ready(), t.engine.ready()];
  const closed = t.engine.close();
  const errors = await Promise.all(waiting.map((wait) => wait.catch((error: unknown) => error)));
  for (const error of errors) expect(error).toBeInstanceOf(RejectedError);
  expect(errors[0]).not.toBe(errors[1]);
  expect(await reasonOf(t.engine.ready())).toEqual({ kind: 'closed', maybeApplied: false });
  await t.answerAll();
  await closed;
  t.expectIdle();
});

test.each(['before close', 'after close'])(
  'who asks for room %s raises no unhandled rejection',
  async (when) => {
    const t = engineUnderTest({ queue: { maxItems: 1 } });
    void t.call('a');
    if (when === 'before close') void t.engine.ready();
    void t.engine.close();
    if (when === 'after close') void t.engine.ready();
    await t.answerAll();
    t.expectIdle();
  },
);

test('an id that is still missing counts as one of the usual length', async () => {
  const t = engineUnderTest({ queue: { maxBytes: 60 } });
  const run = t.number();
  const made = t.call('register', { makes: run });
  const pieces = ['{"key":"span","run":', '}'];
  const span = t.call('span', { pieces, holes: [run], uses: [run] });
  await t.clock.settle();
  expect(await endsOf(span)).toEqual(['full']);
  t.wire.parked[0]?.answer({ register: ok('r') });
  expect(await endsOf(made)).toEqual(['ok']);
  t.expectIdle();
});
