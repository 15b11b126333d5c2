import { expect, test } from 'vitest';
import { endsOf, engineUnderTest, openWindow } from '../helpers/engine.ts';

test('calls of one run of code leave as one request, in the order of the calls', async () => {
  const t = engineUnderTest();
  const calls = ['a', 'b', 'c'].map((key) => t.call(key));
  await t.answerAll();
  expect(t.wire.batches).toEqual([['a', 'b', 'c']]);
  expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok']);
  t.expectIdle();
});

test('a lone call of an idle engine leaves without any time passing', async () => {
  const t = engineUnderTest();
  const before = t.clock.now();
  void t.call('a');
  await t.answerAll();
  expect(t.clock.now()).toBe(before);
  expect(t.events.dispatch.map(({ reason }) => reason)).toEqual(['idle']);
});

test('while a request is in flight, later calls wait for each other until they have aged', async () => {
  const t = engineUnderTest({ maxWaitMs: 20 });
  void t.call('a');
  await t.clock.pass(5);
  void t.call('b');
  await t.clock.pass(10);
  void t.call('c');
  await t.clock.pass(9);
  expect(t.wire.batches).toEqual([['a']]);
  await t.clock.pass(1);
  expect(t.wire.batches).toEqual([['a'], ['b', 'c']]);
  await t.answerAll();
  t.expectIdle();
});

test('a full batch leaves at once, up to the concurrency', async () => {
  const t = engineUnderTest({ maxItems: 2, concurrency: 2 });
  const calls = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => t.call(key));
  await t.clock.settle();
  expect(t.wire.batches).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  expect(t.wire.batches.at(-1)).toEqual(['e', 'f']);
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(Array(6).fill('ok'));
  t.expectIdle();
});

test('a batch is closed at maxBytes, envelope and separators included', async () => {
  const t = engineUnderTest({ maxBytes: 12 + 11 + 1 + 11 });
  for (const key of ['a', 'b', 'c']) void t.call(key);
  await t.answerAll();
  expect(t.wire.batches).toEqual([['a', 'b'], ['c']]);
  expect(t.wire.requests.map(({ bytes }) => bytes)).toEqual([35, 23]);
});

test('a skipped item leaves before a call that was made after it', async () => {
  const t = engineUnderTest({ maxItems: 3, concurrency: 1 });
  const calls = ['a', 'b', 'c'].map((key) => t.call(key));
  await t.clock.settle();
  const d = t.call('d');
  t.wire.parked[0]?.stopAt('b');
  await t.answerAll();
  expect(t.wire.batches).toEqual([
    ['a', 'b', 'c'],
    ['c', 'd'],
  ]);
  expect(await endsOf(...calls, d)).toEqual(['ok', 'error', 'ok', 'ok']);
  t.expectIdle();
});

test('a full batch ends the window at once', async () => {
  const t = engineUnderTest({ maxItems: 2 }, { schedule: openWindow });
  void t.call('a');
  expect(t.wire.batches).toEqual([]);
  void t.call('b');
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a', 'b']]);
  void t.call('c');
  void t.engine.flush();
  await t.answerAll();
  t.expectIdle();
});

test('a window with the bytes of a batch ends at once as well', async () => {
  const t = engineUnderTest({ maxBytes: 100 }, { schedule: openWindow });
  const pieces = ['x'.repeat(50)];
  void t.call('a', { pieces });
  expect(t.wire.batches).toEqual([]);
  void t.call('b', { pieces });
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a']]);
  void t.engine.flush();
  await t.answerAll();
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  t.expectIdle();
});

test('an item that is larger than a batch travels alone', async () => {
  const t = engineUnderTest({ maxBytes: 50, concurrency: 1 });
  void t.call('first');
  await t.clock.settle();
  void t.call('a');
  void t.call('large', { pieces: ['x'.repeat(100)] });
  void t.call('b');
  await t.answerAll();
  expect(t.wire.batches).toEqual([['first'], ['a', 'b'], ['large']]);
  t.expectIdle();
});

test('the oldest item is never passed over', async () => {
  const t = engineUnderTest({ maxBytes: 50, concurrency: 1 });
  void t.call('first');
  await t.clock.settle();
  void t.call('large', { pieces: ['x'.repeat(100)] });
  for (const key of ['a', 'b', 'c']) void t.call(key);
  await t.answerAll();
  expect(t.wire.batches).toEqual([['first'], ['large'], ['a', 'b', 'c']]);
  t.expectIdle();
});

test('while every slot is taken, all wait, however long', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 2, maxWaitMs: 5 });
  for (const key of ['a', 'b', 'c']) void t.call(key);
  await t.clock.pass(1_000);
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  await t.answerAll();
  expect(t.wire.batches).toEqual([['a'], ['b'], ['c']]);
  t.expectIdle();
});

test('as soon as nothing is in flight, what waits leaves, aged or not', async () => {
  const t = engineUnderTest({ maxWaitMs: 1_000 });
  void t.call('a');
  await t.clock.pass(3);
  void t.call('b');
  await t.clock.pass(3);
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  await t.answerAll();
  t.expectIdle();
});

test('before the first answer a call waits for maxWaitMs, not for nothing', async () => {
  const t = engineUnderTest({ maxWaitMs: 20 });
  for (let ms = 0; ms < 40; ms++) {
    void t.call(`k${ms}`);
    await t.clock.pass(1);
  }
  expect(t.wire.batches.map(({ length }) => length)).toEqual([1, 20]);
  void t.engine.flush();
  await t.answerAll();
  t.expectIdle();
});

test('a call never waits longer than two thirds of the fastest round trip that was seen', async () => {
  const t = engineUnderTest({ maxWaitMs: 20 });
  void t.call('a');
  await t.clock.pass(6);
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  void t.call('b');
  await t.clock.settle();
  void t.call('c');
  await t.clock.pass(3);
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  await t.clock.pass(1);
  expect(t.wire.batches).toEqual([['a'], ['b'], ['c']]);
  await t.answerAll();
  t.expectIdle();
});

test('the fastest round trip is forgotten in time, even if the clock was too coarse for it', async () => {
  const t = engineUnderTest({ maxWaitMs: 20 });
  void t.call('at once');
  await t.answerAll();
  for (let n = 0; n < 2_000; n++) {
    void t.call(`k${n}`);
    await t.clock.pass(20);
    t.wire.parked[0]?.answer();
    await t.clock.settle();
  }
  void t.call('a');
  await t.clock.settle();
  void t.call('b');
  await t.clock.settle();
  expect(t.wire.parked.map(({ keys }) => keys)).toEqual([['a']]);
  void t.engine.flush();
  await t.answerAll();
  t.expectIdle();
});

test('a steady trickle does not starve: the wait counts from the oldest call', async () => {
  const t = engineUnderTest({ maxWaitMs: 20, concurrency: 100 });
  void t.call('first');
  await t.clock.settle();
  for (let n = 0; n < 40; n++) {
    void t.call(`k${n}`);
    await t.clock.pass(5);
  }
  expect(t.wire.batches.slice(1).map(({ length }) => length)).toEqual(Array(10).fill(4));
  await t.answerAll();
  t.expectIdle();
});

test('what a full batch left behind waits its own time', async () => {
  const t = engineUnderTest({ maxItems: 2, maxWaitMs: 20 });
  void t.call('first');
  await t.clock.pass(5);
  void t.call('a');
  await t.clock.pass(10);
  for (const key of ['b', 'c']) void t.call(key);
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['first'], ['a', 'b']]);
  await t.clock.pass(19);
  expect(t.wire.batches).toHaveLength(2);
  await t.clock.pass(1);
  expect(t.wire.batches.slice(2)).toEqual([['c']]);
  await t.answerAll();
  t.expectIdle();
});

test('what may not be sent yet does not age for the others', async () => {
  const t = engineUnderTest({ maxWaitMs: 20, retry: { minDelayMs: 10_000 } });
  void t.call('busy');
  await t.clock.pass(30);
  t.wire.parked[0]?.stopAt('busy', 'busy');
  await t.clock.pass(100);
  void t.call('a');
  await t.clock.pass(10);
  void t.call('b');
  await t.clock.pass(10);
  void t.call('c');
  await t.clock.pass(9);
  expect(t.wire.batches).toEqual([['busy'], ['a']]);
  await t.clock.pass(1);
  expect(t.wire.batches).toEqual([['busy'], ['a'], ['b', 'c']]);
  await t.answerAll();
  await t.clock.pass(10_000);
  await t.answerAll();
  t.expectIdle();
});

test.each([1, 4])(
  'many calls take as few requests as there can be, with %i in flight',
  async (concurrency) => {
    const t = engineUnderTest({ concurrency });
    const calls = Array.from({ length: 10_000 }, (_, n) => t.call(`k${n}`));
    await t.answerAll();
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['ok']));
    expect(t.wire.requests).toHaveLength(100);
    t.expectIdle();
  },
);

test('a call resolves with what its own reader made of its own output', async () => {
  const t = engineUnderTest();
  const readAs = (output: unknown) => ({ kind: 'success', value: ['read', output] }) as const;
  const calls = [t.call('a', { readAs }), t.call('b', { readAs })];
  await t.clock.settle();
  t.wire.parked[0]?.answer({ b: 2, a: 1 });
  expect(await Promise.all(calls)).toEqual([
    ['read', 1],
    ['read', 2],
  ]);
  t.expectIdle();
});

test('two engines know nothing of each other', async () => {
  const [one, other] = [engineUnderTest(), engineUnderTest()];
  void one.call('a', { changes: 'r' });
  void other.call('a', { changes: 'r' });
  await other.answerAll();
  other.expectIdle();
  expect(one.engine.stats().ledger).toMatchObject({ accepted: 1, pending: 1 });
  await one.answerAll();
  one.expectIdle();
});
