import { expect, test } from 'vitest';
import type { AttemptFailure } from '../../src/errors/attempt-failure.ts';
import { inWords, metBy } from '../../src/errors/attempt-failure.ts';
import { copyOfCaught } from '../../src/errors/caught-error.ts';

const redact = (text: string): string => text.replaceAll('pf_secret_0123', '[token]');

function connection(caught: unknown, lasting?: string): AttemptFailure {
  const cause = copyOfCaught(caught, redact);
  return { kind: 'connection', cause, ...(lasting !== undefined && { lasting }) };
}

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

const status = {
  kind: 'status',
  status: 502,
  apiCode: undefined,
  requestId: undefined,
  apiMessage: '<html>Bad gateway</html>',
  errors: undefined,
} as const;

test.each<[AttemptFailure, string, string]>([
  [status, 'status 502', 'status 502'],
  [{ ...status, status: 401, apiCode: 'bad_authtoken' }, 'status 401', 'status 401, bad_authtoken'],
  [
    {
      kind: 'contract',
      status: 200,
      requestId: undefined,
      problem: 'no JSON',
      bodySnippet: '<html>',
    },
    'an answer that is no JSON',
    'an answer that is no JSON (status 200)',
  ],
  [{ kind: 'timeout', ms: 50 }, 'no whole answer within 50 ms', 'no whole answer within 50 ms'],
  [{ kind: 'aborted', cause: undefined }, 'given up by the client', 'given up by the client'],
  [
    connection(coded('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED')),
    'connection failed (ECONNREFUSED)',
    'connection failed (ECONNREFUSED): connect ECONNREFUSED 127.0.0.1:1',
  ],
  [
    connection(
      new TypeError('fetch failed', { cause: coded('other side closed', 'UND_ERR_SOCKET') }),
    ),
    'connection failed (UND_ERR_SOCKET)',
    'connection failed (UND_ERR_SOCKET): other side closed',
  ],
  [
    connection(new AggregateError([coded('connect ETIMEDOUT ::1', 'ETIMEDOUT')])),
    'connection failed (ETIMEDOUT)',
    'connection failed (ETIMEDOUT): connect ETIMEDOUT ::1',
  ],
  [
    connection(new TypeError('nope is not a function.'), 'fetch threw'),
    'fetch threw',
    'fetch threw: TypeError: nope is not a function',
  ],
  [
    connection(
      coded('Mock dispatch not matched for body \'{"items":[]}\'', 'UND_MOCK_ERR_MOCK_NOT_MATCHED'),
      'no mock matches the request',
    ),
    'no mock matches the request (UND_MOCK_ERR_MOCK_NOT_MATCHED)',
    'no mock matches the request (UND_MOCK_ERR_MOCK_NOT_MATCHED)',
  ],
  [connection(new Error('')), 'connection failed', 'connection failed'],
  [connection('a text'), 'connection failed', 'connection failed'],
  [
    { kind: 'token', cause: new Error('the vault is sealed') },
    'the apiToken function failed',
    'the apiToken function failed: the vault is sealed',
  ],
])('%j', (failure, short, long) => {
  expect([metBy(failure), inWords(failure, redact)]).toEqual([short, long]);
});

test('what others wrote is one line, short, and without the token', () => {
  const message = `Bearer pf_secret_0123\n\u001b[2J${'x'.repeat(1_000)}`;
  for (const failure of [
    connection(new Error(message)),
    { kind: 'token', cause: new Error(message) } as const,
    { ...status, apiCode: '\u001b[31mred\n' },
  ]) {
    const words = inWords(failure, redact);
    expect(words).not.toMatch(/pf_secret|\p{Cc}/u);
    expect(words.length).toBeLessThan(300);
  }
});

test('what a token function threw may be hostile', () => {
  const cause = new Proxy(new Error('guarded'), {
    get: () => {
      throw new Error('not for you');
    },
    getPrototypeOf: () => {
      throw new Error('nor this');
    },
  });
  expect(inWords({ kind: 'token', cause }, redact)).toMatch(/^the apiToken function failed/);
});

test('the engine knows no failures, and hands on the reason of its own abort', () => {
  const { reason } = AbortSignal.abort();
  expect([metBy(reason), inWords(reason, redact)]).toEqual([
    'given up by the client',
    'given up by the client',
  ]);
});
