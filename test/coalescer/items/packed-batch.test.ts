import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { Batch } from '../../../src/coalescer/index.ts';
import type { EngineUnderTest } from '../../helpers/engine.ts';
import { endsOf, engineUnderTest, isSettled, reasonOf } from '../../helpers/engine.ts';
import { no, ok } from '../../helpers/scripted-send.ts';

const batch: Batch = { keys: ['x', 'y'], texts: ['{"x":1}', '{"y":2}'], bytes: 27 };

function batches(count: number): Batch[] {
  return Array.from({ length: count }, (_, n) => ({ keys: [`x${n}`], texts: ['{}'], bytes: 14 }));
}

test('a batch packed by the caller is sent as it stands, at once, and its answer handed back', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  void t.call('a');
  await t.clock.settle();
  const answer = t.engine.execute(batch);
  await t.clock.settle();
  expect(t.wire.parked[1]).toMatchObject(batch);
  t.wire.parked[1]?.answer({ x: ok('1'), y: no('bad') });
  expect(await answer).toEqual({ status: 200, outputs: { x: ok('1'), y: no('bad') } });
  await t.answerAll();
  t.expectIdle();
});

test('of a sender that lists outputs in the order of the batch, they are handed back by key', async () => {
  const outputs = [ok('1'), no('bad'), ok('of nobody')];
  const t = engineUnderTest({}, { send: async () => ({ kind: 'answered', status: 200, outputs }) });
  const answer = t.engine.execute(batch);
  await t.clock.settle();
  expect(await answer).toEqual({ status: 200, outputs: { x: ok('1'), y: no('bad') } });
  expect(t.events.response).toMatchObject([{ succeeded: 1, unasked: 1 }]);
  t.expectIdle();
});

test('it is not in the books, nor in the queue', async () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } });
  void t.engine.execute(batch);
  await t.clock.settle();
  const { queued, inFlight, queuedBytes, ledger } = t.engine.stats();
  expect({ queued, inFlight, queuedBytes }).toEqual({ queued: 0, inFlight: 0, queuedBytes: 0 });
  const call = t.call('a');
  await t.answerAll();
  expect(await endsOf(call)).toEqual(['ok']);
  expect(t.engine.stats().ledger).toEqual({ ...ledger, accepted: 1, succeeded: 1 });
  t.expectIdle();
});

test('it takes a place among the requests in flight, in its turn', async () => {
  const t = engineUnderTest({ concurrency: 2 });
  const answers = batches(5).map((one) => t.engine.execute(one));
  void t.call('a');
  const last = t.engine.execute(batch);
  await t.clock.settle();
  expect(t.wire.parked).toHaveLength(2);
  while (t.wire.parked.length > 0) {
    expect(t.wire.parked.length).toBeLessThanOrEqual(2);
    t.wire.parked[0]?.answer();
    await t.clock.settle();
    await t.clock.pass(0);
  }
  await Promise.all([...answers, last]);
  expect(t.wire.batches.map(([key]) => key)).toEqual(['x0', 'x1', 'x2', 'x3', 'x4', 'a', 'x']);
  t.expectIdle();
});

test('a flood of them does not hold up calls that were made before', async () => {
  const t = engineUnderTest({ concurrency: 1, maxItems: 1 });
  void t.engine.execute(batch);
  void t.call('a');
  void t.call('b');
  await t.clock.settle();
  for (const one of batches(3)) void t.engine.execute(one);
  await t.answerAll();
  expect(t.wire.batches.map(([key]) => key)).toEqual(['x', 'a', 'b', 'x0', 'x1', 'x2']);
  t.expectIdle();
});

test('its requests are told of and counted like all others', async () => {
  const t = engineUnderTest();
  void t.engine.execute(batch);
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.pass(125);
  t.wire.parked[0]?.answer({ y: undefined, z: ok() });
  await t.clock.settle();
  expect(t.events.dispatch).toMatchObject([
    { number: 1, items: 2, bytes: 27, reason: 'packed' },
    { number: 2, items: 2, bytes: 27, reason: 'probe' },
  ]);
  expect(t.events.response).toMatchObject([
    { status: undefined, succeeded: 0, failed: 0, returned: 1 },
    { status: 200, succeeded: 1, failed: 0, returned: 0, unasked: 1 },
  ]);
  expect(t.events.retry).toMatchObject([{ key: undefined, type: 'batch', reason: 'lost' }]);
  expect(t.events.idle).toHaveLength(1);
  expect(t.engine.stats()).toMatchObject({ requests: 2, items: 4, bytes: 54, retried: 1 });
  t.expectIdle();
});

test.each([
  ['a call', (t: EngineUnderTest) => t.call('y')],
  ['another one', (t: EngineUnderTest) => t.engine.execute({ ...batch, keys: ['w', 'y'] })],
])('a key that is pending in it is refused to %s', async (_, clash) => {
  const t = engineUnderTest();
  const answer = t.engine.execute(batch);
  expect(await reasonOf(clash(t))).toEqual({ kind: 'conflict', maybeApplied: false });
  await t.answerAll();
  expect((await answer).status).toBe(200);
  expect(t.wire.batches).toEqual([['x', 'y']]);
  await t.clock.settle();
  void clash(t);
  await t.answerAll();
  expect(t.wire.batches).toHaveLength(2);
  t.expectIdle();
});

test('a key that is pending in the queue is refused to it', async () => {
  const t = engineUnderTest();
  void t.call('y');
  expect(await reasonOf(t.engine.execute(batch))).toEqual({
    kind: 'conflict',
    maybeApplied: false,
  });
  await t.answerAll();
  expect(t.engine.stats().ledger.declined).toBe(0);
  t.expectIdle();
});

test('while the server is down it waits for its turn as a probe', async () => {
  const t = engineUnderTest();
  const answers = batches(20).map((one) => t.engine.execute(one));
  await t.clock.settle();
  for (const request of [...t.wire.parked]) request.lose();
  for (let probes = 0; probes < 5; probes++) {
    await t.clock.pass(5_000);
    expect(t.wire.parked).toHaveLength(1);
    t.wire.parked[0]?.lose();
  }
  while (t.engine.stats().requests < 41) {
    await t.clock.pass(5_000);
    await t.answerAll();
  }
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(20).fill(200));
  t.expectIdle();
});

test('halving that has been slowed down does not slow it', async () => {
  const t = engineUnderTest({ maxItems: 32, concurrency: 1 });
  const calls = Array.from({ length: 32 }, (_, n) => t.call(`k${n}`));
  await t.clock.settle();
  while (!t.events.failure.some(({ systemic }) => systemic)) {
    t.wire.parked[0]?.refuse('bad', 'items', 422);
    await t.clock.settle();
  }
  const answer = t.engine.execute(batch);
  await t.clock.pass(0);
  while (t.wire.parked.length > 0) {
    const request = t.wire.parked[0];
    if (request?.keys.includes('x')) request.answer();
    else request?.refuse('bad', 'items', 422);
    await t.clock.settle();
  }
  expect(await isSettled(answer)).toBe(true);
  while (t.engine.stats().ledger.pending > 0) {
    await t.clock.pass(250);
    t.wire.parked[0]?.refuse('bad', 'items', 422);
    await t.clock.settle();
  }
  expect(await endsOf(...calls)).toEqual(Array(32).fill('refused'));
  t.expectIdle();
});

test('it waits for no item, and no item waits for it', async () => {
  const t = engineUnderTest({ maxItems: 1 });
  void t.engine.execute(batch);
  const call = t.call('a');
  await t.clock.settle();
  expect(t.wire.batches).toEqual([['x', 'y'], ['a']]);
  t.wire.parked[1]?.answer();
  expect(await isSettled(call)).toBe(true);
  await t.answerAll();
  t.expectIdle();
});

test('a refusal rejects it', async () => {
  const t = engineUnderTest();
  const answer = t.engine.execute(batch);
  await t.clock.settle();
  t.wire.parked[0]?.refuse('too large');
  expect(await reasonOf(answer)).toEqual({
    kind: 'refused',
    failure: 'too large',
    maybeApplied: false,
  });
  t.expectIdle();
});

test('without an answer it is repeated as it stands', async () => {
  const t = engineUnderTest();
  const answer = t.engine.execute(batch);
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.pass(124);
  expect(t.wire.requests).toHaveLength(1);
  await t.clock.pass(1);
  expect(t.wire.requests[1]).toMatchObject(batch);
  await t.answerAll();
  expect((await answer).status).toBe(200);
  t.expectIdle();
});

test('a refusal after an attempt without answer leaves the doubt', async () => {
  const t = engineUnderTest();
  const answer = t.engine.execute(batch);
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.pass(125);
  t.wire.parked[0]?.refuse();
  expect(await reasonOf(answer)).toMatchObject({ kind: 'refused', maybeApplied: true });
  t.expectIdle();
});

test('attempts are counted only if others were answered, and are used up at the limit', async () => {
  const t = engineUnderTest({ maxItems: 1, retry: { limit: 2 } });
  void t.call('before');
  await t.answerAll();
  const answer = t.engine.execute(batch);
  for (const delayMs of [125, 250]) {
    void t.call(`beside, before ${delayMs}`);
    await t.clock.settle();
    t.wire.parked.find(({ keys }) => keys.length === 1)?.answer();
    await t.clock.settle();
    t.wire.parked.find(({ keys }) => keys.includes('x'))?.lose('reset');
    await t.clock.pass(delayMs);
  }
  expect(await reasonOf(answer)).toEqual({
    kind: 'exhausted',
    limit: 'attempts',
    attempts: 2,
    last: { kind: 'failure', failure: 'reset' },
    maybeApplied: true,
  });
  await t.answerAll();
  t.expectIdle();
});

test('in an outage it is given up at the delivery time-out', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 10_000 });
  const answer = t.engine.execute(batch);
  const since = t.clock.now();
  while (!(await isSettled(answer))) {
    await t.clock.settle();
    for (const request of [...t.wire.parked]) request.lose();
    await t.clock.pass(1);
  }
  expect(t.clock.now() - since).toBeLessThanOrEqual(10_001);
  expect(await reasonOf(answer)).toMatchObject({
    kind: 'exhausted',
    limit: 'deliveryTimeoutMs',
    maybeApplied: true,
  });
  t.expectIdle();
});

test('in flight it is given up at the delivery time-out as well', async () => {
  const t = engineUnderTest({ deliveryTimeoutMs: 10_000 });
  const answer = t.engine.execute(batch);
  await t.clock.pass(9_999);
  expect(await isSettled(answer)).toBe(false);
  await t.clock.pass(1);
  expect(await reasonOf(answer)).toEqual({
    kind: 'exhausted',
    limit: 'deliveryTimeoutMs',
    attempts: 1,
    last: { kind: 'silence' },
    maybeApplied: true,
  });
  t.wire.parked[0]?.answer();
  await t.clock.settle();
  t.expectIdle();
});

test('an abort rejects it at once with the reason of the signal, and nothing is sent again', async () => {
  const t = engineUnderTest();
  const abort = new AbortController();
  const reason = new Error('not needed');
  const answer = t.engine.execute(batch, { signal: abort.signal });
  await t.clock.settle();
  abort.abort(reason);
  await expect(answer).rejects.toBe(reason);
  t.wire.parked[0]?.lose();
  await t.clock.pass(60_000);
  expect(t.wire.requests).toHaveLength(1);
  expect(t.events.failure).toEqual([]);
  t.expectIdle();
});

test('an abort between two attempts ends it, and nothing is sent any more', async () => {
  const t = engineUnderTest();
  const abort = new AbortController();
  const answer = t.engine.execute(batch, { signal: abort.signal });
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.settle();
  abort.abort();
  await expect(answer).rejects.toBe(abort.signal.reason);
  await t.clock.pass(10_000);
  expect(t.wire.requests).toHaveLength(1);
  t.expectIdle();
});

test('with a signal that has fired already it is never sent', async () => {
  const t = engineUnderTest();
  const reason = new Error('too late');
  const answer = t.engine.execute(batch, { signal: AbortSignal.abort(reason) });
  await expect(answer).rejects.toBe(reason);
  expect(t.wire.requests).toEqual([]);
  t.expectIdle();
});

test.each(['answer', 'refuse'] as const)(
  'its listener on the signal is removed after the %s',
  async (end) => {
    const t = engineUnderTest();
    const { signal } = new AbortController();
    void t.engine.execute(batch, { signal });
    await t.clock.settle();
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    t.wire.parked[0]?.[end]();
    await t.clock.settle();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    t.expectIdle();
  },
);

test('a failure of it is told once, under the name that it was given', async () => {
  const t = engineUnderTest();
  const other = { ...batch, keys: ['v', 'w'] };
  const answers = [t.engine.execute(batch), t.engine.execute(other, { type: 'bulk.execute' })];
  await t.clock.settle();
  for (const request of [...t.wire.parked]) request.refuse();
  const errors = await Promise.all(answers.map((end) => end.catch((error: unknown) => error)));
  await t.clock.settle();
  expect(t.events.failure).toEqual([
    { error: errors[0], key: undefined, type: 'batch' },
    { error: errors[1], key: undefined, type: 'bulk.execute' },
  ]);
  t.expectIdle();
});

test('a flush waits for it', async () => {
  const t = engineUnderTest();
  void t.engine.execute(batch);
  const flushed = t.engine.flush();
  await t.clock.settle();
  expect(await isSettled(flushed)).toBe(false);
  await t.answerAll();
  expect((await flushed).accepted).toBe(0);
  t.expectIdle();
});

test('a flush waits for it although it failed', async () => {
  const t = engineUnderTest();
  void t.engine.execute(batch);
  const flushed = t.engine.flush();
  await t.clock.settle();
  t.wire.parked[0]?.refuse();
  expect(await isSettled(flushed)).toBe(true);
  t.expectIdle();
});

test('close waits for it, and gives it up at its time-out', async () => {
  const t = engineUnderTest();
  const answer = t.engine.execute(batch);
  await t.clock.settle();
  const [request] = t.wire.parked;
  const closed = t.engine.close({ timeoutMs: 100 });
  await t.clock.pass(99);
  expect(await isSettled(closed)).toBe(false);
  await t.clock.pass(1);
  expect(await isSettled(closed)).toBe(true);
  expect(request?.signal.aborted).toBe(true);
  expect(await isSettled(answer)).toBe(true);
  expect(await reasonOf(answer)).toEqual({
    kind: 'closed',
    last: { kind: 'silence' },
    maybeApplied: true,
  });
  t.expectIdle();
});

test('given up while it waits for another attempt, it is not sent again', async () => {
  const t = engineUnderTest({ retry: { minDelayMs: 60_000 } });
  const answer = t.engine.execute(batch);
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.settle();
  const closed = t.engine.close({ timeoutMs: 100 });
  await t.clock.pass(100);
  await closed;
  expect(t.wire.requests).toHaveLength(1);
  for (const request of [...t.wire.parked]) request.lose();
  expect(await reasonOf(answer)).toEqual({
    kind: 'closed',
    last: { kind: 'failure', failure: 'reset' },
    maybeApplied: true,
  });
  t.expectIdle();
});

test('a closed engine takes none', async () => {
  const t = engineUnderTest();
  const closed = t.engine.close();
  expect(await reasonOf(t.engine.execute(batch))).toEqual({ kind: 'closed', maybeApplied: false });
  await closed;
  expect(t.wire.requests).toEqual([]);
  t.expectIdle();
});

test.each(['before close', 'after close'])('its rejection %s is never unhandled', async (when) => {
  const t = engineUnderTest();
  if (when === 'after close') void t.engine.close();
  void t.engine.execute(batch);
  await t.clock.settle();
  t.wire.parked[0]?.refuse();
  await t.clock.settle();
  t.expectIdle();
});
