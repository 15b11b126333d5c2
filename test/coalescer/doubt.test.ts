// What is certain of an item, and how it is known.
import { describe, expect, test } from 'vitest';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest, reasonOf, referring } from '../helpers/engine.ts';
import { no, scriptedPing } from '../helpers/scripted-send.ts';

const used = no('already_used', 'used');
const keys = (count: number) => Array.from({ length: count }, (_, n) => `k${n}`);

/** Loses the first request, and lets the next one come. */
async function loseFirst(t: EngineUnderTest): Promise<void> {
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.pass(250);
}

describe('a key that was used before', () => {
  test('by an attempt whose answer was lost leaves its item in doubt, and takes nobody along', async () => {
    const t = engineUnderTest();
    const root = t.call('root', { makes: 'R' });
    const children = keys(98).map((key) => t.call(key, { makes: `m-${key}`, uses: ['R'] }));
    const finish = t.call('finish', { changes: 'R' });
    await loseFirst(t);
    // A server that refuses what it has done already, item by item.
    while (t.engine.stats().ledger.pending > 0) {
      const [request] = t.wire.parked;
      if (request === undefined) throw new Error('nothing is sent any more');
      request.answer(
        Object.fromEntries(request.keys.map((key, at) => [key, at === 0 ? used : undefined])),
      );
      await t.clock.settle();
    }
    for (const call of [root, ...children, finish]) {
      expect(await reasonOf(call)).toMatchObject({ kind: 'used', maybeApplied: true });
    }
    expect(t.engine.stats().ledger).toMatchObject({ inDoubt: 100, refused: 0 });
    const later = t.call('later', { uses: ['R'] });
    await t.answerAll();
    expect(await endsOf(later)).toEqual(['ok']);
    t.expectIdle();
  });

  test('without such an attempt is what it says: a key of the caller that was used', async () => {
    const t = engineUnderTest();
    const call = t.call('root', { makes: 'R' });
    await t.clock.settle();
    t.wire.parked[0]?.answer({ root: used });
    expect(await reasonOf(call)).toMatchObject({ kind: 'used', maybeApplied: false });
    expect(t.engine.stats().ledger).toMatchObject({ refused: 1, inDoubt: 0 });
    t.expectIdle();
  });

  test('after an attempt that never left is no doubt either', async () => {
    const t = engineUnderTest();
    const call = t.call('root', { makes: 'R' });
    await t.clock.settle();
    t.wire.parked[0]?.neverLeave();
    await t.clock.pass(250);
    t.wire.parked[0]?.answer({ root: used });
    expect(await reasonOf(call)).toMatchObject({ kind: 'used', maybeApplied: false });
    t.expectIdle();
  });

  test('leaves those who wait for an id that never comes without what they need', async () => {
    const t = engineUnderTest();
    const made = t.number();
    const root = t.call('root', { makes: made });
    const child = t.call('child', referring('child', made));
    await loseFirst(t);
    t.wire.parked[0]?.answer({ root: used });
    expect(await endsOf(root, child)).toEqual(['used', 'dependency']);
    await t.answerAll();
    t.expectIdle();
  });
});

describe('an output that says neither yes nor no', () => {
  test('leaves its item in doubt, and says nothing of those behind it', async () => {
    const t = engineUnderTest();
    const [a, b, c] = [t.call('a'), t.call('b'), t.call('c')];
    await t.clock.settle();
    t.wire.parked[0]?.answer({ a: { ok: 'perhaps' }, c: undefined });
    await t.clock.settle();
    expect(t.events.retry).toMatchObject([{ key: 'c', reason: 'missing' }]);
    await t.clock.pass(250);
    await t.answerAll();
    expect(await reasonOf(a)).toMatchObject({ kind: 'contract', maybeApplied: true });
    expect(await endsOf(b, c)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });
});

describe('a request that certainly never left', () => {
  test('leaves no doubt, counts for nothing, and is repeated as in an outage', async () => {
    const { ping, parked } = scriptedPing();
    const t = engineUnderTest({ retry: { limit: 2 }, deliveryTimeoutMs: 60_000 }, { ping });
    const calls = [t.call('a'), t.call('b')];
    const packed = t.engine.execute({ keys: ['x'], texts: ['{}'] });
    while (t.engine.stats().ledger.pending > 0) {
      await t.clock.settle();
      for (const request of [...t.wire.parked]) request.neverLeave('refused');
      for (const answer of [...parked]) answer(false);
      await t.clock.pass(1_000);
    }
    for (const call of [...calls, packed]) {
      expect(await reasonOf(call)).toMatchObject({
        kind: 'exhausted',
        limit: 'deliveryTimeoutMs',
        attempts: 0,
        last: { kind: 'failure', failure: 'refused' },
        maybeApplied: false,
      });
    }
    expect(t.engine.stats()).toMatchObject({
      bisected: 0,
      ledger: { notAttempted: 2, inDoubt: 0 },
    });
    expect(t.engine.stats().requests).toBeLessThan(40);
    await t.answerAll();
    t.expectIdle();
  });

  test('does not take away a doubt that was there', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    await loseFirst(t);
    t.wire.parked[0]?.neverLeave();
    await t.clock.pass(1_000);
    t.wire.parked[0]?.refuse();
    expect(await reasonOf(call)).toMatchObject({ kind: 'refused', maybeApplied: true });
    t.expectIdle();
  });

  test('is told as unsent, and closes with what it met', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    await t.clock.settle();
    t.wire.parked[0]?.neverLeave('no token');
    await t.clock.settle();
    expect(t.events.retry).toMatchObject([{ reason: 'unsent', attempts: 0 }]);
    const closed = t.engine.close({ timeoutMs: 0 });
    await t.clock.pass(0);
    await closed;
    expect(await reasonOf(call)).toEqual({
      kind: 'closed',
      last: { kind: 'failure', failure: 'no token' },
      maybeApplied: false,
    });
    t.expectIdle();
  });
});

describe('an answer that is too large to be read', () => {
  test('sends its items again in halves at once, down to the one that is too large alone', async () => {
    const t = engineUnderTest({ maxItems: 8 });
    const calls = keys(8).map((key) => t.call(key));
    await t.clock.settle();
    const at = t.clock.now();
    while (t.wire.parked.length > 0) {
      for (const request of [...t.wire.parked]) {
        if (request.keys.includes('k3')) request.answerTooMuch();
        else request.answer();
      }
      await t.clock.settle();
    }
    expect(t.clock.now()).toBe(at);
    const ends = await endsOf(...calls);
    expect(ends.filter((end) => end === 'ok')).toHaveLength(7);
    expect(await reasonOf(calls[3] as Promise<unknown>)).toMatchObject({
      kind: 'exhausted',
      maybeApplied: true,
      last: { failure: 'too large' },
    });
    expect(t.engine.stats()).toMatchObject({ requests: 7, bisected: 3, pausedMs: 0 });
    t.expectIdle();
  });

  test('does not lower the bytes of requests', async () => {
    const t = engineUnderTest({ maxItems: 4 });
    for (const key of keys(4)) void t.call(key);
    await t.clock.settle();
    t.wire.parked[0]?.answerTooMuch();
    await t.answerAll();
    for (const key of ['a', 'b', 'c', 'd']) void t.call(key);
    await t.answerAll();
    expect(t.wire.batches.at(-1)).toHaveLength(4);
    t.expectIdle();
  });
});

describe('a request that waits to leave, for a token or a connection', () => {
  /** A sender that says when it leaves. */
  function waiting() {
    const leave: (() => void)[] = [];
    const t: EngineUnderTest = engineUnderTest(
      { deliveryTimeoutMs: 10_000 },
      {
        send: (batch, options) => {
          options.waits?.();
          leave.push(() => options.left?.());
          return t.wire.send(batch, options);
        },
      },
    );
    return { t, leave };
  }

  test.each([
    ['waits still', false],
    ['has left', true],
  ])('and %s: so certain is what its calls are told', async (_, hasLeft) => {
    const { t, leave } = waiting();
    const controller = new AbortController();
    const aborted = t.call('a', { signal: controller.signal });
    const expired = t.call('b');
    const packed = t.engine.execute({ keys: ['x'], texts: ['{}'] });
    await t.clock.pass(20);
    if (hasLeft) for (const go of leave) go();
    controller.abort();
    await expect(aborted).rejects.toBe(controller.signal.reason);
    await t.clock.pass(10_001);
    for (const call of [expired, packed]) {
      expect(await reasonOf(call)).toMatchObject({
        kind: 'exhausted',
        attempts: hasLeft ? 1 : 0,
        maybeApplied: hasLeft,
      });
    }
    for (const request of [...t.wire.parked]) request.lose();
    await t.clock.settle();
    t.expectIdle();
  });

  test('is called back once one of its calls was told that it was not sent', async () => {
    const { t, leave } = waiting();
    const controller = new AbortController();
    const aborted = t.call('a', { signal: controller.signal });
    const other = t.call('b');
    await t.clock.settle();
    controller.abort();
    expect(t.wire.requests[0]?.signal.aborted).toBe(true);
    await expect(aborted).rejects.toBe(controller.signal.reason);
    t.wire.parked[0]?.lose('aborted');
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['a', 'b'], ['b']]);
    leave[1]?.();
    await t.answerAll();
    expect(await endsOf(other)).toEqual(['ok']);
    expect(t.engine.stats().ledger).toMatchObject({ succeeded: 1, cancelled: 1 });
    t.expectIdle();
  });

  test('is not in doubt when the client closes', async () => {
    const { t } = waiting();
    const call = t.call('a');
    await t.clock.settle();
    const closed = t.engine.close({ timeoutMs: 0 });
    await t.clock.pass(0);
    await closed;
    expect(await reasonOf(call)).toMatchObject({ kind: 'closed', maybeApplied: false });
    expect(t.engine.stats().ledger).toMatchObject({ notAttempted: 1, inDoubt: 0 });
  });
});
