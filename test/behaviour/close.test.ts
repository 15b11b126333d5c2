// close() stops intake, sends what is queued, and never rejects.
import { describe, expect, test } from 'vitest';
import { PrefactorClosedError } from '../../src/index.ts';
import { expectBalanced, harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

test('it sends what is queued, at once, and resolves with the books', async () => {
  const t = await harness({ batch: { window: 10_000, maxItems: 2, concurrency: 1 } });
  const calls = t.spans('a', 'b', 'c', 'd', 'e');
  const closed = t.client.close();
  await t.settled();
  expect(await outcomes(...calls)).toEqual(Array(5).fill('ok'));
  expect(await closed).toMatchObject({ accepted: 5, succeeded: 5, pending: 0 });
});

test('a second call returns the same promise', async () => {
  const t = await harness();
  void t.span('a');
  const closed = t.client.close();
  expect(t.client.close({ timeoutMs: 1 })).toBe(closed);
  await t.settled();
  expect(t.client.close()).toBe(closed);
});

test('from then on every call rejects, and a second close changes nothing', async () => {
  const t = await harness();
  const closed = t.client.close();
  const a = t.span('a');
  const calls = [
    a,
    t.client.agentInstances.register({}),
    t.client.submit({ _type: 'agents/list' }),
    t.client.bulk.execute({ items: [{ _type: 'agents/list', idempotency_key: 'list-agents' }] }),
    t.client.ready(),
  ];
  for (const call of calls) {
    const error = await failureOf(call);
    expect(error).toBeInstanceOf(PrefactorClosedError);
    expect(error).toMatchObject({ code: 'CLOSED', maybeApplied: false });
  }
  expect(await failureOf(a)).toMatchObject({ idempotencyKey: keyOf('a') });
  await t.settled();
  expect(await closed).toMatchObject({ accepted: 0 });
  expect(t.client.stats().ledger.declined).toBeGreaterThanOrEqual(3);
  expect(t.sent).toEqual([]);
});

test('await using closes', async () => {
  const t = await harness();
  const using = (async () => {
    await using client = t.newClient();
    void client.agentInstances.register({});
  })();
  await t.settled();
  await using;
  expect(t.sent).toHaveLength(1);
});

describe('at its time-out what is left rejects', () => {
  test('as possibly done where it was sent, as not done where it was not', async () => {
    const t = await harness({ batch: { maxItems: 1, concurrency: 1 } }, { latencyMs: 60_000 });
    const [sent, queued] = t.spans('sent', 'queued');
    const closed = t.client.close({ timeoutMs: 500 });
    await t.pass(500);
    expect(await closed).toMatchObject({ inDoubt: 1, notAttempted: 1, pending: 0 });
    expect(await failureOf(sent)).toMatchObject({
      name: 'PrefactorClosedError',
      maybeApplied: true,
      message: expect.stringContaining('same idempotencyKey is safe'),
    });
    expect(await failureOf(queued)).toMatchObject({
      name: 'PrefactorClosedError',
      maybeApplied: false,
      message: expect.stringContaining('was not sent'),
    });
    expect(t.timers).toBe(0);
    expect(t.sent[0]?.request.signal.aborted).toBe(true);
  });

  test('10 seconds, by default', async () => {
    const t = await harness({ attemptTimeoutMs: 600_000 }, { latencyMs: 600_000 });
    void t.span('a');
    let isOver = false;
    void t.client.close().then(() => {
      isOver = true;
    });
    await t.pass(9_999);
    expect(isOver).toBe(false);
    await t.pass(1);
    expect(isOver).toBe(true);
  });

  test('in an outage too, and nothing goes on after it', async () => {
    const t = await harness();
    t.emulator.faults.next({ kind: 'dropBefore' }, { times: Number.POSITIVE_INFINITY, on: 'any' });
    const root = t.span('root', { status: 'active' });
    const child = t.span('child', { parentSpanId: root });
    await t.pass(3_000);
    const late = t.span('late');
    const closed = t.client.close();
    await t.pass(10_000);
    const ledger = await closed;
    expectBalanced(ledger);
    expect(ledger).toMatchObject({ accepted: 3, pending: 0, succeeded: 0 });
    expect(await outcomes(root, child, late)).toEqual(Array(3).fill('PrefactorClosedError'));
    const requests = t.sent.length;
    await t.pass(60_000);
    expect(t.sent).toHaveLength(requests);
    expect(t.timers).toBe(0);
  });

  test('also a batch that the caller has packed', async () => {
    const t = await harness({}, { latencyMs: 60_000 });
    const packed = t.client.bulk.execute({
      items: [{ _type: 'agents/list', idempotency_key: 'list-agents' }],
    });
    void t.client.close({ timeoutMs: 100 });
    await t.pass(100);
    expect(await failureOf(packed)).toMatchObject({
      name: 'PrefactorClosedError',
      maybeApplied: true,
    });
  });
});

test('it waits out an outage that ends in time', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'dropBefore' }, { times: 2 });
  const a = t.span('a');
  const closed = t.client.close();
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  expect(await closed).toMatchObject({ succeeded: 1 });
});

test('what is skipped or needs another id goes on while it closes', async () => {
  const t = await harness({ ids: 'server', batch: { maxItems: 2, concurrency: 1 } });
  t.refuse('a');
  const [a, b] = t.spans('a', 'b');
  const root = t.span('root', { status: 'active' });
  const child = t.span('child', { parentSpanId: root });
  const end = t.client.agentSpans.finish(root);
  const closed = t.client.close();
  await t.settled();
  expect(await outcomes(a, b, root, child, end)).toEqual([
    'PrefactorValidationError',
    'ok',
    'ok',
    'ok',
    'ok',
  ]);
  expect(await closed).toMatchObject({ succeeded: 4, refused: 1 });
});
