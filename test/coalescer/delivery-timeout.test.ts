import { expect, test } from 'vitest';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest, isSettled, openWindow, reasonOf } from '../helpers/engine.ts';

test('a call that was never sent is rejected at its time, and is known not to be done', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 1, deliveryTimeoutMs: 1_000 });
  void t.call('a');
  await t.clock.pass(400);
  const call = t.call('b');
  await t.clock.pass(999);
  expect(await isSettled(call)).toBe(false);
  await t.clock.pass(1);
  expect(await reasonOf(call)).toEqual({
    kind: 'exhausted',
    limit: 'deliveryTimeoutMs',
    attempts: 0,
    last: undefined,
    maybeApplied: false,
  });
  expect(t.engine.stats().ledger).toMatchObject({ notAttempted: 1 });
  await t.answerAll();
  t.expectIdle();
});

test('a call in flight is rejected in doubt, and its answer is ignored', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 1_000 });
  const call = t.call('a');
  await t.clock.pass(1_000);
  expect(await reasonOf(call)).toMatchObject({
    limit: 'deliveryTimeoutMs',
    attempts: 1,
    maybeApplied: true,
  });
  await t.answerAll();
  expect(t.engine.stats().ledger).toMatchObject({ inDoubt: 1, succeeded: 0 });
  t.expectIdle();
});

test('what depends on it still waits for the answer', async () => {
  const t = engineUnderTest({ maxItems: 1, deliveryTimeoutMs: 1_000 });
  void t.call('a', { changes: 'r' });
  await t.clock.pass(500);
  const next = t.call('b', { changes: 'r' });
  await t.clock.pass(900);
  expect(t.wire.batches).toEqual([['a']]);
  await t.answerAll();
  expect(await endsOf(next)).toEqual(['ok']);
  t.expectIdle();
});

test('an outage ends for each call at its own time', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 10_000 });
  const first = t.call('a');
  await loseAll(t);
  await t.clock.pass(5_000);
  const second = t.call('b');
  while (!(await isSettled(first))) {
    await loseAll(t);
    await t.clock.pass(100);
  }
  expect(await reasonOf(first)).toMatchObject({ limit: 'deliveryTimeoutMs', maybeApplied: true });
  expect(await isSettled(second)).toBe(false);
  while (!(await isSettled(second))) {
    await loseAll(t);
    await t.clock.pass(100);
  }
  expect(t.engine.stats().ledger).toMatchObject({ accepted: 2, inDoubt: 2 });
  t.expectIdle();
});

test('a call that had attempts is told how many, and what the last one met', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 1_000, retry: { minDelayMs: 60_000 } });
  const call = t.call('a');
  await t.clock.settle();
  t.wire.parked[0]?.lose('reset by peer');
  await t.clock.pass(1_000);
  expect(await reasonOf(call)).toEqual({
    kind: 'exhausted',
    limit: 'deliveryTimeoutMs',
    attempts: 1,
    last: { kind: 'failure', failure: 'reset by peer' },
    maybeApplied: true,
  });
  t.expectIdle();
});

test('those who need what it was to make are rejected with it', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 1, deliveryTimeoutMs: 1_000 });
  void t.call('away');
  const create = t.call('a', { makes: 'r' });
  await t.clock.pass(500);
  const child = t.call('b', { uses: ['r'] });
  await t.clock.pass(500);
  expect(await endsOf(create, child)).toEqual(['exhausted', 'dependency']);
  await t.answerAll();
  expect(t.wire.batches).toEqual([['away']]);
  t.expectIdle();
});

test('what got lost is sent again for those who wait for what it makes', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 1_000, retry: { minDelayMs: 2_200 } });
  const create = t.call('a', { makes: 'r' });
  await loseAll(t);
  await t.clock.pass(900);
  const child = t.call('b', { uses: ['r'] });
  await t.clock.pass(100);
  expect(await endsOf(create)).toEqual(['exhausted']);
  await t.clock.pass(100);
  await t.answerAll();
  expect(t.wire.batches).toEqual([['a'], ['a', 'b']]);
  expect(await endsOf(child)).toEqual(['ok']);
  t.expectIdle();
});

test('what got lost is not sent again when the time of those who waited is over as well', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 1_000, retry: { minDelayMs: 8_000 } });
  const create = t.call('a', { makes: 'r' });
  await loseAll(t);
  await t.clock.pass(900);
  const child = t.call('b', { uses: ['r'] });
  await t.clock.pass(1_000);
  expect(await endsOf(create, child)).toEqual(['exhausted', 'exhausted']);
  await t.clock.pass(10_000);
  expect(t.wire.batches).toEqual([['a']]);
  t.expectIdle();
});

test('in doubt is not failed: a later call that needs it goes out', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 1_000, retry: { minDelayMs: 2_200 } });
  const create = t.call('a', { makes: 'r' });
  await loseAll(t);
  await t.clock.pass(1_000);
  expect(await endsOf(create)).toEqual(['exhausted']);
  const child = t.call('b', { uses: ['r'] });
  await t.clock.pass(100);
  await t.answerAll();
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  expect(await endsOf(child)).toEqual(['ok']);
  t.expectIdle();
});

test('one timer serves all calls', async () => {
  const t = engineUnderTest();
  for (let n = 0; n < 1_000; n++) void t.call(`k${n}`);
  await t.clock.settle();
  expect(t.clock.timers).toBe(1);
  await t.answerAll();
  t.expectIdle();
});

test('calls of one moment end together, each with its own error', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 1_000 });
  const calls = [
    t.call('a', { fingerprint: 'same' }),
    t.call('a', { fingerprint: 'same' }),
    t.call('b'),
  ];
  await t.clock.pass(1_000);
  expect(await endsOf(...calls)).toEqual(['exhausted', 'exhausted', 'exhausted']);
  expect(t.engine.stats().ledger).toMatchObject({ accepted: 3, inDoubt: 3 });
  await t.answerAll();
  t.expectIdle();
});

test('without end, a call waits as long as it takes', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: Number.POSITIVE_INFINITY });
  const call = t.call('a');
  await t.clock.pass(10_000_000);
  expect(await isSettled(call)).toBe(false);
  await t.answerAll();
  expect(await endsOf(call)).toEqual(['ok']);
  t.expectIdle();
});

test('the time runs from the call, although its window is still open', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 1_000 }, { schedule: openWindow });
  const call = t.call('a');
  await t.clock.pass(1_000);
  expect(await isSettled(call)).toBe(true);
  t.expectIdle();
});

async function loseAll(t: EngineUnderTest): Promise<void> {
  await t.clock.settle();
  for (const request of [...t.wire.parked]) request.lose();
  await t.clock.settle();
}
