import { expect, test } from 'vitest';
import { endsOf, engineUnderTest, openWindow } from '../helpers/engine.ts';

const item = '{"key":"a"}'.length;

test('when the page goes away, what is gathered leaves in requests that outlive it', async () => {
  const t = engineUnderTest({}, { schedule: openWindow });
  const calls = [t.call('a'), t.call('b')];
  t.engine.sendOutliving(1_000);
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a', 'b']]);
  expect(t.wire.parked.map(({ outlives }) => outlives)).toEqual([true]);
  expect(t.events.dispatch.map(({ reason }) => reason)).toEqual(['outlive']);
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
  t.expectIdle();
});

test('other requests do not outlive it', async () => {
  const t = engineUnderTest();
  void t.call('a');
  await t.clock.settle();
  expect(t.wire.parked.map(({ outlives }) => outlives)).toEqual([false]);
  await t.answerAll();
  t.expectIdle();
});

test('it waits for no slot, and for no fuller batch', async () => {
  const t = engineUnderTest({ concurrency: 1, maxItems: 2 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) void t.call(key);
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a', 'b']]);
  t.engine.sendOutliving(1_000);
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
  await t.answerAll();
  t.expectIdle();
});

test('its requests together keep to the budget, envelopes included', async () => {
  const budget = 2 * (12 + 2 * item + 1) + 12 + item - 1;
  const t = engineUnderTest({ concurrency: 1, maxItems: 2 });
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  for (const key of keys) void t.call(key);
  await t.clock.settle();
  t.engine.sendOutliving(budget);
  await t.clock.settle();
  const outliving = t.wire.requests.filter(({ outlives }) => outlives);
  expect(outliving.map((request) => request.keys)).toEqual([
    ['c', 'd'],
    ['e', 'f'],
  ]);
  expect(outliving.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(budget);
  await t.answerAll();
  t.expectIdle();
});

test('a batch is cut to what is left of the budget', async () => {
  const t = engineUnderTest({}, { schedule: openWindow });
  for (const key of ['a', 'b', 'c']) void t.call(key);
  t.engine.sendOutliving(12 + 2 * item + 1);
  await t.clock.settle();
  expect(t.wire.requests.filter(({ outlives }) => outlives).map(({ keys }) => keys)).toEqual([
    ['a', 'b'],
  ]);
  await t.answerAll();
  t.expectIdle();
});

test('an item that is too large for the budget does not keep others from leaving', async () => {
  const t = engineUnderTest({}, { schedule: openWindow });
  void t.call('large', { pieces: ['x'.repeat(500)] });
  void t.call('b');
  t.engine.sendOutliving(100);
  await t.clock.settle();
  const outliving = t.wire.requests.filter(({ outlives }) => outlives);
  expect(outliving.map(({ keys }) => keys)).toEqual([['b']]);
  await t.answerAll();
  t.expectIdle();
});

test('a tree leaves with its root, and nothing leaves before what it waits for', async () => {
  const t = engineUnderTest();
  void t.call('away', { makes: 'away' });
  await t.clock.settle();
  void t.call('root', { makes: 'root' });
  void t.call('child', { uses: ['root'] });
  void t.call('blocked', { uses: ['away'] });
  t.engine.sendOutliving(1_000);
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['away'], ['root', 'child']]);
  await t.answerAll();
  t.expectIdle();
});

test('with nothing to send, nothing is sent', async () => {
  const t = engineUnderTest();
  t.engine.sendOutliving(64 * 1024);
  await t.clock.settle();
  expect(t.wire.requests).toEqual([]);
  t.expectIdle();
});

test('should the page stay, all goes on as before', async () => {
  const t = engineUnderTest({}, { schedule: openWindow });
  const calls = [t.call('a')];
  t.engine.sendOutliving(1_000);
  await t.clock.settle();
  calls.push(t.call('b'));
  void t.engine.flush();
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.pass(200);
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
  t.expectIdle();
});

test('what waits in halves of a divided batch leaves as well', async () => {
  const t = engineUnderTest({ concurrency: 1 });
  const calls = ['a', 'b', 'c', 'd'].map((key) => t.call(key));
  await t.clock.settle();
  t.wire.parked[0]?.refuse('bad', 'items');
  await t.clock.settle();
  expect(t.wire.batches.at(-1)).toEqual(['a', 'b']);
  t.engine.sendOutliving(1_000);
  await t.clock.settle();
  expect(t.wire.batches.at(-1)).toEqual(['c', 'd']);
  t.wire.parked[0]?.refuse('bad', 'items');
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok', 'ok']);
  t.expectIdle();
});
