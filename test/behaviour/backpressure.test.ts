// The queue is bounded, and says when there is room.
import { describe, expect, test } from 'vitest';
import { PrefactorClosedError, PrefactorQueueFullError } from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, keyOf } from '../helpers/spans.ts';

describe('a full queue', () => {
  test('turns new calls away, and nothing that was accepted is touched', async () => {
    const t = await harness({ queue: { maxItems: 2 } });
    const accepted = t.spans('a', 'b');
    const c = t.span('c');
    const error = await failureOf(c);
    expect(error).toBeInstanceOf(PrefactorQueueFullError);
    expect(error).toMatchObject({
      code: 'QUEUE_FULL',
      bound: 'items',
      limit: 2,
      maybeApplied: false,
      idempotencyKey: keyOf('c'),
      message:
        'The queue is full (2 items at most). Await client.ready() between calls, or raise queue.maxItems.',
    });
    await t.settled();
    expect(await outcomes(...accepted)).toEqual(['ok', 'ok']);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 2, succeeded: 2, declined: 1 });
  });

  test('counts items in flight too', async () => {
    const t = await harness({ queue: { maxItems: 2 }, batch: { maxItems: 1 } });
    void t.spans('a', 'b');
    await t.pass(5);
    expect(t.client.stats()).toMatchObject({ inFlight: 2, queued: 0 });
    expect(await outcomes(t.span('c'))).toEqual(['PrefactorQueueFullError']);
    await t.settled();
  });

  test('may be full of bytes', async () => {
    const t = await harness({ queue: { maxBytes: 2_000 } });
    const a = t.span('a', { payload: { text: 'x'.repeat(1_500) } });
    const b = t.span('b', { payload: { text: 'x'.repeat(1_500) } });
    expect(await failureOf(b)).toMatchObject({
      name: 'PrefactorQueueFullError',
      bound: 'bytes',
      limit: 2_000,
      message: expect.stringContaining('raise queue.maxBytes'),
    });
    await t.settled();
    expect(await outcomes(a)).toEqual(['ok']);
  });

  test('takes a finish of what this client made, so that nothing stays open', async () => {
    const t = await harness({ queue: { maxItems: 2 } });
    const run = t.client.agentInstances.register({});
    await t.settled();
    const root = t.span('root', { agentInstanceId: run, status: 'active' });
    await t.settled();
    void t.spans('a', 'b');
    const end = t.client.agentSpans.finish(root);
    const last = t.client.agentInstances.finish(run);
    const foreign = t.client.agentSpans.finish('01k3zxw0000000a1b2c300000000000c');
    const other = t.client.agentInstances.finish(INSTANCE);
    await t.settled();
    expect(await outcomes(end, last, foreign, other)).toEqual([
      'ok',
      'ok',
      'PrefactorQueueFullError',
      'PrefactorQueueFullError',
    ]);
  });

  test('takes finishes up to twice its bounds; one that is declined can be called again', async () => {
    const t = await harness({ queue: { maxItems: 4 } });
    const { agentSpans } = t.client;
    const open = (name: string) => t.span(name, { status: 'active' });
    const early = ['a', 'b', 'c', 'd'].map(open);
    await t.settled();
    const late = open('e');
    await t.settled();
    void t.spans('f', 'g', 'h', 'i');
    const finished = early.map((span) => agentSpans.finish(span));
    expect(await failureOf(agentSpans.finish(late))).toMatchObject({
      name: 'PrefactorQueueFullError',
      bound: 'finishes',
      limit: 8,
    });
    await t.settled();
    expect(await outcomes(...finished)).toEqual(['ok', 'ok', 'ok', 'ok']);
    // It is still open, so there is room for it where there is none for others.
    void t.spans('j', 'k', 'l', 'm');
    const again = agentSpans.finish(late);
    await t.settled();
    expect(await outcomes(again)).toEqual(['ok']);
  });

  test('ends the window at once', async () => {
    const t = await harness({ queue: { maxItems: 2 }, batch: { window: 10_000 } });
    void t.spans('a', 'b');
    await t.settle();
    expect(t.batches()).toEqual([['a', 'b']]);
    await t.settled();
  });

  test('whose turned-away create others name: they miss it', async () => {
    const t = await harness({ queue: { maxItems: 1 }, ids: 'server' });
    const a = t.span('a');
    const root = t.span('root', { status: 'active' });
    await t.settled();
    const child = t.span('child', { parentSpanId: root });
    await t.settled();
    expect(await outcomes(a, root, child)).toEqual([
      'ok',
      'PrefactorQueueFullError',
      'PrefactorDependencyError',
    ]);
  });
});

describe('ready()', () => {
  test('resolves at once below 80 %', async () => {
    const t = await harness({ queue: { maxItems: 10 } });
    for (const index of Array.from({ length: 7 }).keys()) void t.span(`${index}`);
    let isReady = false;
    void t.client.ready().then(() => {
      isReady = true;
    });
    await Promise.resolve();
    expect(isReady).toBe(true);
    await t.settled();
  });

  test('else as soon as there is room', async () => {
    const t = await harness({ queue: { maxItems: 10 } });
    for (const index of Array.from({ length: 8 }).keys()) void t.span(`${index}`);
    let isReady = false;
    void t.client.ready().then(() => {
      isReady = true;
    });
    await t.pass(19);
    expect(isReady).toBe(false);
    await t.pass(1);
    expect(isReady).toBe(true);
  });

  test('of a tiny queue waits for one free place', async () => {
    const t = await harness({ queue: { maxItems: 1 } });
    const calls: Promise<unknown>[] = [];
    const agent = (async () => {
      for (const name of ['a', 'b', 'c']) {
        await t.client.ready();
        calls.push(t.span(name));
      }
    })();
    await t.settled();
    await agent;
    await t.settled();
    expect(await outcomes(...calls)).toEqual(['ok', 'ok', 'ok']);
  });

  test('agents that await it are not declined, and none waits in vain', async () => {
    const t = await harness({ queue: { maxItems: 50 }, batch: { maxItems: 10, concurrency: 2 } });
    const calls: Promise<unknown>[] = [];
    const agents = Array.from({ length: 10 }, async (_, agent) => {
      for (const step of Array.from({ length: 18 }).keys()) {
        await t.client.ready();
        calls.push(t.span(`${agent}-${step}`));
      }
    });
    await t.settled();
    await Promise.all(agents);
    await t.settled();
    expect(await outcomes(...calls)).toEqual(Array(180).fill('ok'));
    expect(t.client.stats().ledger).toMatchObject({ accepted: 180, declined: 0 });
  });

  test('rejects on close', async () => {
    const t = await harness({ queue: { maxItems: 1 } });
    void t.span('a');
    const waiting = t.client.ready();
    void t.client.close();
    expect(await failureOf(waiting)).toBeInstanceOf(PrefactorClosedError);
    expect(await failureOf(t.client.ready())).toBeInstanceOf(PrefactorClosedError);
    await t.settled();
  });
});
