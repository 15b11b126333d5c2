import { expect, test } from 'vitest';
import { endsOf, engineUnderTest, isSettled, openWindow } from '../helpers/engine.ts';

test('a flush of an idle engine resolves at once, with the books', async () => {
  const t = engineUnderTest();
  const ledger = await t.engine.flush();
  expect(ledger).toEqual({
    accepted: 0,
    succeeded: 0,
    refused: 0,
    notAttempted: 0,
    inDoubt: 0,
    cancelled: 0,
    pending: 0,
    declined: 0,
  });
  t.expectIdle();
});

test('a flush ends the window at once', async () => {
  const t = engineUnderTest({}, { schedule: openWindow });
  const calls = [t.call('a'), t.call('b')];
  await t.clock.pass(1_000);
  expect(t.wire.requests).toEqual([]);
  const flushed = t.engine.flush();
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a', 'b']]);
  await t.answerAll();
  expect((await flushed).succeeded).toBe(2);
  expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
  t.expectIdle();
});

test('a flush does not wait for a fuller batch', async () => {
  const t = engineUnderTest({ maxWaitMs: 1_000 });
  void t.call('a');
  await t.clock.settle();
  void t.call('b');
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a']]);
  void t.engine.flush();
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  expect(t.events.dispatch.map(({ reason }) => reason)).toEqual(['idle', 'flush']);
  await t.answerAll();
  t.expectIdle();
});

test('a flush keeps to the concurrency', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 2 });
  for (const key of ['a', 'b', 'c']) void t.call(key);
  void t.engine.flush();
  await t.clock.settle();
  expect(t.wire.parked).toHaveLength(2);
  await t.answerAll();
  t.expectIdle();
});

test('a flush waits for what was called before it, and for nothing later', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  void t.call('a');
  const flushed = t.engine.flush();
  const later = t.call('b');
  await t.clock.settle();
  expect(await isSettled(flushed)).toBe(false);
  t.wire.parked[0]?.answer();
  expect(await isSettled(flushed)).toBe(true);
  expect(await flushed).toMatchObject({ accepted: 2, succeeded: 1, pending: 1 });
  expect(await isSettled(later)).toBe(false);
  await t.answerAll();
  t.expectIdle();
});

test('later calls are not hurried by it', async () => {
  const t = engineUnderTest({ maxWaitMs: 20 });
  void t.call('a');
  void t.engine.flush();
  void t.call('b');
  await t.clock.pass(19);
  expect(t.wire.batches).toEqual([['a']]);
  await t.clock.pass(1);
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  await t.answerAll();
  t.expectIdle();
});

test('overlapping flushes each resolve in turn, when theirs has settled', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  const resolved: string[] = [];
  const flush = (name: string): void => {
    void t.engine.flush().then(() => resolved.push(name));
  };
  void t.call('a');
  flush('first');
  void t.call('b');
  flush('second');
  flush('third');
  await t.clock.settle();
  t.wire.parked[1]?.answer();
  await t.clock.settle();
  expect(resolved).toEqual([]);
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  expect(resolved).toEqual(['first', 'second', 'third']);
  t.expectIdle();
});

test('a flush resolves when its calls failed, were aborted or could not be sent', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  const abort = new AbortController();
  void t.call('a', { makes: 'r' });
  void t.call('b', { uses: ['r'] });
  void t.call('c', { signal: abort.signal });
  const flushed = t.engine.flush();
  await t.clock.settle();
  abort.abort();
  t.wire.parked[0]?.stopAt('a');
  expect(await flushed).toMatchObject({ refused: 2, cancelled: 1, pending: 0 });
  await t.answerAll();
  t.expectIdle();
});

test('a flush waits for re-queued and repeated items too', async () => {
  const t = engineUnderTest();
  for (const key of ['a', 'b']) void t.call(key);
  const flushed = t.engine.flush();
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('a', 'busy');
  await t.clock.settle();
  t.wire.parked[0]?.answer();
  expect(await isSettled(flushed)).toBe(false);
  await t.clock.pass(125);
  await t.answerAll();
  expect((await flushed).succeeded).toBe(2);
  t.expectIdle();
});

test('its callers are told before the flush is', async () => {
  const t = engineUnderTest();
  const told: string[] = [];
  void t.call('a').then(() => told.push('call'));
  void t.engine.flush().then(() => told.push('flush'));
  await t.answerAll();
  expect(told).toEqual(['call', 'flush']);
});

test('at its time-out a flush resolves with the books as they are, and rejects nobody', async () => {
  const t = engineUnderTest();
  const call = t.call('a');
  const flushed = t.engine.flush({ timeoutMs: 50 });
  await t.clock.pass(49);
  expect(await isSettled(flushed)).toBe(false);
  await t.clock.pass(1);
  expect(await flushed).toMatchObject({ accepted: 1, pending: 1 });
  await t.answerAll();
  expect(await endsOf(call)).toEqual(['ok']);
  t.expectIdle();
});

test('a flush that is through leaves no timer', async () => {
  const t = engineUnderTest();
  void t.call('a');
  const flushed = t.engine.flush({ timeoutMs: 50 });
  await t.answerAll();
  expect((await flushed).pending).toBe(0);
  t.expectIdle();
});
