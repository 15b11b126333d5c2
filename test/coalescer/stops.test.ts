// A process that stood still: all its timers fire at once, late, and before what came meanwhile is read.
import { describe, expect, test } from 'vitest';
import { endsOf, engineUnderTest, isSettled, openWindow, reasonOf } from '../helpers/engine.ts';

const settings = { deliveryTimeoutMs: 2_000, attemptTimeoutMs: 700 };
/** One request at a time, of one item. */
const narrow = { ...settings, maxItems: 1, concurrency: 1 };

/** A turn of the event loop in which something is read. */
function inTurn(read: () => void): void {
  setImmediate(read);
}

describe('an answer that is there when the process goes on', () => {
  test('wins, though the time of its call is over', async () => {
    const t = engineUnderTest(settings);
    const call = t.call('a');
    await t.clock.settle();
    inTurn(() => t.wire.parked[0]?.answer());
    await t.clock.stop(60_000);
    expect(await endsOf(call)).toEqual(['ok']);
    expect(t.wire.batches).toHaveLength(1);
    t.expectIdle();
  });

  test('wins also where it takes several turns to read', async () => {
    const t = engineUnderTest(settings);
    const call = t.call('a');
    await t.clock.settle();
    const [request] = t.wire.parked;
    const parts = [request?.heard, request?.heard, request?.answer];
    const readOn = (): void => {
      parts.shift()?.();
      if (parts.length > 0) inTurn(readOn);
    };
    inTurn(readOn);
    await t.clock.stop(60_000);
    await t.clock.settle();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('is read for a second at most', async () => {
    const t = engineUnderTest(settings);
    const call = t.call('a');
    await t.clock.settle();
    const [request] = t.wire.parked;
    let turns = 0;
    const drip = (): void => {
      turns++;
      request?.heard();
      if (turns < 100) inTurn(drip);
    };
    inTurn(drip);
    await t.clock.stop(60_000);
    while (!(await isSettled(call))) {
      expect(turns).toBeLessThan(100);
      await t.clock.pass(100);
    }
    expect(await reasonOf(call)).toMatchObject({ limit: 'deliveryTimeoutMs', maybeApplied: true });
    await t.answerAll();
    t.expectIdle();
  });

  test('wins against the time of a flush and of a close', async () => {
    const t = engineUnderTest({ deliveryTimeoutMs: 300_000 });
    const call = t.call('a');
    await t.clock.settle();
    const flushed = t.engine.flush({ timeoutMs: 1_000 });
    const closed = t.engine.close({ timeoutMs: 1_000 });
    inTurn(() => t.wire.parked[0]?.answer());
    await t.clock.stop(30_000);
    expect([(await flushed).succeeded, (await closed).succeeded]).toEqual([1, 1]);
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('where none is, the call is in doubt, and is not repeated', async () => {
    const t = engineUnderTest(settings);
    const call = t.call('a');
    await t.clock.settle();
    await t.clock.stop(60_000);
    expect(await reasonOf(call)).toMatchObject({ attempts: 1, maybeApplied: true });
    t.wire.parked[0]?.lose();
    await t.clock.drain();
    expect(t.wire.batches).toHaveLength(1);
    t.expectIdle();
  });
});

describe('what was never sent when its time was over', () => {
  test('is sent then, and gets its answer', async () => {
    const t = engineUnderTest(narrow);
    const first = t.call('a');
    const waiting = [t.call('b'), t.call('c')];
    await t.clock.settle();
    inTurn(() => t.wire.parked[0]?.answer());
    await t.clock.stop(60_000);
    await t.answerAll();
    expect(await endsOf(first, ...waiting)).toEqual(['ok', 'ok', 'ok']);
    expect(t.wire.batches).toEqual([['a'], ['b'], ['c']]);
    t.expectIdle();
  });

  test('also where it lay in an open window', async () => {
    const t = engineUnderTest(settings, { schedule: openWindow });
    const call = t.call('a');
    await t.clock.stop(60_000);
    expect(await isSettled(call)).toBe(false);
    void t.engine.flush();
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('also where it shares the request with a call that is aborted before it leaves', async () => {
    const t = engineUnderTest(settings, { schedule: openWindow });
    const abort = new AbortController();
    const calls = [t.call('a'), t.call('b', { signal: abort.signal })];
    await t.clock.stop(60_000);
    void t.engine.flush();
    abort.abort();
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'aborted']);
    expect(t.wire.batches).toEqual([['a']]);
    t.expectIdle();
  });

  test('gets one attempt, and none after it got lost', async () => {
    const t = engineUnderTest(narrow);
    const first = t.call('a');
    const second = t.call('b');
    await t.clock.settle();
    inTurn(() => t.wire.parked[0]?.answer());
    await t.clock.stop(60_000);
    t.wire.parked[0]?.lose('reset');
    await t.clock.drain();
    expect(await endsOf(first)).toEqual(['ok']);
    expect(await reasonOf(second)).toEqual({
      kind: 'exhausted',
      limit: 'deliveryTimeoutMs',
      attempts: 1,
      last: { kind: 'failure', failure: 'reset' },
      maybeApplied: true,
    });
    expect(t.wire.batches).toEqual([['a'], ['b']]);
    t.expectIdle();
  });

  test('has the time of an attempt for it, once, however often the process stands still', async () => {
    const t = engineUnderTest(narrow);
    void t.call('a');
    const second = t.call('b');
    await t.clock.settle();
    await t.clock.stop(60_000);
    await t.clock.pass(600);
    expect(await isSettled(second)).toBe(false);
    await t.clock.stop(60_000);
    expect(await reasonOf(second)).toMatchObject({ attempts: 0, maybeApplied: false });
    expect(t.engine.stats().ledger).toMatchObject({ notAttempted: 1, inDoubt: 1 });
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a']]);
    t.expectIdle();
  });

  test('and without a stop again is given up when that is over', async () => {
    const t = engineUnderTest(narrow);
    void t.call('a');
    const second = t.call('b');
    await t.clock.settle();
    await t.clock.stop(60_000);
    await t.clock.pass(699);
    expect(await isSettled(second)).toBe(false);
    await t.clock.pass(2);
    expect(await reasonOf(second)).toMatchObject({ attempts: 0, limit: 'deliveryTimeoutMs' });
    await t.answerAll();
    t.expectIdle();
  });

  test('takes nothing from what was called later, and has its own time', async () => {
    const t = engineUnderTest({ ...narrow, attemptTimeoutMs: 3_000 });
    void t.call('a');
    const old = t.call('old');
    await t.clock.pass(1_500);
    const young = t.call('young');
    await t.clock.settle();
    await t.clock.stop(1_700);
    await t.clock.pass(300);
    // Two seconds after its call.
    expect(await reasonOf(young)).toMatchObject({ attempts: 0 });
    expect(await isSettled(old)).toBe(false);
    await t.answerAll();
    expect(await endsOf(old)).toEqual(['ok']);
    t.expectIdle();
  });

  test('keeps no later call waiting beyond its own time, where an attempt may take longer than that', async () => {
    const t = engineUnderTest({ ...narrow, attemptTimeoutMs: 30_000 });
    void t.call('a');
    const old = t.call('old');
    await t.clock.settle();
    await t.clock.stop(60_000);
    const young = t.call('young');
    await t.clock.pass(2_001);
    expect(await reasonOf(young)).toMatchObject({ attempts: 0, limit: 'deliveryTimeoutMs' });
    expect(await isSettled(old)).toBe(false);
    await t.answerAll();
    expect(await endsOf(old)).toEqual(['ok']);
    t.expectIdle();
  });

  test.each([700, 30_000])(
    "stands in nobody's way who is called after it: what needs another waits for that (attempts of %d ms)",
    async (attemptTimeoutMs) => {
      const t = engineUnderTest({ ...settings, attemptTimeoutMs, maxItems: 1, concurrency: 3 });
      void t.call('a', { makes: 'a', hasNewName: true });
      const old = t.call('old', { uses: ['a'] });
      await t.clock.settle();
      await t.clock.stop(60_000);
      const [a] = t.wire.parked;
      void t.call('parent', { makes: 'parent', hasNewName: true });
      void t.call('child', { uses: ['parent'] });
      await t.clock.settle();
      expect(t.wire.batches).toEqual([['a'], ['parent']]);
      a?.answer();
      await t.answerAll();
      expect(await endsOf(old)).toEqual(['ok']);
      expect(t.wire.batches.flat().toSorted()).toEqual(['a', 'child', 'old', 'parent']);
      t.expectIdle();
    },
  );

  test('is told that the client closes before who was called after it', async () => {
    const t = engineUnderTest(narrow);
    void t.call('first');
    const told: string[] = [];
    void t.call('spared').catch(() => told.push('spared'));
    await t.clock.settle();
    await t.clock.stop(60_000);
    void t.call('later').catch(() => told.push('later'));
    void t.engine.close({ timeoutMs: 0 });
    await t.clock.pass(0);
    await t.clock.settle();
    expect(told).toEqual(['spared', 'later']);
  });

  test('is sent again for who asks for it anew while its last chance is at the server', async () => {
    const t = engineUnderTest(settings, { schedule: openWindow });
    const options = { fingerprint: 'same' };
    const first = t.call('a', options);
    await t.clock.stop(60_000);
    void t.engine.flush();
    await t.clock.pass(701);
    expect(await endsOf(first)).toEqual(['exhausted']);
    const again = t.call('a', options);
    t.wire.parked[0]?.lose();
    await t.clock.pass(250);
    await t.answerAll();
    expect(await endsOf(again)).toEqual(['ok']);
    expect(t.wire.batches).toEqual([['a'], ['a']]);
    t.expectIdle();
  });

  test('is given up as ever where the engine wakes late by a second or less', async () => {
    const t = engineUnderTest(narrow);
    void t.call('a');
    const second = t.call('b');
    await t.clock.pass(1_500);
    await t.clock.stop(1_500);
    expect(await reasonOf(second)).toMatchObject({ attempts: 0, maybeApplied: false });
    await t.answerAll();
    t.expectIdle();
  });
});

describe('what had been sent when its time was over', () => {
  test('is not repeated, though an answer to another lets requests leave first', async () => {
    const t = engineUnderTest({ ...settings, maxItems: 1, retry: { minDelayMs: 3_000 } });
    const other = t.call('other');
    const lost = t.call('lost');
    await t.clock.settle();
    t.wire.parked.find(({ keys }) => keys[0] === 'lost')?.lose('reset');
    await t.clock.settle();
    inTurn(() => t.wire.parked[0]?.answer());
    await t.clock.stop(60_000);
    await t.answerAll();
    expect(await endsOf(other)).toEqual(['ok']);
    expect(await reasonOf(lost)).toMatchObject({ attempts: 1, maybeApplied: true });
    expect(t.wire.batches).toEqual([['other'], ['lost']]);
    t.expectIdle();
  });

  test('is not repeated, though its sender gives it up first', async () => {
    const t = engineUnderTest(settings);
    const call = t.call('a');
    await t.clock.settle();
    inTurn(() => t.wire.parked[0]?.lose('time-out', true));
    await t.clock.stop(60_000);
    await t.clock.drain();
    expect(await reasonOf(call)).toMatchObject({ attempts: 1, maybeApplied: true });
    expect(t.wire.batches).toHaveLength(1);
    t.expectIdle();
  });

  test('before its time is over it is repeated as ever', async () => {
    const t = engineUnderTest({ deliveryTimeoutMs: 300_000 });
    const call = t.call('a');
    await t.clock.settle();
    inTurn(() => t.wire.parked[0]?.lose('time-out', true));
    await t.clock.stop(60_000);
    await t.clock.pass(1_000);
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    expect(t.wire.batches).toHaveLength(2);
    t.expectIdle();
  });
});
