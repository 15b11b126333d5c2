import { describe, expect, test } from 'vitest';
import { endsOf, engineUnderTest, isBalanced } from '../helpers/engine.ts';
import { ok } from '../helpers/scripted-send.ts';

test('the books balance after each step of a story with every kind of end', async () => {
  const t = engineUnderTest({
    maxItems: 2,
    concurrency: 1,
    queue: { maxItems: 9 },
    retry: { limit: 1 },
  });
  const abort = new AbortController();
  const looks: number[] = [];
  const look = (): void => {
    const { ledger } = t.engine.stats();
    expect(isBalanced(ledger)).toBe(true);
    looks.push(ledger.pending);
  };
  const call = (...[key, options]: Parameters<typeof t.call>): void => {
    t.call(key, options).then(look, look);
    look();
  };
  call('fine');
  call('aborted', { signal: abort.signal });
  call('fine', { fingerprint: 'something else' });
  call('bad', { makes: 'r' });
  call('child', { uses: ['r'] });
  call('missing');
  call('shared', { fingerprint: 'same' });
  call('shared', { fingerprint: 'same' });
  call('at the server');
  call('with it');
  call('waiting');
  call('one too many');
  await t.clock.settle();
  abort.abort();
  look();
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  t.wire.parked[0]?.stopAt('bad');
  await t.clock.settle();
  t.wire.parked[0]?.answer({ missing: undefined });
  await t.clock.settle();
  look();
  const closed = t.engine.close({ timeoutMs: 50 });
  await t.clock.pass(50);
  expect(await closed).toEqual({
    accepted: 10,
    succeeded: 3,
    refused: 2,
    notAttempted: 1,
    inDoubt: 3,
    cancelled: 1,
    pending: 0,
    declined: 2,
  });
  expect(looks).toHaveLength(12 + 12 + 2);
  t.expectIdle();
});

test('what stats returns does not change afterwards', async () => {
  const t = engineUnderTest();
  const before = t.engine.stats();
  void t.call('a');
  expect(before).toMatchObject({ queued: 0, ledger: { accepted: 0 } });
  const flushed = await Promise.all([t.engine.flush({ timeoutMs: 0 }), t.clock.pass(0)]);
  await t.answerAll();
  expect(flushed[0].pending).toBe(1);
  t.expectIdle();
});

test('the gauges tell what is queued, blocked and in flight', async () => {
  const t = engineUnderTest({ maxItems: 2, concurrency: 1 });
  void t.call('a', { makes: 'r' });
  expect(t.engine.stats()).toMatchObject({ queued: 1, blocked: 0, inFlight: 0 });
  void t.call('b');
  void t.call('c', { uses: ['r'] });
  void t.call('d');
  await t.clock.pass(7);
  expect(t.engine.stats()).toMatchObject({
    queued: 2,
    blocked: 1,
    inFlight: 2,
    queuedBytes: 4 * '{"key":"a"}'.length,
    concurrency: 1,
    oldestMs: 7,
  });
  t.wire.parked[0]?.answer();
  await t.clock.pass(3);
  expect(t.engine.stats()).toMatchObject({ queued: 0, blocked: 0, inFlight: 2, oldestMs: 10 });
  await t.answerAll();
  expect(t.engine.stats()).toMatchObject({ oldestMs: 0 });
  t.expectIdle();
});

test('an item whose callers have left is in flight, though nobody has waited for it', async () => {
  const t = engineUnderTest();
  const abort = new AbortController();
  void t.call('a', { signal: abort.signal });
  await t.clock.pass(10);
  abort.abort();
  expect(t.engine.stats()).toMatchObject({ inFlight: 1, oldestMs: 0, ledger: { pending: 0 } });
  await t.answerAll();
  t.expectIdle();
});

test('the counters tell requests, items, bytes and the mean batch', async () => {
  const t = engineUnderTest({ maxItems: 3 });
  expect(t.engine.stats()).toMatchObject({ requests: 0, items: 0, bytes: 0, meanBatchSize: 0 });
  for (const key of ['a', 'b', 'c', 'd']) void t.call(key);
  void t.engine.flush();
  await t.answerAll();
  const item = '{"key":"a"}'.length;
  expect(t.engine.stats()).toMatchObject({
    requests: 2,
    items: 4,
    bytes: 12 + 3 * item + 2 + (12 + item),
    meanBatchSize: 2,
    requeued: 0,
    retried: 0,
  });
  t.expectIdle();
});

test('an item counts in each request that carried it', async () => {
  const t = engineUnderTest();
  for (const key of ['a', 'b']) void t.call(key);
  await t.answerAllBut('a');
  expect(t.engine.stats()).toMatchObject({
    requests: 2,
    items: 3,
    requeued: 1,
    meanBatchSize: 1.5,
  });
  t.expectIdle();
});

test('the bytes of a text with a hole are exact once its id is known', async () => {
  const t = engineUnderTest();
  const run = t.number();
  void t.call('a', { makes: run });
  const pieces = ['[', ']'];
  void t.call('b', { uses: [run], holes: [run], pieces });
  await t.clock.settle();
  t.wire.parked[0]?.answer({ a: ok('x') });
  await t.clock.settle();
  expect(t.engine.stats().queuedBytes).toBe('["x"]'.length);
  expect(t.wire.parked[0]?.bytes).toBe(12 + '["x"]'.length);
  await t.answerAll();
  t.expectIdle();
});

describe('events', () => {
  test('dispatch tells items, bytes and why the request leaves', async () => {
    const t = engineUnderTest({ maxItems: 2, maxWaitMs: 20 });
    void t.call('a');
    await t.clock.settle();
    void t.call('b');
    await t.clock.pass(20);
    for (const key of ['c', 'd', 'e']) void t.call(key);
    await t.clock.settle();
    void t.engine.flush();
    await t.clock.settle();
    expect(t.events.dispatch).toMatchObject([
      { items: 1, bytes: 23, reason: 'idle' },
      { items: 1, bytes: 23, reason: 'aged' },
      { items: 2, bytes: 35, reason: 'full' },
      { items: 1, bytes: 23, reason: 'flush' },
    ]);
    await t.answerAll();
    t.expectIdle();
  });

  test('response tells how long it took, and what became of the items', async () => {
    const t = engineUnderTest();
    for (const key of ['a', 'b', 'c', 'd']) void t.call(key);
    await t.clock.pass(30);
    t.wire.parked[0]?.stopAt('b');
    await t.clock.settle();
    await t.clock.pass(10);
    t.wire.parked[0]?.lose();
    await t.clock.pass(125);
    t.wire.parked[0]?.refuse();
    await t.clock.settle();
    expect(t.events.response).toEqual([
      expect.objectContaining({
        status: 200,
        durationMs: 30,
        succeeded: 1,
        failed: 1,
        returned: 2,
      }),
      expect.objectContaining({ status: undefined, durationMs: 10, failed: 0, returned: 2 }),
      expect.objectContaining({ status: 400, durationMs: 0, failed: 2, returned: 0, unasked: 0 }),
    ]);
    // Words of its own a failure has only where the port `describe` gives some.
    expect(t.events.response.map(({ cause }) => cause)).toEqual([
      undefined,
      'no usable answer',
      'status 400',
    ]);
    t.expectIdle();
  });

  test('failure tells each call that was rejected, once, but not aborts', async () => {
    const t = engineUnderTest({ maxItems: 1, queue: { maxItems: 3 } });
    const abort = new AbortController();
    const calls = [
      t.call('a', { makes: 'r', type: 'create' }),
      t.call('b', { uses: ['r'], type: 'create' }),
      t.call('c', { signal: abort.signal }),
      t.call('d', { type: 'finish' }),
    ];
    abort.abort();
    await t.clock.settle();
    await t.answerAllBut('a');
    expect(await endsOf(...calls)).toEqual(['error', 'dependency', 'aborted', 'full']);
    expect(t.events.failure.map(({ key, type }) => [key, type])).toEqual([
      ['d', 'finish'],
      ['a', 'create'],
      ['b', 'create'],
    ]);
    const errors = await Promise.all(calls.map((call) => call.catch((error: unknown) => error)));
    expect(t.events.failure.map(({ error }) => error)).toEqual([errors[3], errors[0], errors[1]]);
    t.expectIdle();
  });

  test('idle comes once nothing is pending any more', async () => {
    const t = engineUnderTest({ maxItems: 1 });
    for (const key of ['a', 'b']) void t.call(key);
    await t.clock.settle();
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    expect(t.events.idle).toHaveLength(0);
    t.wire.parked[0]?.stopAt('b');
    await t.clock.settle();
    expect(t.events.idle).toHaveLength(1);
    void t.call('c');
    await t.answerAll();
    expect(t.events.idle).toHaveLength(2);
    t.expectIdle();
  });

  test('are delivered when the step is over, so that listeners find balanced books', async () => {
    const emitted: string[] = [];
    const delivered: string[] = [];
    const t = engineUnderTest(
      {},
      {
        events: {
          observed: { dispatch: true, response: true, idle: true },
          emit: (name) => void emitted.push(name),
          deliver: () => {
            delivered.push(...emitted.splice(0));
          },
        },
      },
    );
    void t.call('a');
    void t.call('a');
    expect(delivered).toEqual(['failure']);
    await t.answerAll();
    expect(delivered).toEqual(['failure', 'dispatch', 'response', 'idle']);
    void t.call('b');
    const abort = new AbortController();
    void t.call('c', { signal: abort.signal });
    abort.abort();
    await t.clock.settle();
    t.wire.parked[0]?.lose();
    await t.clock.settle();
    await t.clock.pass(125);
    void t.engine.close({ timeoutMs: 10 });
    await t.clock.pass(10);
    expect(emitted).toEqual([]);
    expect(delivered.slice(4)).toEqual([
      'dispatch',
      'retry',
      'response',
      'dispatch',
      'failure',
      'idle',
    ]);
    t.expectIdle();
  });

  test('cost nothing where nobody listens: the detail of a response is not made', async () => {
    const emitted: string[] = [];
    const t = engineUnderTest(
      {},
      {
        events: {
          observed: { dispatch: true },
          emit: (name) => void emitted.push(name),
          deliver: () => {},
        },
      },
    );
    void t.call('a');
    await t.answerAll();
    expect(emitted).not.toContain('response');
    t.expectIdle();
  });
});
