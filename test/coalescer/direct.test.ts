import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import type { Batch } from '../../src/coalescer/index.ts';
import { engineUnderTest, isSettled, reasonOf } from '../helpers/engine.ts';
import { no, ok } from '../helpers/scripted-send.ts';

const batch: Batch = { keys: ['x', 'y'], texts: ['{"x":1}', '{"y":2}'], bytes: 27 };

test('a batch packed by the caller is sent as it stands, at once, and its answer handed back', async () => {
  const t = engineUnderTest({ maxItems: 1, concurrency: 1 });
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

test('it is not in the books, nor in the queue', async () => {
  const t = engineUnderTest({ queue: { maxItems: 1 } });
  void t.engine.execute(batch);
  await t.clock.settle();
  const { queued, inFlight, ledger } = t.engine.stats();
  expect({ queued, inFlight, accepted: ledger.accepted }).toEqual({
    queued: 0,
    inFlight: 0,
    accepted: 0,
  });
  expect(t.engine.isPending('x')).toBe(false);
  await t.answerAll();
  t.expectIdle();
});

test('it waits for nobody, and nobody waits for it', async () => {
  const t = engineUnderTest();
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
  const t = engineUnderTest({ retry: { limit: 2 } });
  const answer = t.engine.execute(batch);
  await t.clock.settle();
  t.wire.parked[0]?.lose();
  await t.clock.pass(125);
  for (const delayMs of [125, 250]) {
    void t.call(`beside, before ${delayMs}`);
    await t.clock.settle();
    t.wire.parked.find(({ keys }) => keys.length === 1)?.answer();
    await t.clock.settle();
    // Without an answer for another one, the call beside may have become the probe.
    t.wire.parked.find(({ keys }) => keys.includes('x'))?.lose('reset');
    await t.clock.pass(delayMs);
  }
  expect(await reasonOf(answer)).toEqual({
    kind: 'exhausted',
    limit: 'attempts',
    attempts: 3,
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
    last: undefined,
    maybeApplied: true,
  });
  t.expectIdle();
});

test('an abort rejects it at once with the reason of the signal, and gives up its request', async () => {
  const t = engineUnderTest();
  const abort = new AbortController();
  const reason = new Error('not needed');
  const answer = t.engine.execute(batch, { signal: abort.signal });
  await t.clock.settle();
  abort.abort(reason);
  await expect(answer).rejects.toBe(reason);
  expect(t.wire.requests[0]?.signal.aborted).toBe(true);
  t.wire.parked[0]?.answer();
  await t.clock.settle();
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
  const answers = [t.engine.execute(batch), t.engine.execute(batch, { type: 'bulk.execute' })];
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
  expect(await reasonOf(answer)).toEqual({ kind: 'closed', maybeApplied: true });
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
  expect(await reasonOf(answer)).toEqual({ kind: 'closed', maybeApplied: true });
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
