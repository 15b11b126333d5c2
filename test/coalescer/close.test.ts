import { describe, expect, test } from 'vitest';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest, isSettled, openWindow, reasonOf } from '../helpers/engine.ts';
import { scriptedPing } from '../helpers/scripted-send.ts';

test('close sends what is queued, and resolves with the books when all has settled', async () => {
  const t = engineUnderTest({}, { schedule: openWindow });
  const calls = [t.call('a'), t.call('b')];
  const closed = t.engine.close();
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a', 'b']]);
  expect(await isSettled(closed)).toBe(false);
  await t.answerAll();
  expect(await closed).toMatchObject({ accepted: 2, succeeded: 2, pending: 0 });
  expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
  t.expectIdle();
});

test('close does not wait for a fuller batch, and says so', async () => {
  const t = engineUnderTest({ maxWaitMs: 1_000 });
  void t.call('a');
  await t.clock.settle();
  void t.call('b');
  void t.engine.close();
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['a'], ['b']]);
  expect(t.events.dispatch.map(({ reason }) => reason)).toEqual(['idle', 'close']);
  await t.answerAll();
  t.expectIdle();
});

test('from then on calls are declined', async () => {
  const t = engineUnderTest();
  const closed = t.engine.close();
  const call = t.call('a', { overBound: true });
  expect(await reasonOf(call)).toEqual({ kind: 'closed', maybeApplied: false });
  await closed;
  expect(await endsOf(t.call('b'))).toEqual(['closed']);
  expect(t.engine.stats().ledger).toMatchObject({ accepted: 0, declined: 2 });
  expect(t.wire.requests).toEqual([]);
  t.expectIdle();
});

test('a second close returns the same promise', async () => {
  const t = engineUnderTest();
  void t.call('a');
  const closed = t.engine.close();
  expect(t.engine.close({ timeoutMs: 0 })).toBe(closed);
  await t.clock.pass(100);
  expect(await isSettled(closed)).toBe(false);
  await t.answerAll();
  await closed;
  expect(t.engine.close()).toBe(closed);
  t.expectIdle();
});

test('close of an idle engine resolves at once, and leaves no timer', async () => {
  const t = engineUnderTest();
  expect((await t.engine.close()).pending).toBe(0);
  t.expectIdle();
});

test('a flush beside it resolves as well', async () => {
  const t = engineUnderTest();
  void t.call('a');
  const flushed = t.engine.flush();
  const closed = t.engine.close({ timeoutMs: 10 });
  await t.clock.pass(10);
  expect(await closed).toMatchObject({ inDoubt: 1 });
  expect(await flushed).toMatchObject({ inDoubt: 1, pending: 0 });
  expect((await t.engine.flush()).pending).toBe(0);
  t.expectIdle();
});

describe('at its time-out', () => {
  test('what is left is rejected: in doubt if it is or was at the server', async () => {
    const t = engineUnderTest({ maxItems: 2, concurrency: 1 });
    const calls = [
      t.call('in flight'),
      t.call('with it'),
      t.call('ready', { uses: ['x'] }),
      t.call('blocked', { changes: 'x' }),
    ];
    await t.clock.settle();
    const closed = t.engine.close({ timeoutMs: 100 });
    await t.clock.pass(99);
    expect(await isSettled(closed)).toBe(false);
    await t.clock.pass(1);
    expect(await closed).toMatchObject({ accepted: 4, inDoubt: 2, notAttempted: 2, pending: 0 });
    expect(await endsOf(...calls)).toEqual(Array(4).fill('closed'));
    const reasons = await Promise.all(calls.map(reasonOf));
    expect(reasons.map((reason) => reason?.maybeApplied)).toEqual([true, true, false, false]);
    t.expectIdle();
  });

  test('without one given, 10 s', async () => {
    const t = engineUnderTest();
    void t.call('a');
    const closed = t.engine.close();
    await t.clock.pass(9_999);
    expect(await isSettled(closed)).toBe(false);
    await t.clock.pass(1);
    expect((await closed).inDoubt).toBe(1);
    t.expectIdle();
  });

  test('what waits for another attempt is in doubt, or not, by what it had before', async () => {
    const t = engineUnderTest({ maxItems: 1, retry: { minDelayMs: 10_000 } });
    const calls = [t.call('lost'), t.call('busy'), t.call('fine')];
    await t.clock.settle();
    t.wire.parked[2]?.answer();
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('busy', 'busy');
    await t.clock.settle();
    const closed = t.engine.close({ timeoutMs: 100 });
    await t.clock.pass(100);
    expect(await closed).toMatchObject({ succeeded: 1, inDoubt: 1, notAttempted: 1 });
    expect(await endsOf(...calls)).toEqual(['closed', 'closed', 'ok']);
    t.expectIdle();
  });

  test('requests under way are aborted, and a late answer is ignored', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    await t.clock.settle();
    const [request] = t.wire.parked;
    const closed = t.engine.close({ timeoutMs: 100 });
    await t.clock.pass(100);
    const books = await closed;
    expect(request?.signal.aborted).toBe(true);
    request?.answer();
    await t.clock.settle();
    expect(await endsOf(call)).toEqual(['closed']);
    expect(t.engine.stats().ledger).toEqual(books);
    expect(t.events.response).toEqual([]);
    t.expectIdle();
  });

  test('a chain is told as closed throughout, not as a consequence of itself', async () => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 1 });
    const calls = [
      t.call('a', { makes: 'r' }),
      t.call('b', { makes: 's', uses: ['r'] }),
      t.call('c', { changes: 's' }),
    ];
    const closed = t.engine.close({ timeoutMs: 100 });
    await t.clock.pass(100);
    expect(await closed).toMatchObject({ inDoubt: 1, notAttempted: 2 });
    expect(await endsOf(...calls)).toEqual(['closed', 'closed', 'closed']);
    t.expectIdle();
  });

  test('an aborted item in flight is forgotten', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    void t.call('a', { signal: abort.signal });
    void t.call('b');
    await t.clock.settle();
    abort.abort();
    const closed = t.engine.close({ timeoutMs: 100 });
    await t.clock.pass(100);
    expect(await closed).toMatchObject({ accepted: 2, cancelled: 1, inDoubt: 1 });
    t.expectIdle();
  });

  test('an outage is not waited for any longer', async () => {
    const ping = scriptedPing();
    const t = engineUnderTest({ maxItems: 1, concurrency: 1 }, { ping: ping.ping });
    const calls = [t.call('a'), t.call('b')];
    for (const pauseMs of [125, 250, 500, 1_000]) {
      await t.clock.settle();
      t.wire.parked[0]?.lose();
      await t.clock.pass(pauseMs);
    }
    expect(ping.parked).toHaveLength(1);
    const closed = t.engine.close({ timeoutMs: 1_000 });
    await t.clock.pass(1_000);
    expect(await closed).toMatchObject({ accepted: 2, inDoubt: 1, notAttempted: 1 });
    expect(await endsOf(...calls)).toEqual(['closed', 'closed']);
    ping.parked[0]?.(true);
    await t.clock.pass(60_000);
    expect(t.wire.parked).toEqual([]);
    t.expectIdle();
  });
});

test('within its time-out, close goes on trying', async () => {
  const t = engineUnderTest();
  const call = t.call('a');
  await t.clock.settle();
  const closed = t.engine.close();
  t.wire.parked[0]?.lose();
  await t.clock.pass(125);
  await t.answerAll();
  expect(await closed).toMatchObject({ succeeded: 1, pending: 0 });
  expect(await endsOf(call)).toEqual(['ok']);
  t.expectIdle();
});

test('close never rejects', async () => {
  const t = engineUnderTest();
  void t.call('a');
  const closed = t.engine.close();
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('a');
  expect(await closed).toMatchObject({ refused: 1 });
  t.expectIdle();
});

test('a call and a close by who is told as it closes find it closed', async () => {
  const ends: Promise<unknown>[] = [];
  let told = false;
  const t: EngineUnderTest = engineUnderTest(
    {},
    {
      schedule: openWindow,
      events: {
        observed: { dispatch: true, response: true, idle: true },
        emit: () => {},
        deliver: () => {
          if (told) return;
          told = true;
          ends.push(t.call('late'), t.engine.close());
        },
      },
    },
  );
  told = true;
  const call = t.call('a');
  told = false;
  const closed = t.engine.close();
  expect(ends[1]).toBe(closed);
  await t.answerAll();
  expect(await endsOf(call, ends[0] as Promise<unknown>)).toEqual(['ok', 'closed']);
  expect((await closed).declined).toBe(1);
  t.expectIdle();
});
