import { describe, expect, test } from 'vitest';
import { endsOf, engineUnderTest, isSettled, reasonOf } from '../helpers/engine.ts';
import { no } from '../helpers/scripted-send.ts';

describe('what the server did not reach, with onSkipped: requeue', () => {
  test('leaves at once, although nothing has aged and another request is in flight', async () => {
    const t = engineUnderTest({ maxItems: 3 });
    const calls = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a');
    await t.clock.settle();
    expect(t.wire.batches).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
      ['b', 'c'],
    ]);
    expect(t.events.dispatch.at(-1)?.reason).toBe('requeue');
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['error', ...Array(5).fill('ok')]);
    t.expectIdle();
  });

  test('leaves as soon as a slot is free', async () => {
    const t = engineUnderTest({ maxItems: 2, concurrency: 1 });
    for (const key of ['a', 'b', 'c', 'd']) void t.call(key);
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a');
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a', 'b'], ['b', 'c'], ['d']]);
    t.expectIdle();
  });

  test('keeps its old place, however often it is skipped', async () => {
    const t = engineUnderTest({ concurrency: 1 });
    void t.call('a');
    await t.clock.settle();
    for (const key of ['b', 'c', 'd', 'e']) void t.call(key);
    await t.answerAllBut('b', 'c', 'd');
    expect(t.wire.batches).toEqual([
      ['a'],
      ['b', 'c', 'd', 'e'],
      ['c', 'd', 'e'],
      ['d', 'e'],
      ['e'],
    ]);
    t.expectIdle();
  });

  test('is charged no attempt, and waits for no back-off', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    const before = t.clock.now();
    const calls = ['a', 'b', 'c', 'd'].map((key) => t.call(key));
    await t.answerAllBut('a', 'b', 'c');
    expect(await endsOf(...calls)).toEqual(['error', 'error', 'error', 'ok']);
    expect(t.clock.now()).toBe(before);
    expect(t.events.retry).toEqual([]);
    t.expectIdle();
  });

  test('is told, with the item that stopped its batch', async () => {
    const t = engineUnderTest();
    void t.call('a');
    void t.call('b', { type: 'create span' });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a');
    await t.answerAll();
    expect(t.events.requeue).toEqual([{ key: 'b', type: 'create span', becauseOf: 'a' }]);
    expect(t.engine.stats()).toMatchObject({ requeued: 1, retried: 0 });
    t.expectIdle();
  });

  test('is in doubt still, if an earlier attempt had no answer', async () => {
    const t = engineUnderTest();
    const calls = [t.call('a'), t.call('b')];
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    t.wire.parked[0]?.stopAt('a');
    await t.clock.settle();
    const closed = t.engine.close({ timeoutMs: 0 });
    await t.clock.pass(0);
    expect((await closed).inDoubt).toBe(1);
    expect(await endsOf(...calls)).toEqual(['error', 'closed']);
    t.expectIdle();
  });

  test('costs one request for each failure, and no more', async () => {
    const t = engineUnderTest({ maxItems: 10, concurrency: 1 });
    const keys = Array.from({ length: 40 }, (_, n) => `k${n}`);
    const calls = keys.map((key) => t.call(key));
    const bad = keys.filter((_, n) => n % 7 === 3);
    await t.answerAllBut(...bad);
    expect(await endsOf(...calls)).toEqual(keys.map((key) => (bad.includes(key) ? 'error' : 'ok')));
    expect(t.wire.requests.length).toBeLessThanOrEqual(bad.length + 40 / 10);
    t.expectIdle();
  });

  test('when every item fails, takes as many requests as there are items', async () => {
    const t = engineUnderTest({ concurrency: 1 });
    const keys = ['a', 'b', 'c', 'd', 'e'];
    const calls = keys.map((key) => t.call(key));
    await t.answerAllBut(...keys);
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['error']));
    expect(t.wire.requests).toHaveLength(5);
    t.expectIdle();
  });
});

describe('what the server did not reach, with onSkipped: reject', () => {
  test('is rejected with what stopped it, and is known not to be done', async () => {
    const t = engineUnderTest({ onSkipped: 'reject' });
    const calls = [t.call('a'), t.call('b'), t.call('c')];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('b', 'bad');
    expect(await endsOf(...calls)).toEqual(['ok', 'error', 'skipped']);
    expect(await reasonOf(calls[2] as Promise<unknown>)).toEqual({
      kind: 'skipped',
      because: { key: 'b', reason: { kind: 'error', output: no('bad'), maybeApplied: false } },
      maybeApplied: false,
    });
    expect(t.engine.stats().ledger).toMatchObject({ succeeded: 1, refused: 1, notAttempted: 1 });
    expect(t.engine.stats().requeued).toBe(0);
    t.expectIdle();
  });

  test('is rejected behind an error that may pass too, while that item is sent again', async () => {
    const t = engineUnderTest({ onSkipped: 'reject' });
    const calls = [t.call('a'), t.call('b')];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a', 'busy');
    await t.clock.settle();
    expect(await isSettled(calls[0] as Promise<unknown>)).toBe(false);
    await t.clock.pass(125);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a', 'b'], ['a']]);
    expect(await endsOf(...calls)).toEqual(['ok', 'skipped']);
    t.expectIdle();
  });

  test('is in doubt, if an earlier attempt had no answer', async () => {
    const t = engineUnderTest({ onSkipped: 'reject' });
    const calls = [t.call('a'), t.call('b')];
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    t.wire.parked[0]?.stopAt('a');
    expect(await endsOf(...calls)).toEqual(['error', 'skipped']);
    expect(await reasonOf(calls[1] as Promise<unknown>)).toMatchObject({ maybeApplied: true });
    expect(t.engine.stats().ledger).toMatchObject({ refused: 1, inDoubt: 1 });
    t.expectIdle();
  });

  test('what was not in the batch is not touched', async () => {
    const t = engineUnderTest({ onSkipped: 'reject', maxItems: 2, concurrency: 1 });
    const calls = ['a', 'b', 'c'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a');
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['error', 'skipped', 'ok']);
    t.expectIdle();
  });
});

test('an item whose output came after the first error has that output, and is not skipped', async () => {
  const t = engineUnderTest({ onSkipped: 'reject' });
  const calls = ['a', 'b', 'c'].map((key) => t.call(key));
  await t.clock.settle();
  t.wire.parked[0]?.answer({ a: no('bad'), b: undefined });
  expect(await endsOf(...calls)).toEqual(['error', 'skipped', 'ok']);
  t.expectIdle();
});
