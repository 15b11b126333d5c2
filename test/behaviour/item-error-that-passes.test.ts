// An item whose output is an error with a code of `retry.itemCodes`.
import { describe, expect, test } from 'vitest';
import {
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorRetryExhaustedError,
} from '../../src/index.ts';
import { fixedChance } from '../helpers/chance.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

const passing = { code: 'temporarily_unavailable', message: 'Try again' };

test.each(['temporarily_unavailable', 'rate_limited', 'unknown', 'unexpected'])(
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
  t.refuse('b', { code: 'temporarily_unavailable', times: 1 });
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
  expect(error).toMatchObject({ apiCode: 'temporarily_unavailable', maybeApplied: false });
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
    cause: { name: 'PrefactorApiError', apiCode: 'temporarily_unavailable' },
  });
});
describe('a server of its own words', () => {
  /** A client of a server that answers the first request with this for its only item. */
  async function answeredFirst(output: object) {
    let requests = 0;
    const t = await harness({
      fetch: async (request, init) => {
        if (requests++ > 0) return t.emulator.fetch(request, init);
        const { items } = (await request.json()) as { items: { idempotency_key: string }[] };
        const outputs = Object.fromEntries(items.map((item) => [item.idempotency_key, output]));
        return Response.json({ status: 'success', outputs });
      },
    });
    return { t, requests: () => requests };
  }

  test.each([
    ['says when', { code: 'rate_limited', retry_after_ms: 9_000 }],
    ['says so of another code', { code: 'unexpected', retry_after_ms: 9_000 }],
  ])('that %s has the item back then, and not before', async (_, error) => {
    const { t, requests } = await answeredFirst({ status: 'error', message: 'No', ...error });
    const a = t.span('a');
    await t.pass(8_999);
    expect(requests()).toBe(1);
    await t.settled();
    expect(await outcomes(a)).toEqual(['ok']);
  });

  test.each([{}, { code: '' }, { code: 7 }, { code: null, retry_after_ms: 10 }])(
    'that names no code (%j) means it: the error is final, and has none',
    async (more) => {
      const { t, requests } = await answeredFirst({ status: 'error', message: 'No', ...more });
      const a = t.span('a');
      await t.settled();
      const error = await failureOf(a);
      expect(error).toBeInstanceOf(PrefactorApiError);
      expect(error).toMatchObject({
        code: 'API_ERROR',
        apiCode: more.code === '' ? '' : undefined,
      });
      expect(requests()).toBe(1);
    },
  );
});
