import { describe, expect, test } from 'vitest';
import type { EngineUnderTest } from '../helpers/engine.ts';
import { endsOf, engineUnderTest, isSettled, reasonOf } from '../helpers/engine.ts';
import type { ParkedRequest } from '../helpers/scripted-send.ts';
import { no, ok, scriptedPing } from '../helpers/scripted-send.ts';

/** Half of the first back-off of 250 ms: chance is always one half here. */
const FIRST_DELAY_MS = 125;

describe('a request without an answer', () => {
  test('is repeated with the same keys and texts, at their old places', async () => {
    const t = engineUnderTest();
    const calls = ['a', 'b', 'c'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.settle();
    calls.push(t.call('d'));
    await t.clock.pass(FIRST_DELAY_MS - 1);
    expect(t.wire.batches).toHaveLength(1);
    await t.clock.pass(1);
    expect(t.wire.batches[1]).toEqual(['a', 'b', 'c', 'd']);
    const [first, second] = t.wire.requests as [ParkedRequest, ParkedRequest];
    expect(second.texts.slice(0, 3)).toEqual(first.texts);
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(Array(4).fill('ok'));
    t.expectIdle();
  });

  test('is repeated with the same text, whatever came and went meanwhile', async () => {
    const t = engineUnderTest();
    // More than the buffers hold in which texts wait.
    const long = { pieces: ['x'.repeat(4_000)], bytes: 4_000 };
    void t.call('a', { pieces: ['"a"'], bytes: 3 });
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a', 'busy');
    for (let turn = 0; turn < 10; turn++) {
      for (let index = 0; index < 20; index++) void t.call(`${turn}-${index}`, long);
      await t.answerAll();
    }
    await t.clock.pass(FIRST_DELAY_MS);
    expect(t.wire.requests.at(-1)?.texts).toEqual(['"a"']);
    await t.answerAll();
    t.expectIdle();
  });

  test('goes again before anything younger that depends on it', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    void t.call('a', { changes: 'r' });
    void t.call('b', { changes: 'r' });
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.pass(FIRST_DELAY_MS);
    await t.answerAll();
    expect(t.wire.batches).toEqual([['a'], ['a'], ['b']]);
    t.expectIdle();
  });

  test('is told with the attempts that its items have had', async () => {
    const t = engineUnderTest();
    void t.call('a', { type: 'create span' });
    await loseAll(t);
    await t.clock.pass(FIRST_DELAY_MS);
    await loseAll(t);
    await t.clock.pass(2 * FIRST_DELAY_MS);
    await t.answerAll();
    expect(t.events.retry).toEqual([
      { key: 'a', type: 'create span', attempts: 1, delayMs: 0, reason: 'lost' },
      { key: 'a', type: 'create span', attempts: 2, delayMs: 0, reason: 'lost' },
    ]);
    expect(t.engine.stats()).toMatchObject({ retried: 2, requests: 3, items: 3 });
    t.expectIdle();
  });

  test('is the same whether the sender says so or throws', async () => {
    let attempts = 0;
    const t = engineUnderTest(
      {},
      {
        send: ({ keys }) => {
          attempts++;
          if (attempts === 1) throw new Error('at once');
          if (attempts === 2) return Promise.reject(new Error('later'));
          const outputs = Object.fromEntries(keys.map((key) => [key, ok()]));
          return Promise.resolve({ kind: 'answered', status: 200, outputs });
        },
      },
    );
    const call = t.call('a');
    await t.clock.drain();
    expect(await endsOf(call)).toEqual(['ok']);
    expect(t.events.retry.map(({ reason }) => reason)).toEqual(['lost', 'lost']);
    t.expectIdle();
  });

  test('counts, and backs off by itself, if others were answered meanwhile', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const call = t.call('a');
    for (const delayMs of [125, 250, 500, 1_000]) {
      await loseAmidAnswers(t, 'a');
      expect(t.events.retry.at(-1)?.delayMs).toBe(delayMs);
      await t.clock.pass(delayMs - 1);
      expect(t.wire.parked).toEqual([]);
      await t.clock.pass(1);
    }
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('holds back nobody else, if others were answered meanwhile', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    void t.call('a');
    await loseAmidAnswers(t, 'a');
    const others = [t.call('b'), t.call('c')];
    await t.answerAll();
    expect(await endsOf(...others)).toEqual(['ok', 'ok']);
    expect(t.engine.stats()).toMatchObject({ queued: 1 });
    await t.clock.pass(FIRST_DELAY_MS);
    await t.answerAll();
    t.expectIdle();
  });

  test('rejects its item in doubt when the counted attempts are used up', async () => {
    const t = engineUnderTest({ maxItems: 1, retry: { limit: 2 } });
    const call = t.call('a');
    await loseAmidAnswers(t, 'a');
    await t.clock.pass(FIRST_DELAY_MS);
    await loseAmidAnswers(t, 'a', 'reset again');
    expect(await reasonOf(call)).toEqual({
      kind: 'exhausted',
      limit: 'attempts',
      attempts: 2,
      last: { kind: 'failure', failure: 'reset again' },
      maybeApplied: true,
    });
    expect(t.engine.stats().ledger).toMatchObject({ inDoubt: 1 });
    t.expectIdle();
  });

  test('charges nobody while no other request is answered', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    const call = t.call('a');
    for (let lost = 0; lost < 20; lost++) {
      await loseAll(t);
      await t.clock.pass(2_500);
    }
    expect(await isSettled(call)).toBe(false);
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('does not charge an item for the answer that its own request had before', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    const calls = [t.call('a'), t.call('b')];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a');
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['a', 'b'], ['b']]);
    await loseAll(t);
    await t.clock.pass(FIRST_DELAY_MS);
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['error', 'ok']);
    t.expectIdle();
  });
});

describe('an outage', () => {
  test('is probed by one request at a time, and afterwards all is delivered in order', async () => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 4 });
    const calls = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => t.call(key));
    await t.clock.settle();
    expect(t.wire.parked).toHaveLength(4);
    await loseAll(t);
    calls.push(t.call('g'));
    await t.clock.pass(FIRST_DELAY_MS);
    expect(t.wire.parked.map(({ keys }) => keys)).toEqual([['a']]);
    await t.clock.pass(60_000);
    expect(t.wire.parked).toHaveLength(1);
    await loseAll(t);
    await t.clock.pass(2 * FIRST_DELAY_MS);
    expect(t.wire.parked.map(({ keys }) => keys)).toEqual([['a']]);
    t.wire.parked[0]?.answer();
    await t.answerAll();
    expect(t.wire.batches.slice(6)).toEqual([['b'], ['c'], ['d'], ['e'], ['f'], ['g']]);
    expect(await endsOf(...calls)).toEqual(Array(7).fill('ok'));
    expect(new Set(t.events.dispatch.slice(4, 6).map(({ reason }) => reason))).toEqual(
      new Set(['probe']),
    );
    t.expectIdle();
  });

  test('of minutes costs time, not items, and few requests', async () => {
    const t = engineUnderTest({ deliveryTimeoutMs: Number.POSITIVE_INFINITY, retry: { limit: 3 } });
    const calls = Array.from({ length: 1_000 }, (_, n) => t.call(`k${n}`));
    await t.clock.settle();
    const end = t.clock.now() + 300_000;
    while (t.clock.now() < end) {
      await loseAll(t);
      await t.clock.pass(500);
    }
    expect(t.wire.requests.length).toBeLessThan(300_000 / 2_000);
    while (t.engine.stats().ledger.pending > 0) {
      await t.answerAll();
      await t.clock.pass(500);
    }
    expect(new Set(await endsOf(...calls))).toEqual(new Set(['ok']));
    t.expectIdle();
  });

  test('pauses longer after each failed probe, up to 5 s', async () => {
    const t = engineUnderTest();
    void t.call('a');
    await t.clock.settle();
    const pauses: number[] = [];
    for (let probe = 0; probe < 7; probe++) {
      await loseAll(t);
      const since = t.clock.now();
      while (t.wire.parked.length === 0) await t.clock.pass(1);
      pauses.push(t.clock.now() - since);
    }
    expect(pauses).toEqual([125, 250, 500, 1_000, 2_000, 2_500, 2_500]);
    await t.answerAll();
    t.expectIdle();
  });

  test('asks by ping after three failed probes, before each further one', async () => {
    const ping = scriptedPing();
    const t = engineUnderTest({}, { ping: ping.ping });
    const call = t.call('a');
    for (const pauseMs of [125, 250, 500, 1_000]) {
      expect(ping.parked).toEqual([]);
      await loseAll(t);
      await t.clock.pass(pauseMs);
    }
    expect([ping.parked.length, t.wire.parked.length]).toEqual([1, 0]);
    ping.parked[0]?.(false);
    await t.clock.pass(1_999);
    expect([ping.parked.length, t.wire.parked.length]).toEqual([0, 0]);
    await t.clock.pass(1);
    ping.parked[0]?.(true);
    await t.clock.settle();
    expect([ping.parked.length, t.wire.parked.length]).toEqual([0, 1]);
    await loseAll(t);
    await t.clock.pass(5_000);
    expect([ping.parked.length, t.wire.parked.length]).toEqual([1, 0]);
    ping.parked[0]?.(true);
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test.each([
    { how: 'rejects', ping: () => Promise.reject(new Error('no way')) },
    {
      how: 'throws',
      ping: () => {
        throw new Error('no way');
      },
    },
  ])('takes a ping that $how for no answer, and goes on', async ({ ping }) => {
    let allowed = 2;
    const t = engineUnderTest({}, { ping: () => (--allowed > 0 ? ping() : Promise.resolve(true)) });
    const call = t.call('a');
    for (const pauseMs of [125, 250, 500, 1_000]) {
      await loseAll(t);
      await t.clock.pass(pauseMs);
    }
    expect(t.wire.parked).toEqual([]);
    await t.clock.pass(2_000);
    await t.answerAll();
    expect(await isSettled(call)).toBe(true);
    t.expectIdle();
  });

  test('ends with the answer to a request that left before it began', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [t.call('a'), t.call('b'), t.call('c')];
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.settle();
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    expect(t.wire.parked.map(({ keys }) => keys)).toEqual([['c'], ['a']]);
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok']);
    t.expectIdle();
  });

  test('is ended by a refusal as well, which is an answer', async () => {
    const t = engineUnderTest({ maxItems: 1, concurrency: 2 });
    const calls = ['a', 'b', 'c', 'd'].map((key) => t.call(key));
    await t.clock.settle();
    await loseAll(t);
    await t.clock.pass(FIRST_DELAY_MS);
    t.wire.parked[0]?.refuse();
    await t.clock.settle();
    expect(t.wire.parked.map(({ keys }) => keys)).toEqual([['b'], ['c']]);
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['refused', 'ok', 'ok', 'ok']);
    t.expectIdle();
  });

  test('takes calls in, and keeps the order of what it delays', async () => {
    const t = engineUnderTest({ maxItems: 2 });
    void t.call('create', { makes: 'r' });
    await loseAll(t);
    void t.call('child', { uses: ['r'] });
    void t.call('finish', { changes: 'r' });
    await t.clock.pass(FIRST_DELAY_MS);
    expect(t.wire.batches[1]).toEqual(['create', 'child']);
    await loseAll(t);
    await t.clock.pass(2 * FIRST_DELAY_MS);
    await t.answerAll();
    expect(t.wire.batches.slice(2)).toEqual([['create', 'child'], ['finish']]);
    t.expectIdle();
  });
});

describe('an output that is missing, though nothing failed before it', () => {
  test('sends the item again, and breaks the contract at the end', async () => {
    const t = engineUnderTest({ retry: { limit: 2 } });
    const calls = [t.call('a'), t.call('b')];
    await t.clock.settle();
    t.wire.parked[0]?.answer({ a: undefined });
    await t.clock.settle();
    expect(t.events.retry).toEqual([
      { key: 'a', type: 'test', attempts: 1, delayMs: 125, reason: 'missing' },
    ]);
    await t.clock.pass(FIRST_DELAY_MS);
    expect(t.wire.batches).toEqual([['a', 'b'], ['a']]);
    t.wire.parked[0]?.answer({ a: undefined });
    expect(await endsOf(...calls)).toEqual(['contract', 'ok']);
    expect(await reasonOf(calls[0] as Promise<unknown>)).toEqual({
      kind: 'contract',
      problem: 'missing output',
      output: undefined,
      maybeApplied: true,
    });
    expect(t.engine.stats().ledger).toMatchObject({ succeeded: 1, inDoubt: 1 });
    t.expectIdle();
  });

  test('may come with the next answer', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    await t.clock.settle();
    t.wire.parked[0]?.answer({ a: undefined });
    await t.clock.pass(FIRST_DELAY_MS);
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('is no outage: others go on', async () => {
    const t = engineUnderTest();
    void t.call('a');
    await t.clock.settle();
    t.wire.parked[0]?.answer({ a: undefined });
    await t.clock.settle();
    const other = t.call('b');
    await t.clock.settle();
    expect(t.wire.parked.map(({ keys }) => keys)).toEqual([['b']]);
    await t.clock.pass(FIRST_DELAY_MS);
    await t.answerAll();
    expect(await endsOf(other)).toEqual(['ok']);
    t.expectIdle();
  });
});

test('an output that cannot be read breaks the contract at once, and stops nobody', async () => {
  const t = engineUnderTest();
  const calls = [t.call('a'), t.call('b')];
  await t.clock.settle();
  t.wire.parked[0]?.answer({ a: 'nonsense' });
  expect(await endsOf(...calls)).toEqual(['contract', 'ok']);
  expect(await reasonOf(calls[0] as Promise<unknown>)).toMatchObject({
    problem: 'malformed output',
    output: 'nonsense',
    maybeApplied: true,
  });
  t.expectIdle();
});

test('an output at which its reader throws is one that cannot be read, and strands nobody', async () => {
  const t = engineUnderTest();
  const readAs = (): never => {
    throw new TypeError('undefined is not a function');
  };
  const calls = [t.call('a', { readAs }), t.call('b')];
  await t.answerAll();
  expect(await Promise.all(calls.map(isSettled))).toEqual([true, true]);
  expect(await endsOf(...calls)).toEqual(['contract', 'ok']);
  t.expectIdle();
});

test('outputs for keys that were not asked are ignored, and counted', async () => {
  const t = engineUnderTest();
  const call = t.call('a');
  await t.clock.settle();
  t.wire.parked[0]?.answer({ x: ok(), y: no('bad') });
  expect(await endsOf(call)).toEqual(['ok']);
  expect(t.events.response).toMatchObject([{ succeeded: 1, failed: 0, unasked: 2 }]);
  t.expectIdle();
});

describe('an error that may pass', () => {
  test('sends the item again after a back-off, while the skipped leave at once', async () => {
    const t = engineUnderTest();
    const calls = ['a', 'b', 'c'].map((key) => t.call(key));
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('b', 'busy');
    await t.clock.settle();
    expect(t.wire.batches).toEqual([['a', 'b', 'c'], ['c']]);
    expect(t.events.retry).toEqual([
      { key: 'b', type: 'test', attempts: 1, delayMs: 125, reason: 'transient' },
    ]);
    await t.answerAll();
    await t.clock.pass(FIRST_DELAY_MS);
    await t.answerAll();
    expect(t.wire.batches.at(-1)).toEqual(['b']);
    expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok']);
    t.expectIdle();
  });

  test('puts the item last in its next batch, followed only by what waits for it', async () => {
    const t = engineUnderTest({ concurrency: 1 });
    void t.call('a', { makes: 'r' });
    void t.call('child', { makes: 's', uses: ['r'] });
    void t.call('b');
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a', 'busy');
    await t.clock.settle();
    expect(t.wire.batches[1]).toEqual(['b']);
    void t.call('c');
    void t.call('grandchild', { uses: ['s'] });
    void t.call('d');
    await t.clock.pass(FIRST_DELAY_MS);
    await t.answerAll();
    expect(t.wire.batches[2]).toEqual(['c', 'd', 'a', 'child', 'grandchild']);
    t.expectIdle();
  });

  test('stops nobody else when it comes again', async () => {
    const t = engineUnderTest({ concurrency: 1 });
    const calls = [t.call('a'), t.call('b')];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a', 'busy');
    await t.clock.settle();
    calls.push(t.call('c'), t.call('d'));
    await t.clock.pass(FIRST_DELAY_MS);
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a', 'busy');
    await t.clock.settle();
    expect(await endsOf(...calls.slice(1))).toEqual(['ok', 'ok', 'ok']);
    await t.clock.pass(2 * FIRST_DELAY_MS);
    await t.answerAll();
    expect(t.engine.stats().requeued).toBe(1);
    t.expectIdle();
  });

  test('given three times, the last after 5 s, is final', async () => {
    const t = engineUnderTest({ retry: { minDelayMs: 6_000 } });
    const call = t.call('a');
    await answerBusy(t);
    await t.clock.pass(3_000);
    await answerBusy(t);
    await t.clock.pass(6_000);
    await answerBusy(t);
    expect(await reasonOf(call)).toEqual({
      kind: 'error',
      output: no('busy'),
      maybeApplied: false,
    });
    expect(t.engine.stats().ledger).toMatchObject({ refused: 1 });
    t.expectIdle();
  });

  test('is not final before 5 s have passed, however often it came', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    let answers = 0;
    const since = t.clock.now();
    while (!(await isSettled(call))) {
      await answerBusy(t);
      answers++;
      await t.clock.pass(backoffAfter(answers));
    }
    // 125 + 250 + 500 + 1000 + 2000 ms are less than 5 s; 4000 more are not.
    expect(answers).toBe(7);
    expect(t.clock.now() - since).toBeGreaterThanOrEqual(5_000);
    t.expectIdle();
  });

  test('with another code counts anew', async () => {
    const codes = ['busy', 'slow'];
    const t = engineUnderTest({ retry: { minDelayMs: 6_000, itemCodes: codes } });
    const call = t.call('a');
    await answerBusy(t, 'busy');
    await t.clock.pass(3_000);
    await answerBusy(t, 'busy');
    await t.clock.pass(6_000);
    await answerBusy(t, 'slow');
    await t.clock.pass(12_000);
    await answerBusy(t, 'busy');
    expect(await isSettled(call)).toBe(false);
    await t.clock.pass(15_000);
    await t.answerAll();
    expect(await endsOf(call)).toEqual(['ok']);
    t.expectIdle();
  });

  test('uses up attempts, and the item is then known not to be done', async () => {
    const t = engineUnderTest({ retry: { limit: 2 } });
    const call = t.call('a');
    await answerBusy(t);
    await t.clock.pass(FIRST_DELAY_MS);
    await answerBusy(t);
    expect(await reasonOf(call)).toEqual({
      kind: 'exhausted',
      limit: 'attempts',
      attempts: 2,
      last: { kind: 'output', output: no('busy') },
      maybeApplied: false,
    });
    expect(t.engine.stats().ledger).toMatchObject({ refused: 1 });
    t.expectIdle();
  });

  test('that stays takes along those who wait, who were not charged', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    const calls = [t.call('a', { makes: 'r' }), t.call('b', { uses: ['r'] }), t.call('c')];
    await t.clock.settle();
    t.wire.parked[0]?.stopAt('a', 'busy');
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['exhausted', 'dependency', 'ok']);
    t.expectIdle();
  });

  test.each([
    { askedMs: 7_000, ms: 7_000 },
    { askedMs: 124, ms: FIRST_DELAY_MS },
    { askedMs: 60_001, ms: 60_000 }, // as long as a server may ask for
    { askedMs: Number.MAX_VALUE, ms: 60_000 },
  ])(
    'that names $askedMs ms brings its item back after $ms, and holds back nobody else',
    async ({ askedMs, ms }) => {
      const t = engineUnderTest({ retry: { maxPauseMs: 60_000 } });
      const calls = [t.call('a'), t.call('b')];
      await t.clock.settle();
      t.wire.parked[0]?.answer({
        a: { ok: false, code: 'busy', retryAfterMs: askedMs },
        b: undefined,
      });
      await t.answerAll();
      expect(t.wire.batches).toEqual([['a', 'b'], ['b']]);
      expect(t.events.retry).toMatchObject([{ key: 'a', delayMs: ms, reason: 'transient' }]);
      await t.clock.pass(ms - 1);
      expect(t.wire.parked).toEqual([]);
      await t.clock.pass(1);
      await t.answerAll();
      expect(await endsOf(...calls)).toEqual(['ok', 'ok']);
      expect(t.events.pause).toEqual([]);
      t.expectIdle();
    },
  );

  test('without a code is final at once, whatever the codes of the list are', async () => {
    const t = engineUnderTest({ retry: { itemCodes: ['', 'unknown', 'undefined'] } });
    const call = t.call('a');
    await t.clock.settle();
    t.wire.parked[0]?.answer({ a: { ok: false } });
    expect(await endsOf(call)).toEqual(['error']);
    t.expectIdle();
  });

  test('of a code that is not in the list is final at once', async () => {
    const t = engineUnderTest({ retry: { itemCodes: [] } });
    const call = t.call('a');
    await answerBusy(t);
    expect(await endsOf(call)).toEqual(['error']);
    t.expectIdle();
  });
});

describe('after an attempt without answer', () => {
  test.each([
    { output: ok(), end: undefined },
    { output: no('bad'), end: { kind: 'error', maybeApplied: false } },
    { output: no('conflict', 'exists'), end: { kind: 'error', maybeApplied: true } },
    { output: no('invalid_action', 'state'), end: { kind: 'error', maybeApplied: true } },
  ])('the output $output means $end', async ({ output, end }) => {
    const t = engineUnderTest();
    const call = t.call('a');
    await loseAll(t);
    await t.clock.pass(FIRST_DELAY_MS);
    t.wire.parked[0]?.answer({ a: output });
    const reason = await reasonOf(call);
    if (end === undefined) expect(reason).toBeUndefined();
    else expect(reason).toMatchObject(end);
    t.expectIdle();
  });

  test('a conflict does not take along those who wait', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    const calls = [t.call('a', { makes: 'r' }), t.call('b', { uses: ['r'] })];
    await loseAll(t);
    await t.clock.pass(FIRST_DELAY_MS);
    t.wire.parked[0]?.answer({ a: no('conflict', 'exists') });
    await t.answerAll();
    expect(await endsOf(...calls)).toEqual(['error', 'ok']);
    t.expectIdle();
  });

  test('a refusal of the whole request leaves the doubt', async () => {
    const t = engineUnderTest();
    const call = t.call('a');
    await loseAll(t);
    await t.clock.pass(FIRST_DELAY_MS);
    t.wire.parked[0]?.refuse('forbidden');
    expect(await reasonOf(call)).toEqual({
      kind: 'refused',
      failure: 'forbidden',
      maybeApplied: true,
    });
    expect(t.engine.stats().ledger).toMatchObject({ inDoubt: 1 });
    t.expectIdle();
  });

  test('an error that may pass leaves the doubt, and the attempts add up', async () => {
    const t = engineUnderTest({ retry: { limit: 1 } });
    const call = t.call('a');
    await loseAll(t);
    await t.clock.pass(FIRST_DELAY_MS);
    await answerBusy(t);
    expect(await reasonOf(call)).toMatchObject({
      kind: 'exhausted',
      attempts: 2,
      maybeApplied: true,
    });
    t.expectIdle();
  });
});

test('without an attempt that got lost, a conflict is a plain error', async () => {
  const t = engineUnderTest();
  const call = t.call('a');
  await t.clock.settle();
  t.wire.parked[0]?.answer({ a: no('conflict', 'exists') });
  expect(await reasonOf(call)).toMatchObject({ kind: 'error', maybeApplied: false });
  t.expectIdle();
});

test('a refusal rejects all of its request, and nothing is repeated', async () => {
  const t = engineUnderTest();
  const calls = [t.call('a')];
  await t.clock.settle();
  t.wire.parked[0]?.refuse('no such page');
  await t.clock.settle();
  expect(await reasonOf(calls[0] as Promise<unknown>)).toEqual({
    kind: 'refused',
    failure: 'no such page',
    maybeApplied: false,
  });
  expect(t.wire.requests).toHaveLength(1);
  t.expectIdle();
});

test('a success, an error, an error that may pass and the skipped each get their own', async () => {
  const t = engineUnderTest({ concurrency: 1 });
  const calls = ['fine', 'busy', 'late', 'bad', 'last'].map((key) => t.call(key));
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('busy', 'busy');
  await t.clock.settle();
  expect(t.wire.batches[1]).toEqual(['late', 'bad', 'last']);
  t.wire.parked[0]?.stopAt('bad');
  await t.clock.settle();
  expect(t.wire.batches[2]).toEqual(['last']);
  await loseAll(t);
  await t.clock.pass(2 * FIRST_DELAY_MS);
  expect(t.wire.batches[3]).toEqual(['last', 'busy']);
  await t.answerAll();
  expect(await endsOf(...calls)).toEqual(['ok', 'ok', 'ok', 'error', 'ok']);
  t.expectIdle();
});

test('one key is never in two requests at once', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 4 });
  for (const key of ['a', 'b', 'c', 'd']) void t.call(key);
  await t.clock.settle();
  t.wire.parked[3]?.answer();
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.pass(10_000);
  expect(t.wire.parked.map(({ keys }) => keys)).toEqual([['b'], ['c'], ['a']]);
  await t.answerAll();
  t.expectIdle();
});

function backoffAfter(attempts: number): number {
  return Math.min(15_000, FIRST_DELAY_MS * 2 ** (attempts - 1));
}

async function loseAll(t: EngineUnderTest): Promise<void> {
  await t.clock.settle();
  for (const request of [...t.wire.parked]) request.lose();
  await t.clock.settle();
}

async function answerBusy(t: EngineUnderTest, code = 'busy'): Promise<void> {
  await t.clock.settle();
  t.wire.parked[0]?.answer({ a: no(code) });
  await t.clock.settle();
}

/** The request with that key gets lost, after another one was answered. */
async function loseAmidAnswers(t: EngineUnderTest, key: string, failure?: string): Promise<void> {
  await t.clock.settle();
  void t.call(`another beside ${key}, at ${t.clock.now()}`);
  await t.clock.settle();
  const lost = t.wire.parked.find(({ keys }) => keys.includes(key));
  for (const request of [...t.wire.parked]) if (request !== lost) request.answer();
  await t.clock.settle();
  lost?.lose(failure);
  await t.clock.settle();
}
