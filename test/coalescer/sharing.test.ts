import { describe, expect, test } from 'vitest';
import { RejectedError } from '../../src/coalescer/ports/rejected-error.ts';
import { endsOf, engineUnderTest, isSettled, reasonOf } from '../helpers/engine.ts';

const same = { fingerprint: 'same' };

describe('calls with one key that ask for the same', () => {
  test('are one item, and all are answered', async () => {
    const t = engineUnderTest();
    const calls = [t.call('a', same), t.call('b'), t.call('a', same)];
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a', 'b']]);
    expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok']);
    t.expectIdle();
  });

  test('are one item also when the second comes while the first is in flight', async () => {
    const t = engineUnderTest();
    const first = t.call('a', same);
    await t.clock.settle();
    const second = t.call('a', same);
    await t.clock.pass(100);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a']]);
    expect(await endsOf(first, second)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });

  test('count as calls in the books, and as one item in the queue', async () => {
    const t = engineUnderTest();
    const calls = [t.call('a', same), t.call('a', same), t.call('a', same)];
    expect(t.engine.stats()).toMatchObject({ queued: 1, ledger: { accepted: 3, pending: 3 } });
    await t.answerAll();
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 3, succeeded: 3, pending: 0 });
    expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok']);
    t.expectIdle();
  });

  test('get a value each, so that none sees what another does to it', async () => {
    const t = engineUnderTest();
    const readAs = (output: unknown) => ({ kind: 'success', value: { output } }) as const;
    const calls = [t.call('a', { ...same, readAs }), t.call('a', { ...same, readAs })];
    await t.answerAll();
    const [first, second] = await Promise.all(calls);
    expect(first).toEqual(second);
    expect(first).not.toBe(second);
    t.expectIdle();
  });

  test('get an error object each, and each fires failure', async () => {
    const t = engineUnderTest();
    const calls = [t.call('a', same), t.call('a', same)];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a');
    const errors = await Promise.all(calls.map((call) => call.catch((error: unknown) => error)));
    for (const error of errors) expect(error).toBeInstanceOf(RejectedError);
    expect(errors[0]).not.toBe(errors[1]);
    expect(t.events.failure.map(({ error }) => error)).toEqual(errors);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 2, refused: 2 });
    t.expectIdle();
  });

  test('are two items once the first is settled', async () => {
    const t = engineUnderTest();
    const first = t.call('a', same);
    await t.answerAll();
    expect(t.engine.isPending('a')).toBe(false);
    const second = t.call('a', same);
    expect(t.engine.isPending('a')).toBe(true);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['a']]);
    expect(await endsOf(first, second)).toEqual(['ok', 'ok']);
    t.expectIdle();
  });

  test('are told what the pending item makes, so that they can refer to it', async () => {
    const t = engineUnderTest();
    const run = t.number();
    void t.call('a', { ...same, makes: run });
    expect(t.engine.sharedMakes('a', 'same')).toBe(run);
    expect(t.engine.sharedMakes('a', 'other')).toBeUndefined();
    expect(t.engine.sharedMakes('b', 'same')).toBeUndefined();
    await t.answerAll();
    expect(t.engine.sharedMakes('a', 'same')).toBeUndefined();
    t.expectIdle();
  });
});

describe('calls with one key that ask for something else', () => {
  test.each([
    { first: 'one', second: 'two' },
    { first: 'one', second: undefined },
    { first: undefined, second: 'two' },
    { first: undefined, second: undefined },
  ])('are in conflict: $first, then $second', async ({ first, second }) => {
    const t = engineUnderTest();
    const calls = [t.call('a', { fingerprint: first }), t.call('a', { fingerprint: second })];
    expect(await reasonOf(calls[1] as Promise<unknown>)).toEqual({
      kind: 'conflict',
      maybeApplied: false,
    });
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'conflict']);
    expect(t.engine.stats().ledger).toMatchObject({ accepted: 1, succeeded: 1, declined: 1 });
    t.expectIdle();
  });

  test('are in conflict with an item in flight as well', async () => {
    const t = engineUnderTest();
    void t.call('a', { fingerprint: 'one' });
    await t.clock.settle();
    expect(await endsOf(t.call('a', { fingerprint: 'two' }))).toEqual(['conflict']);
    await t.answerAll();
    t.expectIdle();
  });
});

describe('calls with one claim for their key', () => {
  test('are one item while it is pending, and are not looked for', async () => {
    const t = engineUnderTest();
    const claim = { pending: undefined };
    const run = t.number();
    const first = t.call('a', { ...same, makes: run, claim });
    expect(t.engine.sharedMakes('a', 'same', claim)).toBe(run);
    expect(t.engine.sharedMakes('a', 'other', claim)).toBeUndefined();
    const calls = [first, t.call('a', { ...same, claim })];
    const other = t.call('a', { fingerprint: 'other', claim });
    await t.answerAll();
    expect(await endsOf(...calls, other)).toEqual(['ok', 'ok', 'conflict']);
    expect(claim).toEqual({ pending: undefined });
    const again = t.call('a', { ...same, claim });
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['a']]);
    expect(await endsOf(again)).toEqual(['ok']);
    t.expectIdle();
  });

  test('are in conflict with a batch that its caller has packed, and it with them', async () => {
    const t = engineUnderTest();
    const batch = (key: string) => ({ keys: [key], texts: ['{}'], bytes: 12 });
    const packed = t.engine.execute(batch('a'));
    const call = t.call('a', { ...same, claim: { pending: undefined } });
    const before = t.call('b', { ...same, claim: { pending: undefined } });
    const late = t.engine.execute(batch('b'));
    await t.answerAll();
    expect(await endsOf(call, before, late)).toEqual(['conflict', 'ok', 'conflict']);
    expect(await packed).toMatchObject({ status: 200 });
    t.expectIdle();
  });
});

describe('a call with the key of an item in flight that its callers have left', () => {
  test('joins it, so that the key is never in two requests', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    const first = t.call('a', { ...same, signal: abort.signal });
    await t.clock.settle();
    abort.abort();
    const second = t.call('a', same);
    await t.clock.pass(100);
    expect(t.wire.batches).toEqual([['a']]);
    await t.answerAll();
    expect(await endsOf(first, second)).toEqual(['aborted', 'ok']);
    t.expectIdle();
  });

  test('revives it: what gets lost then is sent again', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    void t.call('a', { ...same, signal: abort.signal });
    await t.clock.settle();
    abort.abort();
    const second = t.call('a', same);
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['a']]);
    expect(await endsOf(second)).toEqual(['ok']);
    t.expectIdle();
  });

  test('must ask for the same', async () => {
    const t = engineUnderTest();
    const abort = new AbortController();
    void t.call('a', { ...same, signal: abort.signal });
    await t.clock.settle();
    abort.abort();
    expect(await endsOf(t.call('a', { fingerprint: 'other' }))).toEqual(['conflict']);
    await t.answerAll();
    t.expectIdle();
  });

  test('has the whole delivery time for itself', async () => {
    const t = engineUnderTest({ deliveryTimeoutMs: 1_000 });
    const abort = new AbortController();
    void t.call('a', { ...same, signal: abort.signal });
    await t.clock.pass(600);
    abort.abort();
    const second = t.call('a', same);
    await t.clock.pass(999);
    expect(await isSettled(second)).toBe(false);
    await t.clock.pass(1);
    expect(await endsOf(second)).toEqual(['exhausted']);
    await t.answerAll();
    t.expectIdle();
  });

  test('is not forgotten when nothing else is pending: it settles within its delivery time', async () => {
    const t = engineUnderTest({ deliveryTimeoutMs: 1_000 });
    const abort = new AbortController();
    void t.call('a', { ...same, signal: abort.signal });
    await t.clock.settle();
    abort.abort();
    await t.clock.pass(1_500);
    const second = t.call('a', same);
    await t.clock.pass(1_000);
    expect(await isSettled(second)).toBe(true);
    await t.answerAll();
    t.expectIdle();
  });
});
