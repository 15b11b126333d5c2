// An outage costs time, not items, up to one bound.
import { expect, test } from 'vitest';
import { PrefactorRetryExhaustedError } from '../../src/index.ts';
import { harness, ROUND_TRIP_MS } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

const everything = { times: Number.POSITIVE_INFINITY, on: 'any' } as const;

test('an outage of a minute costs a minute, and no call', async () => {
  const t = await harness({ retry: { limit: 1 } });
  t.emulator.faults.next({ kind: 'dropBefore' }, everything);
  const before = t.spans('a', 'b');
  await t.pass(30_000);
  const during = t.spans('c', 'd');
  await t.pass(30_000);
  t.emulator.faults.clear();
  await t.settled();
  expect(await outcomes(...before, ...during)).toEqual(['ok', 'ok', 'ok', 'ok']);
  expect(t.client.stats().ledger).toMatchObject({ accepted: 4, succeeded: 4 });
});

test('one request at a time asks, at most 5 seconds apart, with the oldest batch', async () => {
  const t = await harness({ batch: { maxItems: 1 } });
  t.emulator.faults.next({ kind: 'dropBefore' }, everything);
  const a = t.span('a');
  await t.pass(25);
  const b = t.span('b');
  await t.pass(60_000);
  expect(t.emulator.report().peakInFlight).toBe(1);
  expect(new Set(t.batches().flat())).toEqual(new Set(['a']));
  t.emulator.faults.clear();
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
  const gaps = t.sent.slice(1).map(({ at }, index) => at - (t.sent[index]?.at ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(5_000 + ROUND_TRIP_MS);
});

test('after three failed probes in a row, a ping goes before each further one', async () => {
  const t = await harness({ retry: { limit: 1_000 } });
  t.emulator.faults.next({ kind: 'status', status: 500 }, { times: Number.POSITIVE_INFINITY });
  const a = t.span('a');
  await t.pass(60_000);
  const paths = t.sent.map(({ path }) => path.replace('/api/v1/', ''));
  expect(paths.slice(0, 8)).toEqual([
    'bulk',
    'bulk',
    'bulk',
    'bulk',
    'ping',
    'bulk',
    'ping',
    'bulk',
  ]);
  t.emulator.faults.clear();
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
});

test('a bulk endpoint that fails for 200 seconds beside an answering ping loses nothing', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'status', status: 500 }, { times: Number.POSITIVE_INFINITY });
  const calls = Array.from({ length: 120 }, (_, n) => t.span(`s${n}`));
  for (let minute = 0; minute < 4; minute++) {
    calls.push(t.span(`later-${minute}`));
    await t.pass(50_000);
  }
  expect(t.client.stats().ledger).toMatchObject({ pending: 124 });
  t.emulator.faults.clear();
  await t.settled();
  expect(new Set(await outcomes(...calls))).toEqual(new Set(['ok']));
});

test('while pings are lost too, no probe is made', async () => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'dropBefore' }, everything);
  const a = t.span('a');
  await t.pass(120_000);
  expect(t.batches()).toHaveLength(4);
  t.emulator.faults.clear();
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
});

test('every call settles within deliveryTimeoutMs', async () => {
  const t = await harness({ deliveryTimeoutMs: 10_000, batch: { maxItems: 1 } });
  t.emulator.faults.next({ kind: 'dropAfter' }, everything);
  const calledAt = Date.now();
  const sent = t.span('sent');
  await t.pass(25);
  const unsent = t.span('unsent');
  const settledAt: number[] = [];
  for (const call of [sent, unsent]) {
    void failureOf(call).then(() => settledAt.push(Date.now() - calledAt));
  }
  await t.settled();
  expect(settledAt).toEqual([10_000, 10_025]);
  const [first, second] = [await failureOf(sent), await failureOf(unsent)];
  expect(first).toBeInstanceOf(PrefactorRetryExhaustedError);
  expect(first).toMatchObject({
    attempts: t.emulator.report().attempts.get(keyOf('sent')),
    maybeApplied: true,
    message: expect.stringContaining('deliveryTimeoutMs'),
  });
  expect(second).toBeInstanceOf(PrefactorRetryExhaustedError);
  expect(second).toMatchObject({ attempts: 0, maybeApplied: false });
  expect(t.client.stats().ledger).toMatchObject({ inDoubt: 1, notAttempted: 1 });
});

test('an agent that awaits each span never hangs', async () => {
  const t = await harness({ deliveryTimeoutMs: 5_000 });
  t.emulator.faults.next({ kind: 'dropBefore' }, everything);
  const agent = (async () => {
    const ends: string[] = [];
    for (const name of ['a', 'b', 'c']) ends.push(...(await outcomes(t.span(name))));
    return ends;
  })();
  await t.settled();
  expect(await agent).toEqual(Array(3).fill('PrefactorRetryExhaustedError'));
});

test('deliveryTimeoutMs: Infinity waits as long as it takes', async () => {
  const t = await harness({ deliveryTimeoutMs: Number.POSITIVE_INFINITY });
  t.emulator.faults.next({ kind: 'dropBefore' }, everything);
  const a = t.span('a');
  await t.pass(3_600_000);
  t.emulator.faults.clear();
  await t.settled();
  expect(await outcomes(a)).toEqual(['ok']);
});
