// A whole request that is answered with a 429, or with a 503 and Retry-After.
import { expect, test } from 'vitest';
import { PrefactorRetryExhaustedError } from '../../src/index.ts';
import { harness, ROUND_TRIP_MS } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';

test.each([
  ['in seconds', { retryAfter: 7 }],
  ['as a date', { retryAfter: 'date' }],
  ['in the body', { retryAfterMs: 7_000 }],
] as const)(
  'a 429 that names its time %s is repeated after it, and nothing before',
  async (_, said) => {
    const t = await harness();
    const named =
      'retryAfter' in said && said.retryAfter === 'date'
        ? { retryAfter: new Date(Date.now() + 8_000) }
        : (said as { retryAfter: number });
    t.emulator.faults.next({ kind: 'status', status: 429, ...named });
    const a = t.span('a');
    await t.pass(1_000);
    const b = t.span('b');
    await t.pass(5_900);
    expect(t.batches()).toEqual([['a']]);
    await t.settled();
    expect(t.batches()).toEqual([['a'], ['a', 'b']]);
    expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
    expect(t.client.stats().pausedMs).toBeGreaterThanOrEqual(6_000);
  },
);

test('a pause costs no attempt', async () => {
  const t = await harness({ retry: { limit: 1 } });
  t.emulator.faults.next({ kind: 'status', status: 429, retryAfter: 30 }, { times: 5 });
  const a = t.span('a');
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
});

test('a 429 is a definite no: what was only ever told to wait was never applied', async () => {
  // No answer is under way when time is up, whatever pauses chance draws.
  const t = await harness({ deliveryTimeoutMs: 60_000 }, { latencyMs: 0 });
  t.emulator.faults.next(
    { kind: 'status', status: 429, retryAfter: 7 },
    { times: Number.POSITIVE_INFINITY },
  );
  const a = t.span('a');
  await t.settled();
  const error = await failureOf(a);
  expect(error).toBeInstanceOf(PrefactorRetryExhaustedError);
  expect(error).toMatchObject({ maybeApplied: false, cause: { status: 429 } });
  expect(t.client.stats().ledger).toMatchObject({ notAttempted: 1 });
});

test('a 503 with Retry-After pauses as well, and may have been done', async () => {
  const t = await harness({ deliveryTimeoutMs: 60_000 });
  t.emulator.faults.next(
    { kind: 'status', status: 503, retryAfter: 7 },
    { times: Number.POSITIVE_INFINITY },
  );
  const a = t.span('a');
  await t.settled();
  const error = await failureOf(a);
  expect(error).toBeInstanceOf(PrefactorRetryExhaustedError);
  expect(error).toMatchObject({ maybeApplied: true });
  expect(t.client.stats().ledger).toMatchObject({ inDoubt: 1 });
});

test('close ends a pause only by its own time-out', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'status', status: 429, retryAfter: 60 });
  const a = t.span('a');
  await t.pass(100);
  const books = t.client.close({ timeoutMs: 5_000 });
  await t.settled();
  expect(await books).toMatchObject({ accepted: 1, notAttempted: 1 });
  expect(await failureOf(a)).toMatchObject({ name: 'PrefactorClosedError', maybeApplied: false });
});

test.each(['3600', '280', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
  'a Retry-After of %j costs no call that a probe saves',
  async (wish) => {
    const t = await harness();
    t.emulator.faults.next({ kind: 'status', status: 429, headers: { 'retry-after': wish } });
    const calls = Array.from({ length: 30 }, (_, n) => t.span(`s${n}`));
    await t.pass(59_999);
    expect(t.batches()).toHaveLength(1);
    await t.pass(1 + 2 * ROUND_TRIP_MS);
    expect(new Set(await outcomes(...calls))).toEqual(new Set(['ok']));
  },
);

test.each([429, 503])('a lone %i leaves as many requests at once as there were', async (status) => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'status', status, retryAfter: 1 });
  const a = t.span('a');
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
  expect(t.client.stats().concurrency).toBe(16);
});
