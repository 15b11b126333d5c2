import { expect, test } from 'vitest';
import { endsOf, engineUnderTest } from '../helpers/engine.ts';

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
