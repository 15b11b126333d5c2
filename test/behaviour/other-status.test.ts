// A whole request that is answered with a 3xx, or any other 4xx.
import { expect, test } from 'vitest';
import {
  PrefactorApiError,
  PrefactorConflictError,
  PrefactorNotFoundError,
} from '../../src/index.ts';
import { harness } from '../helpers/harness.ts';
import { failureOf } from '../helpers/outcomes.ts';

test.each([
  [301, PrefactorApiError, /set apiUrl to the final address/],
  [302, PrefactorApiError, /set apiUrl to the final address/],
  [307, PrefactorApiError, /set apiUrl to the final address/],
  [404, PrefactorNotFoundError, /Is apiUrl right\?/],
  [405, PrefactorApiError, /Is apiUrl right\?/],
  [409, PrefactorConflictError, /conflicts with what is there/],
  [410, PrefactorApiError, /410/],
  [418, PrefactorApiError, /418/],
])(
  '%i: all calls of the request reject, and nothing is repeated',
  async (status, Class, message) => {
    const t = await harness();
    const isRedirect = status < 400;
    t.emulator.faults.next({
      kind: 'status',
      status,
      ...(isRedirect
        ? { location: 'https://elsewhere.test/api/v1/bulk', body: '' }
        : { code: 'no' }),
    });
    const calls = t.spans('a', 'b');
    await t.settled();
    for (const call of calls) {
      const error = await failureOf(call);
      expect(error).toBeInstanceOf(Class);
      expect(error).toMatchObject({
        name: Class.name,
        status,
        maybeApplied: false,
        message: expect.stringMatching(message),
      });
    }
    expect(t.batches()).toEqual([['a', 'b']]);
    expect(t.client.stats().ledger).toMatchObject({ accepted: 2, refused: 2 });
  },
);
