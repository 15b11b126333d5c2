import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { endsOf, engineUnderTest, isSettled, openWindow, referring } from '../helpers/engine.ts';

describe('an abort before the call was sent', () => {
  test('rejects at once with the reason of the signal, and costs nothing', async () => {
    const t = engineUnderTest({}, { schedule: openWindow });
    const abort = new AbortController();
    const reason = new Error('not needed');
    const call = t.call('a', { signal: abort.signal });
    abort.abort(reason);
    await expect(call).rejects.toBe(reason);
    void t.engine.flush();
    await t.clock.settle();
    expect(t.wire.requests).toEqual([]);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 1, cancelled: 1 });
    t.expectIdle();
  });

  test('is no failure: it was the caller who did it', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const call = t.call('a', { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toBe(abort.signal.reason);
    expect(t.events.failure).toEqual([]);
    t.expectIdle();
  });

  test('leaves the other calls of its window', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const calls = [t.call('a'), t.call('b', { signal: abort.signal }), t.call('c')];
    abort.abort();
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a', 'c']]);
    expect(await endsOf(...calls)).toEqual(['ok', 'aborted', 'ok']);
    t.expectIdle();
  });

  test('while it waits for a slot, drops it', async () => {
    const t = engineUnderTest({ concurrency: 1 });
    const abort = new AbortController();
    void t.call('a');
    await t.clock.settle();
    const call = t.call('b', { signal: abort.signal });
    await t.clock.settle();
    abort.abort();
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a']]);
    expect(await endsOf(call)).toEqual(['aborted']);
    t.expectIdle();
  });

  test('while its request is about to leave, keeps it from the sender', async () => {
    const t = engineUnderTest({}, { schedule: openWindow });
    const abort = new AbortController();
    const calls = [t.call('a'), t.call('b', { signal: abort.signal })];
    void t.engine.flush();
    abort.abort();
    expect(t.events.dispatch).toHaveLength(1);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a']]);
    expect(await endsOf(...calls)).toEqual(['ok', 'aborted']);
    t.expectIdle();
  });

  test('while it is blocked, drops it and lets go who waited for it', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    void t.call('a', { uses: ['r'] });
    const change = t.call('b', { changes: 'r', signal: abort.signal });
    void t.call('c', { uses: ['r'] });
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['a']]);
    abort.abort();
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['a'], ['c']]);
    await t.answerAll();
    expect(await endsOf(change)).toEqual(['aborted']);
    t.expectIdle();
  });

  test('counts as failed for those who need what it was to make', async () => {
    const t = engineUnderTest({}, { schedule: openWindow });
    const abort = new AbortController();
    const run = t.number();
    const calls = [
      t.call('a', { makes: run, signal: abort.signal }),
      t.call('b', { makes: 'b', signal: abort.signal }),
      t.call('c', referring('c', run)),
      t.call('d', { uses: ['b'] }),
    ];
    abort.abort();
    expect(await endsOf(...calls)).toEqual(['aborted', 'aborted', 'dependency', 'dependency']);
    const later = [t.call('e', referring('e', run)), t.call('f', { uses: ['b'] })];
    expect(await endsOf(...later)).toEqual(['dependency', 'dependency']);
    expect(t.wire.requests).toEqual([]);
    t.expectIdle();
  });

  test('between two attempts that had no answer, drops what nobody needs', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const call = t.call('a', { changes: 'r', signal: abort.signal });
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.settle();
    abort.abort();
    expect(await endsOf(call)).toEqual(['aborted']);
    t.expectIdle();
    await t.clock.pass(10_000);
    expect(t.wire.requests).toHaveLength(1);
  });

  test('during a back-off after an error that may pass, drops it and those who need it', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    const calls = [t.call('a', { makes: 'r', signal: abort.signal }), t.call('b', { uses: ['r'] })];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a', 'busy');
    await t.clock.settle();
    abort.abort();
    expect(await endsOf(...calls)).toEqual(['aborted', 'dependency']);
    t.expectIdle();
  });
});

describe('a signal that has fired already', () => {
  test('rejects the call, which is accepted, cancelled and never sent', async () => {
    const t = engineUnderTest();
    const reason = new Error('too late');
    await expect(t.call('a', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await t.clock.settle();
    expect(t.wire.requests).toEqual([]);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 1, cancelled: 1, pending: 0 });
    t.expectIdle();
  });

  test('makes what the call was to make fail', async () => {
    const t = engineUnderTest();
    const call = t.call('a', { makes: 'r', signal: AbortSignal.abort() });
    const child = t.call('b', { uses: ['r'] });
    expect(await endsOf(call, child)).toEqual(['aborted', 'dependency']);
    t.expectIdle();
  });

  test('rejects a call that would share a pending item, and only that', async () => {
    const t = engineUnderTest();
    const first = t.call('a', { fingerprint: 'same' });
    const second = t.call('a', { fingerprint: 'same', signal: AbortSignal.abort() });
    await t.answerAll();
    expect(await endsOf(first, second)).toEqual(['ok', 'aborted']);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 2, succeeded: 1, cancelled: 1 });
    t.expectIdle();
  });
});

describe('an abort in flight', () => {
  test('rejects at once, and the answer changes nothing any more', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const calls = [t.call('a', { signal: abort.signal }), t.call('b')];
    await t.clock.settle();
    abort.abort();
    expect(await endsOf(calls[0] as Promise<unknown>)).toEqual(['aborted']);
    expect(t.wire.parked[0]?.signal.aborted).toBe(false);
    expect(t.engine.stats()).toMatchObject({ inFlight: 2, ledger: { cancelled: 1, pending: 1 } });
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['aborted', 'ok']);
    expect(t.engine.stats().ledger).toMatchObject({ succeeded: 1, cancelled: 1 });
    t.expectIdle();
  });

  test('keeps the place of its item: nothing overtakes it', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    void t.call('a', { changes: 'r', signal: abort.signal });
    void t.call('b', { changes: 'r' });
    await t.clock.settle();
    abort.abort();
    await t.clock.pass(1_000);
    expect(t.wire.batches).toEqual([['a']]);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['b']]);
    t.expectIdle();
  });

  test('of a maker that succeeds, is no failure to those who wait', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    void t.call('a', { makes: 'r', signal: abort.signal });
    const child = t.call('b', { uses: ['r'] });
    await t.clock.settle();
    abort.abort();
    await t.answerAll();
    const later = t.call('c', { uses: ['r'] });
    await t.answerAll();
    expect(await endsOf(child, later)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });

  test('of a maker that fails, rejects those who wait', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    void t.call('a', { makes: 'r', signal: abort.signal });
    const child = t.call('b', { uses: ['r'] });
    await t.clock.settle();
    abort.abort();
    t.wire.parked[0]?.stopAt('a');
    expect(await endsOf(child)).toEqual(['dependency']);
    expect(t.wire.batches).toEqual([['a']]);
    t.expectIdle();
  });

  test('of what the server then skipped, ends it as never run, and with it who needs it', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const calls = [
      t.call('bad'),
      t.call('a', { makes: 'r', signal: abort.signal }),
      t.call('child', { uses: ['r'] }),
      t.call('other'),
    ];
    await t.clock.settle();
    abort.abort();
    t.wire.parked[0]?.stopAt('bad');
    await t.answerAll();
    expect(t.wire.batches).toEqual([['bad', 'a', 'child', 'other'], ['other']]);
    expect(await endsOf(...calls)).toEqual(['error', 'aborted', 'dependency', 'ok']);
    t.expectIdle();
  });

  test('of what then fails in passing, ends it, and with it who needs it', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    const call = t.call('a', { makes: 'r', signal: abort.signal });
    const child = t.call('b', { uses: ['r'] });
    await t.clock.settle();
    abort.abort();
    t.wire.parked[0]?.stopAt('a', 'busy');
    expect(await endsOf(call, child)).toEqual(['aborted', 'dependency']);
    t.expectIdle();
  });

  test('stops a batch as any other item does: those behind it were skipped', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    const abort = new AbortController();
    void t.call('a', { signal: abort.signal });
    const behind = t.call('b');
    await t.clock.settle();
    abort.abort();
    t.wire.parked[0]?.stopAt('a');
    await t.answerAll();
    expect(await endsOf(behind)).toEqual(['ok']);
    expect(t.engine.stats()).toMatchObject({ requeued: 1, retried: 0 });
    t.expectIdle();
  });

  test('of what then gets lost, drops it if nobody needs what it makes', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    void t.call('a', { makes: 'r', changes: 's', signal: abort.signal });
    const next = t.call('b', { changes: 's' });
    await t.clock.settle();
    abort.abort();
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['b']]);
    expect(await endsOf(next)).toEqual(['ok']);
    t.expectIdle();
  });

  test('of what then gets lost, sends it again if others wait for what it makes', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    void t.call('a', { makes: 'r', signal: abort.signal });
    const child = t.call('b', { uses: ['r'] });
    await t.clock.settle();
    abort.abort();
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['a'], ['b']]);
    expect(await endsOf(child)).toEqual(['ok']);
    expect(t.engine.stats().ledger).toMatchObject({ succeeded: 1, cancelled: 1 });
    t.expectIdle();
  });

  test('of what got lost before, sends it again after a skip if others wait for it', async () => {
    const t = engineUnderTest({ maxItems: 2, concurrency: 1 });
    const abort = new AbortController();
    const before = t.call('before');
    void t.call('a', { makes: 'r', signal: abort.signal });
    const child = t.call('b', { uses: ['r'] });
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    abort.abort();
    t.wire.parked[0]?.stopAt('before');
    await t.answerAll();
    expect(t.wire.batches).toEqual([
      ['before', 'a'],
      ['before', 'a'],
      ['a', 'b'],
    ]);
    expect(await endsOf(before, child)).toEqual(['error', 'ok']);
    t.expectIdle();
  });

  test('of what got lost, and that nobody can tell done or not, is not remembered as failed', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    void t.call('a', { makes: 'r', signal: abort.signal });
    await t.clock.settle();
    abort.abort();
    t.wire.parked[0]?.lose();
    await t.clock.settle();
    const later = t.call('b', { uses: ['r'] });
    await t.clock.pass(125);
    await t.answerAll();
    expect(await endsOf(later)).toEqual(['ok']);
    t.expectIdle();
  });
});

describe('an item that is sent again only for those who wait', () => {
  test('is kept when its caller aborts between two attempts', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const abort = new AbortController();
    const call = t.call('a', { makes: 'r', signal: abort.signal });
    const child = t.call('b', { uses: ['r'] });
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.settle();
    abort.abort();
    expect(await endsOf(call)).toEqual(['aborted']);
    await t.clock.pass(125);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['a'], ['b']]);
    expect(await endsOf(child)).toEqual(['ok']);
    t.expectIdle();
  });

  test('is dropped when they abort as well', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const [abort, abortChild] = [new AbortController(), new AbortController()];
    void t.call('a', { makes: 'r', signal: abort.signal });
    void t.call('b', { uses: ['r'], signal: abortChild.signal });
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.settle();
    abort.abort();
    abortChild.abort();
    await t.clock.pass(1_000);
    expect(t.wire.batches).toEqual([['a']]);
    t.expectIdle();
  });
});

test('a chain of items that are kept for each other is dropped as a whole', async () => {
  const t = engineUnderTest({ maxItems: 10 });
  const aborts = [1, 2, 3, 4].map(() => new AbortController());
  const [a, b, c, d] = aborts.map(({ signal }) => signal) as [
    AbortSignal,
    AbortSignal,
    AbortSignal,
    AbortSignal,
  ];
  void t.call('a', { makes: 'a', signal: a });
  void t.call('b', { makes: 'b', uses: ['a'], signal: b });
  void t.call('c', { makes: 'c', uses: ['b'], signal: c });
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.settle();
  void t.call('d', { uses: ['c'], signal: d });
  await t.clock.settle();
  for (const abort of aborts) abort.abort();
  t.expectIdle();
  await t.clock.pass(1_000);
  expect(t.wire.batches).toEqual([['a', 'b', 'c']]);
});

describe('an abort of one of several callers of an item', () => {
  test('settles only that call', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const first = t.call('a', { fingerprint: 'same', signal: abort.signal });
    const second = t.call('a', { fingerprint: 'same' });
    abort.abort();
    expect(await endsOf(first)).toEqual(['aborted']);
    expect(await isSettled(second)).toBe(false);
    await t.answerAll();
    expect(await endsOf(second)).toEqual(['ok']);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 2, succeeded: 1, cancelled: 1 });
    t.expectIdle();
  });

  test('ends the item when it is the last', async () => {
    const t = engineUnderTest({}, { schedule: openWindow });
    const abort = new AbortController();
    const calls = [1, 2, 3].map(() => t.call('a', { fingerprint: 'same', signal: abort.signal }));
    abort.abort();
    expect(await endsOf(...calls)).toEqual(['aborted', 'aborted', 'aborted']);
    expect(t.engine.isPending('a')).toBe(false);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 3, cancelled: 3 });
    t.expectIdle();
  });
});

describe('the listener on the signal', () => {
  const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

  test('is removed when the call is settled, so that a long-lived signal gathers nothing', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const { signal } = new AbortController();
    const calls = [
      t.call('fine', { signal }),
      t.call('bad', { makes: 'r', signal }),
      t.call('child', { uses: ['r'], signal }),
      t.call('fine', { signal, fingerprint: 'other' }),
    ];
    await t.clock.settle();
    expect(listeners(signal)).toBe(1);
    for (const request of [...t.wire.parked]) {
      if (request.keys.includes('bad')) request.stopAt('bad');
      else request.answer();
    }
    expect(await endsOf(...calls)).toEqual(['ok', 'error', 'dependency', 'conflict']);
    expect(listeners(signal)).toBe(0);
    t.expectIdle();
  });

  test('is one for each signal, however many calls share it', async () => {
    const t = engineUnderTest();
    const { signal } = new AbortController();
    const other = new AbortController();
    void t.call('a', { fingerprint: 'same', signal });
    void t.call('a', { fingerprint: 'same', signal });
    void t.call('a', { fingerprint: 'same', signal: other.signal });
    expect([listeners(signal), listeners(other.signal)]).toEqual([1, 1]);
    other.abort();
    expect([listeners(signal), listeners(other.signal)]).toEqual([1, 0]);
    await t.answerAll();
    expect(listeners(signal)).toBe(0);
    t.expectIdle();
  });

  test('is never there for a call that was not accepted, or rejected unsent', async () => {
    const t = engineUnderTest({ queue: { maxItems: 1 } });
    const { signal } = new AbortController();
    void t.engine.decline(new Error('no'), { key: 'x', type: 'test', makes: 'r' });
    void t.call('lacking', { uses: ['r'], signal });
    void t.call('a');
    void t.call('full', { signal });
    const closed = t.engine.close();
    void t.call('closed', { signal });
    expect(listeners(signal)).toBe(0);
    await t.answerAll();
    await closed;
    t.expectIdle();
  });

  test('is removed by close', async () => {
    const t = engineUnderTest();
    const { signal } = new AbortController();
    void t.call('a', { signal });
    await t.clock.settle();
    const closed = t.engine.close({ timeoutMs: 10 });
    await t.clock.pass(10);
    await closed;
    expect(listeners(signal)).toBe(0);
    t.expectIdle();
  });
});

test('an abort after the call has settled does nothing', async () => {
  const t = engineUnderTest();
  const abort = new AbortController();
  const call = t.call('a', { signal: abort.signal });
  await t.answerAll();
  abort.abort();
  expect(await endsOf(call)).toEqual(['ok']);
  expect(t.engine.stats().ledger).toMatchObject({ accepted: 1, succeeded: 1, cancelled: 0 });
  t.expectIdle();
});

test('one signal may abort a whole tree at once', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  const abort = new AbortController();
  const { signal } = abort;
  const away = t.call('away', { uses: ['r'] });
  await t.clock.settle();
  const calls = [
    t.call('create', { makes: 'r', signal }),
    t.call('child', { makes: 'c', uses: ['r'], signal }),
    t.call('finish', { changes: 'r', signal }),
  ];
  await t.clock.settle();
  abort.abort();
  const [create, ...others] = await endsOf(...calls);
  expect(create).toBe('aborted');
  // Whichever is told first: the abort of all, or the failure of what they need.
  for (const end of others) expect(['aborted', 'dependency']).toContain(end);
  await t.answerAll();
  expect(await endsOf(away)).toEqual(['ok']);
  expect(t.wire.batches).toEqual([['away']]);
  t.expectIdle();
});
