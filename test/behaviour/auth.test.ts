// design.md 5: 401, 403.
import { describe, expect, test } from 'vitest';
import { PrefactorAuthError } from '../../src/index.ts';
import { harness, TOKEN } from '../helpers/harness.ts';
import { failureOf, outcomes } from '../helpers/outcomes.ts';

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
  ])('that %s rejects all calls, with the cause, and nothing is sent', async (_, apiToken) => {
    const t = await harness({ apiToken });
    const calls = t.spans('a', 'b');
    await t.settled();
    for (const call of calls) {
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(PrefactorAuthError);
      expect(error).toMatchObject({ maybeApplied: false, cause: expect.any(Error) });
    }
    expect(t.sent).toEqual([]);
  });
});
