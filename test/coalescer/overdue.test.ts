// Nothing of the engine hangs on a sender that never comes back.
import { expect, test } from 'vitest';
import { endsOf, engineUnderTest, isSettled } from '../helpers/engine.ts';
import { scriptedPing } from '../helpers/scripted-send.ts';

const settings = { attemptTimeoutMs: 5_000, concurrency: 1 };

test('an attempt whose sender never ends it is given up a second after its time, and goes again', async () => {
  const t = engineUnderTest(settings);
  const call = t.call('a');
  await t.clock.settle();
  const [first] = t.wire.parked;
  await t.clock.pass(5_999);
  expect(first?.signal.aborted).toBe(false);
  await t.clock.pass(1);
  expect(first?.signal.aborted).toBe(true);
  expect(t.engine.stats().inFlight).toBe(0);
  await t.clock.pass(1_000);
  expect(t.wire.batches).toEqual([['a'], ['a']]);
  // What it says now is too late, and harms nobody.
  first?.stopAt('a');
  await t.answerAll();
  expect(await endsOf(call)).toEqual(['ok']);
  t.expectIdle();
});

test('all that should be over by then is given up at once', async () => {
  const t = engineUnderTest({ ...settings, concurrency: 4, maxItems: 1 });
  const calls = ['a', 'b', 'c', 'd'].map((key) => t.call(key));
  await t.clock.settle();
  expect(t.engine.stats().inFlight).toBe(4);
  await t.clock.pass(6_000);
  expect(t.engine.stats().inFlight).toBe(0);
  while (t.wire.parked.length > 4 || t.engine.stats().ledger.pending > 0) {
    t.wire.parked.at(-1)?.answer();
    await t.clock.pass(1_000);
  }
  expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok', 'ok']);
});

test('after a stop of the process its sender has the first word', async () => {
  const t = engineUnderTest(settings);
  const call = t.call('a');
  await t.clock.settle();
  await t.clock.stop(60_000);
  void t.call('b');
  await t.clock.pass(999);
  expect(await isSettled(call)).toBe(false);
  await t.answerAll();
  expect(await endsOf(call)).toEqual(['ok']);
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  t.expectIdle();
});

test('without attemptTimeoutMs its sender may take as long as it likes', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: Number.POSITIVE_INFINITY });
  const call = t.call('a');
  await t.clock.pass(10_000_000);
  await t.answerAll();
  expect(await endsOf(call)).toEqual(['ok']);
  expect(t.wire.batches).toEqual([['a']]);
  t.expectIdle();
});

test('a ping that never comes back is given up, too', async () => {
  const { ping, parked } = scriptedPing();
  const t = engineUnderTest({ ...settings, retry: { limit: 1_000 } }, { ping });
  const call = t.call('a');
  while (parked.length === 0) {
    t.wire.parked[0]?.lose();
    await t.clock.pass(1_000);
  }
  const [never] = parked;
  while (parked.length === 1) await t.clock.pass(1_000);
  never?.(true);
  parked.at(-1)?.(true);
  await t.answerAll();
  expect(await endsOf(call)).toEqual(['ok']);
  t.expectIdle();
});
