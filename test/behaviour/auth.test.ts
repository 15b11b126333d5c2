// 401 and 403 for a whole request.
import { describe, expect, test } from 'vitest';
import { PrefactorAuthError } from '../../src/index.ts';
import { harness, TOKEN } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';
import { keyOf } from '../helpers/spans.ts';

test.each([401, 403])('%i: all calls of the request reject alike', async (status) => {
  const t = await harness();
  t.emulator.faults.next({ kind: 'status', status }, { times: Number.POSITIVE_INFINITY });
  const calls = t.spans('a', 'b');
  await t.settled();
  for (const call of calls) {
    const error = await failureOf(call);
    expect(error).toBeInstanceOf(PrefactorAuthError);
    expect(error).toMatchObject({ code: 'AUTH_FAILED', status, maybeApplied: false });
  }
  expect(t.client.stats().ledger).toMatchObject({ accepted: 2, refused: 2 });
});

test('a token that is a text is not tried twice', async () => {
  const t = await harness({ apiToken: 'revoked-token' });
  t.allowBreaches();
  const a = t.span('a');
  await t.settled();
  expect(await failureOf(a)).toMatchObject({ apiCode: 'bad_authtoken' });
  expect(t.sent).toHaveLength(1);
});

describe('a token function', () => {
  test('is asked for each request', async () => {
    let asked = 0;
    const t = await harness({
      batch: { maxItems: 1, concurrency: 1 },
      apiToken: async () => {
        asked++;
        return TOKEN;
      },
    });
    const calls = t.spans('a', 'b', 'c');
    await t.settled();
    expect(await outcomes(...calls)).toEqual(['ok', 'ok', 'ok']);
    expect(asked).toBe(3);
  });

  test('may be synchronous, and is not asked before there is something to send', async () => {
    let asked = 0;
    const t = await harness({
      apiToken: () => {
        asked++;
        return TOKEN;
      },
    });
    await t.settled();
    expect(asked).toBe(0);
    const a = t.span('a');
    await t.settled();
    expect(await outcomes(a)).toEqual(['ok']);
  });

  test.each([
    ['throws', () => Promise.reject(new Error('the vault is sealed'))],
    ['gives nothing', () => Promise.resolve('')],
    ['gives a number', () => Promise.resolve(7 as never)],
  ])(
    'that %s for ever: nothing is sent, and when time is up calls reject with its error',
    async (_, apiToken) => {
      const t = await harness({ apiToken, deliveryTimeoutMs: 20_000 });
      const calls = t.spans('a', 'b');
      await t.settled();
      for (const call of calls) {
        expect(await failureOf(call)).toMatchObject({
          code: 'RETRY_EXHAUSTED',
          attempts: 0,
          maybeApplied: false,
          cause: expect.any(Error),
        });
      }
      expect(t.sent).toEqual([]);
      expect(t.client.stats().ledger).toMatchObject({ notAttempted: 2, inDoubt: 0 });
      const warnings = t.log.entries.filter(
        ([level, text]) =>
          level === 'warn' && String(text).includes('the apiToken function failed: '),
      );
      expect(warnings).toHaveLength(1);
    },
  );

  test('that is away for a while loses nothing', async () => {
    let isAway = true;
    const t = await harness({
      apiToken: async () => {
        if (isAway) throw new Error('connect ETIMEDOUT');
        return TOKEN;
      },
    });
    const calls = t.spans('a', 'b', 'c');
    const packed = t.client.bulk.execute({
      items: [{ _type: 'agents/list', idempotency_key: keyOf('list') }],
    });
    await t.pass(60_000);
    isAway = false;
    await t.settled();
    expect(await outcomes(...calls, packed)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(t.sent.filter(({ path }) => path.endsWith('/bulk')).length).toBeLessThanOrEqual(3);
  });

  test('that fails every other time, amid answers to others, costs no call an attempt', async () => {
    let asked = 0;
    const t = await harness({
      retry: { limit: 1 },
      batch: { maxItems: 10, concurrency: 4 },
      apiToken: async () => {
        if (++asked % 2 === 1) throw new Error('connect ETIMEDOUT');
        return TOKEN;
      },
    });
    const calls = t.spans(...Array.from({ length: 1_000 }, (_, index) => `s${index}`));
    await t.settled();
    expect(new Set(await outcomes(...calls))).toEqual(new Set(['ok']));
    // Each batch once, each after at most one that could not leave.
    expect(t.sent.filter(({ path }) => path.endsWith('/bulk'))).toHaveLength(100);
    expect(asked).toBeLessThanOrEqual(210);
  });

  test('that never comes back is given up with its attempt, and asked again', async () => {
    let asked = 0;
    const t = await harness({
      attemptTimeoutMs: 1_000,
      apiToken: () => (++asked <= 2 ? new Promise<string>(() => {}) : TOKEN),
    });
    const calls = t.spans('a', 'b');
    await t.settled();
    expect(await outcomes(...calls)).toEqual(['ok', 'ok']);
    expect(asked).toBe(3);
    expect(t.sent).toHaveLength(1);
  });

  test('that is away when a token has run out loses nothing, if it comes back with another', async () => {
    let isAway = false;
    let current = 'token-of-yesterday';
    const t = await harness({
      apiToken: async () => {
        if (isAway) throw new Error('connect ETIMEDOUT');
        isAway = current !== TOKEN;
        return current;
      },
    });
    t.allowBreaches();
    const calls = t.spans('a', 'b', 'c');
    await t.pass(60_000);
    isAway = false;
    current = TOKEN;
    await t.settled();
    expect(await outcomes(...calls)).toEqual(['ok', 'ok', 'ok']);
    expect(t.client.stats().ledger).toMatchObject({ succeeded: 3, refused: 0, inDoubt: 0 });
  });

  test('that fails when it is asked again after a 401 is asked once more, and a second 401 rejects', async () => {
    let asked = 0;
    const t = await harness({
      apiToken: () => {
        if (++asked === 2) throw new Error('the vault is sealed');
        return 'of-yesterday';
      },
    });
    const a = t.span('a');
    await t.settled();
    expect(await failureOf(a)).toBeInstanceOf(PrefactorAuthError);
    expect(asked).toBe(3);
    expect(t.sent).toHaveLength(2);
  });

  test('that fails while the client closes is the cause of what rejects then', async () => {
    const sealed = new Error('the vault is sealed');
    const t = await harness({
      apiToken: () => {
        throw sealed;
      },
    });
    const a = t.span('a');
    await t.settle();
    void t.client.close({ timeoutMs: 1_000 });
    await t.settled();
    const error = await failureOf(a);
    expect(error).toMatchObject({ code: 'CLOSED', maybeApplied: false });
    expect((error as Error).cause).toBe(sealed);
  });
});
