// design.md 5: its output is an error with a code of `retry.itemCodes`.
import { expect, test } from 'vitest';
import {
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorRetryExhaustedError,
} from '../../src/index.ts';
import { fixedChance } from '../helpers/chance.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

const passing = { code: 'internal_error', message: 'Try again' };

test.each(['internal_error', 'rate_limited', 'unavailable'])(
  '%s is worth another attempt',
  async (code) => {
    fixedChance(0.5);
    const t = await harness();
    t.refuse('a', { code, times: 1 });
    const [a, b] = t.spans('a', 'b');
    await t.settled();
    expect(await outcomes(a, b)).toEqual(['ok', 'ok']);
    expect(t.batches()).toEqual([['a', 'b'], ['b'], ['a']]);
    const [first, , again] = t.sent;
    expect(again?.items[0]).toBe(first?.items[0]);
  },
);

test('which codes those are is an option', async () => {
  const t = await harness({ retry: { itemCodes: ['try_later'] } });
  t.refuse('a', { code: 'try_later', times: 1 });
  t.refuse('b', { code: 'internal_error', times: 1 });
  const [a, b] = t.spans('a', 'b');
  await t.settled();
  expect(await outcomes(a, b)).toEqual(['ok', 'PrefactorApiError']);
});

test('it comes back last in its batch, followed only by what waits for it', async () => {
  fixedChance(0.5);
  const t = await harness({ batch: { concurrency: 1 } });
  t.refuse('p', { ...passing, times: 1 });
  const p = t.span('p', { status: 'active' });
  const child = t.span('child', { parentSpanId: p });
  const x = t.span('x');
  await t.pass(140); // its back-off ends at 20 + 125 milliseconds
  const busy = t.span('busy');
  await t.settle();
  await t.pass(10);
  const y = t.span('y');
  await t.settled();
  expect(t.batches()).toEqual([['p', 'child', 'x'], ['x'], ['busy'], ['y', 'p', 'child']]);
  expect(await outcomes(p, child, x, busy, y)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
});

test('the same answer three times, the last after 5 seconds, counts as stored', async () => {
  const t = await harness({ batch: { concurrency: 1 } }, { storeErrors: true });
  t.refuse('a', passing);
  const [a, b] = t.spans('a', 'b');
  const calledAt = Date.now();
  let settledAt = 0;
  void failureOf(a).then(() => {
    settledAt = Date.now();
  });
  await t.settled();
  const error = await failureOf(a);
  expect(error).toBeInstanceOf(PrefactorApiError);
  expect(error).toMatchObject({ apiCode: 'internal_error', maybeApplied: false });
  expect(settledAt - calledAt).toBeGreaterThanOrEqual(5_000);
  expect(t.emulator.report().attempts.get(keyOf('a'))).toBeGreaterThanOrEqual(3);
  expect(await outcomes(b)).toEqual(['ok']);
  expect(t.client.stats().ledger).toMatchObject({ succeeded: 1, refused: 1 });
});

test('what counts as stored rejects with the class of its code', async () => {
  const t = await harness({ retry: { itemCodes: ['unauthorized'] } });
  t.refuse('a', { code: 'unauthorized' });
  const a = t.span('a');
  await t.settled();
  expect(await failureOf(a)).toBeInstanceOf(PrefactorAuthError);
});

test('attempts that are used up reject, with the last answer as the cause', async () => {
  const t = await harness({ retry: { limit: 2 } });
  t.refuse('a', passing);
  const a = t.span('a');
  await t.settled();
  const error = await failureOf(a);
  expect(error).toBeInstanceOf(PrefactorRetryExhaustedError);
  expect(error).toMatchObject({
    code: 'RETRY_EXHAUSTED',
    attempts: 2,
    maybeApplied: false,
    cause: { name: 'PrefactorApiError', apiCode: 'internal_error' },
  });
});
