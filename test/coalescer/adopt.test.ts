/** An item that is wanted, though no call waits for it: taken over from an engine that is gone. */
import { describe, expect, test } from 'vitest';
import type { Submission } from '../../src/coalescer/index.ts';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest, referring, submission } from '../helpers/engine.ts';

/** As if it had been stored and read back by another process. */
function reread(pending: readonly Submission[]): Submission[] {
  return JSON.parse(JSON.stringify(pending));
}

/** An engine that has taken over what is pending in another one. */
function successorOf(t: EngineUnderTest): EngineUnderTest {
  const successor = engineUnderTest();
  successor.engine.adopt(reread(t.engine.pending()));
  return successor;
}

/** A run that is being made, a root in it, and a child of that: nobody knows an id yet. */
async function withoutIds() {
  const t = engineUnderTest();
  const [run, root] = [t.number(), t.number()];
  void t.call('run', { makes: run });
  void t.call('root', { ...referring('root', run), makes: root });
  void t.call('child', referring('child', run, root));
  await t.clock.settle();
  return { t, root };
}

function ok(id?: string): object {
  return { ok: true, id };
}

describe('what is pending', () => {
  test('is sent by another engine with the same keys and bytes, in the same order', async () => {
    const t = engineUnderTest();
    void t.call('run', { makes: 'R' });
    for (const key of ['a', 'b', 'c']) void t.call(key, { makes: key, uses: ['R'] });
    void t.call('finish a', { changes: 'a', uses: ['R'] });
    void t.call('finish run', { changes: 'R' });
    await t.clock.settle();
    const sent = t.wire.requests[0];

    const next = successorOf(t);
    await next.answerAll();
    expect(next.wire.batches).toEqual(t.wire.batches);
    expect(next.wire.requests[0]?.texts).toEqual(sent?.texts);
    next.expectIdle();
  });

  test('waits for the id of what it needs, whose number goes on to stand for it', async () => {
    const { t } = await withoutIds();
    // It is there, but its answer never got here: the number of the run still stands in what waits.
    const next = successorOf(t);
    await next.clock.settle();
    next.wire.parked[0]?.answer({ run: ok('r1') });
    await next.clock.settle();
    next.wire.parked[0]?.answer({ root: ok('s1') });
    await next.answerAll();
    expect(next.wire.batches).toEqual([['run'], ['root'], ['child']]);
    expect(next.wire.requests[2]?.texts).toEqual(['{"key":"child","of":["r1","s1"]}']);
    next.expectIdle();
  });

  test('has the ids that are known by then filled in', async () => {
    const { t, root } = await withoutIds();
    t.wire.parked[0]?.answer({ run: ok('é"1') });
    await t.clock.settle();
    const [first, second] = reread(t.engine.pending());
    expect(first).toMatchObject({
      key: 'root',
      holes: [],
      pieces: ['{"key":"root","of":["é\\"1"]}'],
    });
    expect(second).toMatchObject({ key: 'child', holes: [root], uses: ['é"1', root] });
    expect(second?.pieces).toEqual(['{"key":"child","of":["é\\"1",', ']}']);
    expect(second?.bytes).toBe(new TextEncoder().encode(second?.pieces.join('')).length);
  });

  test('keeps its place behind all that precede a name', async () => {
    const t = engineUnderTest();
    void t.call('before', { precedes: '*' });
    void t.call('end', { changes: 'R', follows: '*' });
    await t.clock.settle();
    const next = successorOf(t);
    await next.answerAll();
    expect(next.wire.batches).toEqual([['before'], ['end']]);
    next.expectIdle();
  });

  test('says what may have been done already', async () => {
    const t = engineUnderTest();
    void t.call('sent');
    await t.clock.settle();
    void t.call('not sent');
    const [sent, notSent] = reread(t.engine.pending());
    expect([sent?.maybeApplied, notSent?.maybeApplied]).toEqual([true, false]);
    const next = successorOf(t);
    await next.clock.settle();
    next.wire.parked[0]?.answer({ sent: { ok: false, code: 'x', conflict: 'state' } });
    await next.answerAll();
    expect(next.events.failure.map(({ error }) => error)).toMatchObject([
      { key: 'sent', reason: { kind: 'error', maybeApplied: true } },
    ]);
  });

  test('leaves out what its callers have left, and batches that they have packed', async () => {
    const t = engineUnderTest();
    const controller = new AbortController();
    void t.call('left', { signal: controller.signal });
    void t.call('stays');
    controller.abort();
    void t.engine.execute({ keys: ['packed'], texts: ['{}'] });
    expect(t.engine.pending().map(({ key }) => key)).toEqual(['stays']);
  });

  test('leaves out what its callers have left in flight, unless others need what it makes', async () => {
    const t = engineUnderTest();
    const controller = new AbortController();
    const { signal } = controller;
    void t.call('left', { signal });
    void t.call('left, and needed', { signal, makes: 'R' });
    await t.clock.settle();
    void t.call('needs it', { uses: ['R'] });
    controller.abort();
    expect(t.engine.pending().map(({ key }) => key)).toEqual(['left, and needed', 'needs it']);
  });
});

describe('an item that no call waits for', () => {
  test('is sent again after an answer got lost, and after it was skipped, as any other', async () => {
    const t = engineUnderTest({ onSkipped: 'reject' });
    t.engine.adopt(['bad', 'a', 'b'].map((key) => submission(key)));
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.pass(60_000);
    t.wire.parked[0]?.stopAt('bad');
    await t.answerAll();
    expect(t.wire.batches.at(-1)).toEqual(['a', 'b']);
    expect(t.events.failure.map(({ key }) => key)).toEqual(['bad']);
    t.expectIdle();
  });

  test('has no time in which it must be done', async () => {
    const t = engineUnderTest({ deliveryTimeoutMs: 1_000 });
    t.engine.adopt([submission('a')]);
    const call = t.call('b');
    await t.clock.settle();
    await t.clock.pass(5_000);
    expect(await endsOf(call)).toEqual(['exhausted']);
    t.wire.parked[0]?.answer();
    await t.answerAll();
    expect(t.events.failure.map(({ key }) => key)).toEqual(['b']);
    t.expectIdle();
  });

  test('is in no column of the books, and no flush waits for it', async () => {
    const t = engineUnderTest();
    t.engine.adopt([submission('a')]);
    await t.engine.flush();
    expect(t.engine.stats()).toMatchObject({ inFlight: 1, ledger: { accepted: 0, pending: 0 } });
    await t.answerAll();
    t.expectIdle();
  });

  test('is waited for by new calls that need what it makes or changes', async () => {
    const t = engineUnderTest();
    t.engine.adopt([submission('make', { makes: 'R' }), submission('change', { changes: 'R' })]);
    await t.clock.settle();
    const use = t.call('use', { uses: ['R'] });
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['make', 'change']]);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['make', 'change'], ['use']]);
    expect(await endsOf(use)).toEqual(['ok']);
  });

  test('takes those along who need what it fails to make, and is told to those who listen', async () => {
    const t = engineUnderTest();
    t.engine.adopt([submission('make', { makes: 'R' }), submission('use', { uses: ['R'] })]);
    const call = t.call('call', { uses: ['R'] });
    await t.answerAllBut('make');
    expect(await endsOf(call)).toEqual(['dependency']);
    expect(t.events.failure.map(({ key }) => key)).toEqual(['make', 'use', 'call']);
    t.expectIdle();
  });

  test('may be joined by a call with its key, and left again, which leaves it unwanted', async () => {
    const t = engineUnderTest();
    const same = { fingerprint: 'same' };
    t.engine.adopt([submission('a', same), submission('b', same)]);
    const controller = new AbortController();
    const calls = [t.call('a', same), t.call('b', { ...same, signal: controller.signal })];
    controller.abort();
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'aborted']);
    expect(t.wire.batches).toEqual([['a']]);
    t.expectIdle();
  });

  test('lets those behind it go at once when it is joined and left in one step', async () => {
    const t = engineUnderTest();
    void t.call('away', { makes: 'Q' });
    await t.clock.settle();
    const joined = submission('joined', { changes: 'R', uses: ['Q'], fingerprint: 'same' });
    t.engine.adopt([joined, submission('behind', { changes: 'R' })]);
    const call = t.call('joined', { fingerprint: 'same', signal: AbortSignal.abort() });
    expect(await endsOf(call)).toEqual(['aborted']);
    await t.clock.pass(20);
    expect(t.wire.batches).toEqual([['away'], ['behind']]);
    await t.answerAll();
    t.expectIdle();
  });

  test('is not taken over twice, nor where a call with its key is pending', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    t.engine.adopt([submission('a'), submission('b'), submission('b')]);
    await t.answerAll();
    expect(t.wire.batches.flat().toSorted()).toEqual(['a', 'b']);
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('is not taken over by a closed engine, which sends nothing', async () => {
    const t = engineUnderTest();
    await t.engine.close();
    t.engine.adopt([submission('a')]);
    await t.clock.settle();
    expect(t.wire.batches).toEqual([]);
    expect(t.engine.pending()).toEqual([]);
    t.expectIdle();
  });

  test('ends with the engine', async () => {
    const t = engineUnderTest();
    t.engine.adopt([submission('a')]);
    await t.clock.settle();
    const closed = t.engine.close({ timeoutMs: 10 });
    await t.clock.pass(10);
    expect((await closed).accepted).toBe(0);
    t.expectIdle();
  });
});
