import { describe, expect, test } from 'vitest';
import type { Reason } from '../../src/coalescer/index.ts';
import type { AttemptFailure } from '../../src/errors/attempt-failure.ts';
import { createToError } from '../../src/errors/from-reason.ts';

const key = 'order-span-01';
const token = 'pf_secret_0123';

const toError = createToError((text) => text.replaceAll(token, '[token]'), 'client');

function errorOf(reason: Reason<AttemptFailure>): Error {
  const error = toError(reason, key);
  if (error instanceof Error) return error;
  throw new Error('that is no error');
}

const causeOf = (reason: Reason<AttemptFailure>) => errorOf(reason).cause;

const invalid = {
  status: 'error',
  code: 'validation_errors',
  message: 'Invalid span',
  errors: { agent_instance_id: ['is not a valid id'] },
};
const itemError: Reason<AttemptFailure> = { kind: 'error', output: invalid, maybeApplied: false };

const refused: Extract<AttemptFailure, { kind: 'status' }> = {
  kind: 'status',
  status: 422,
  apiCode: 'validation_errors',
  requestId: undefined,
  apiMessage: 'Invalid span',
  errors: invalid.errors,
};
const reset = Object.assign(new TypeError('fetch failed'), {
  cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
});
const dropped: AttemptFailure = { kind: 'connection', cause: reset };

function exhausted(
  failure: AttemptFailure | undefined,
  more: Partial<Extract<Reason<AttemptFailure>, { kind: 'exhausted' }>> = {},
): Reason<AttemptFailure> {
  return {
    kind: 'exhausted',
    limit: 'attempts',
    attempts: 4,
    last: failure && { kind: 'failure', failure },
    maybeApplied: true,
    ...more,
  };
}

describe('what the API says', () => {
  test('of an item', () => {
    expect(errorOf(itemError)).toMatchObject({
      name: 'PrefactorValidationError',
      apiCode: 'validation_errors',
      status: undefined,
      errors: invalid.errors,
      idempotencyKey: key,
      maybeApplied: false,
    });
  });

  test('of a whole request is the same class, with a status', () => {
    expect(errorOf({ kind: 'refused', failure: refused, maybeApplied: false })).toMatchObject({
      name: 'PrefactorValidationError',
      apiCode: 'validation_errors',
      status: 422,
      errors: invalid.errors,
      idempotencyKey: key,
    });
  });

  test.each<[number, string | undefined, string]>([
    [401, undefined, 'PrefactorAuthError'],
    [403, 'not_found', 'PrefactorAuthError'],
    [404, undefined, 'PrefactorNotFoundError'],
    [409, 'invalid_action', 'PrefactorConflictError'],
    [413, undefined, 'PrefactorApiError'],
    [307, 'not_found', 'PrefactorApiError'],
  ])('of a whole request with %d and the code %s is a %s', (status, apiCode, name) => {
    const failure: AttemptFailure = { ...refused, kind: 'status', status, apiCode };
    expect(errorOf({ kind: 'refused', failure, maybeApplied: false })).toMatchObject({
      name,
      status,
      apiCode,
      maybeApplied: false,
    });
  });

  test('of a whole request, after an attempt without answer, leaves open what was done', () => {
    const failure: AttemptFailure = {
      ...refused,
      kind: 'status',
      status: 409,
      apiCode: 'conflict',
    };
    const error = errorOf({ kind: 'refused', failure, maybeApplied: true });
    expect(error).toMatchObject({ name: 'PrefactorConflictError', maybeApplied: true });
    expect(error.message).toContain('an attempt before this one had no answer');
  });

  test('in an output without a code is still an error of the API', () => {
    expect(errorOf({ kind: 'error', output: {}, maybeApplied: false })).toMatchObject({
      name: 'PrefactorApiError',
      apiCode: undefined,
    });
  });

  test('as a conflict after an attempt without answer says so', () => {
    const error = errorOf({ kind: 'error', output: { code: 'conflict' }, maybeApplied: true });
    expect(error).toMatchObject({ name: 'PrefactorConflictError', maybeApplied: true });
    expect(error.message).toContain('an attempt before this one had no answer');
  });

  test("about an id says: try ids: 'server', unless that is so already", () => {
    const output = { code: 'validation_errors', errors: { id: ['has the wrong partition'] } };
    const reason: Reason<AttemptFailure> = { kind: 'error', output, maybeApplied: false };
    expect(errorOf(reason).message).toContain("try ids: 'server'");
    const atServer = createToError((text) => text, 'server');
    expect(String(atServer(reason, key))).not.toContain("ids: 'server'");
  });

  test.each([429, 503])('to put a call off (%d), until time was up, is the cause', (status) => {
    const failure: AttemptFailure = { ...refused, kind: 'status', status, apiCode: undefined };
    const reason = exhausted(failure, { limit: 'deliveryTimeoutMs', maybeApplied: status === 503 });
    const error = errorOf(reason);
    expect(error).toMatchObject({
      name: 'PrefactorRetryExhaustedError',
      maybeApplied: status === 503,
      cause: { name: 'PrefactorApiError', status },
    });
    expect(error.message).toContain(`(last: status ${status}, see cause)`);
  });

  test('never holds the token', () => {
    const output = { code: token, message: token, errors: { [token]: [token] } };
    const error = errorOf({ kind: 'error', output, maybeApplied: false });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain(token);
  });

  test('about a request without a key of its own is about the request', () => {
    const error = toError({ kind: 'refused', failure: refused, maybeApplied: false }, undefined);
    expect(error).toMatchObject({
      idempotencyKey: undefined,
      message: expect.stringContaining('a request'),
    });
  });
});

test('a token function that never gave a token is the cause when time is up', () => {
  const cause = new Error('the vault is shut');
  const failure: AttemptFailure = { kind: 'token', cause };
  const last = { kind: 'failure', failure } as const;
  const limit = 'deliveryTimeoutMs';
  expect(
    errorOf({ kind: 'exhausted', limit, attempts: 0, last, maybeApplied: false }),
  ).toMatchObject({
    code: 'RETRY_EXHAUSTED',
    attempts: 0,
    cause,
    maybeApplied: false,
  });
  expect(errorOf({ kind: 'closed', last, maybeApplied: false })).toMatchObject({
    code: 'CLOSED',
    cause,
  });
});

describe('attempts or time used up', () => {
  test('says how often, what came last, and what to do', () => {
    expect(errorOf(exhausted(dropped))).toMatchObject({
      name: 'PrefactorRetryExhaustedError',
      attempts: 4,
      cause: reset,
      maybeApplied: true,
      message:
        'No usable answer after 4 attempts (last: connection failed (ECONNRESET), see cause). The work may have been done; repeating it with the same idempotencyKey is safe.',
    });
  });

  test.each<[AttemptFailure, string]>([
    [{ kind: 'timeout', ms: 50 }, 'no whole answer within 50 ms'],
    [{ ...refused, kind: 'status', status: 502 }, 'status 502'],
    [{ kind: 'connection', cause: 'odd' }, 'connection failed,'],
    [
      { kind: 'connection', cause: Object.assign(new Error(), { code: token }) },
      'connection failed,',
    ],
    [{ kind: 'aborted', cause: 'enough' }, 'given up by the client'],
    [{ kind: 'token', cause: new Error() }, 'the apiToken function failed'],
  ])('after %j', (failure, text) => {
    expect(errorOf(exhausted(failure)).message).toContain(`(last: ${text}`);
    expect(errorOf(exhausted(failure)).cause).toBeDefined();
  });

  test.each([
    ['attempts', 'No usable answer after 1 attempt '],
    ['deliveryTimeoutMs', 'No usable answer within deliveryTimeoutMs, after 1 attempt '],
  ] as const)('by %s says so', (limit, text) => {
    expect(errorOf(exhausted(dropped, { limit, attempts: 1 })).message).toContain(text);
  });

  test('may come before anything was sent', () => {
    const reason = exhausted(undefined, {
      limit: 'deliveryTimeoutMs',
      attempts: 0,
      maybeApplied: false,
    });
    expect(errorOf(reason)).toMatchObject({
      attempts: 0,
      maybeApplied: false,
      message:
        'No usable answer within deliveryTimeoutMs, after 0 attempts. The work was not done; it can be called again.',
    });
    expect(errorOf(reason)).not.toHaveProperty('cause');
  });

  test('by an error that may pass has that error as its cause', () => {
    const reason = exhausted(undefined, {
      last: { kind: 'output', output: { code: 'unexpected' } },
    });
    expect(causeOf(reason)).toMatchObject({ name: 'PrefactorApiError', apiCode: 'unexpected' });
  });

  const broken: AttemptFailure = {
    kind: 'contract',
    status: 200,
    requestId: undefined,
    problem: 'no JSON',
    bodySnippet: '<html>',
  };

  test('by a body that cannot be used is a contract error', () => {
    expect(errorOf(exhausted(broken))).toMatchObject({
      name: 'PrefactorContractError',
      bodySnippet: '<html>',
      maybeApplied: true,
      message: expect.stringContaining('The answer (status 200) is no JSON. Is apiUrl right?'),
    });
  });

  test('by deliveryTimeoutMs never is', () => {
    expect(errorOf(exhausted(broken, { limit: 'deliveryTimeoutMs' }))).toMatchObject({
      name: 'PrefactorRetryExhaustedError',
      cause: { name: 'PrefactorContractError', bodySnippet: '<html>' },
    });
  });
});

describe('callers of one failed request', () => {
  test.each<[string, AttemptFailure]>([
    ['connection', dropped],
    ['timeout', { kind: 'timeout', ms: 50 }],
    ['status', { ...refused, kind: 'status', status: 502 }],
  ])('have an error each, and share its cause: %s', (_, failure) => {
    const [one, other] = [errorOf(exhausted(failure)), errorOf(exhausted(failure))];
    expect(one).not.toBe(other);
    expect(one.cause).toBeInstanceOf(Error);
    expect(one.cause).toBe(other.cause);
  });

  test('have an error each, when it was refused', () => {
    const reason: Reason<AttemptFailure> = {
      kind: 'refused',
      failure: refused,
      maybeApplied: false,
    };
    expect(errorOf(reason)).not.toBe(errorOf(reason));
  });
});

describe("another's failure", () => {
  const because = { key: 'order-span-00', reason: itemError };
  const copy = {
    name: 'PrefactorValidationError',
    apiCode: 'validation_errors',
    idempotencyKey: 'order-span-00',
    errors: undefined,
  };

  test('is copied into the error of who was skipped', () => {
    const reason: Reason<AttemptFailure> = { kind: 'skipped', because, maybeApplied: false };
    expect(errorOf(reason)).toMatchObject({
      name: 'PrefactorSkippedError',
      idempotencyKey: key,
      cause: copy,
      message: `The server did not reach "${key}": an earlier item of its batch failed (see cause). Send it again, or use onSkipped: 'requeue'.`,
    });
    expect(causeOf(reason)).not.toBe(causeOf(reason));
  });

  test('is copied into the error of who depends on it', () => {
    expect(
      errorOf({ kind: 'dependency', resourceId: 'spanA', because, maybeApplied: false }),
    ).toMatchObject({
      name: 'PrefactorDependencyError',
      resourceId: 'spanA',
      cause: copy,
      message: `"${key}" was not sent: "spanA" could not be made (see cause). Make it first, then call again.`,
    });
  });

  test('is the first one, however long the chain', () => {
    let reason: Reason<AttemptFailure> = itemError;
    for (const index of Array(50_000).keys()) {
      reason = {
        kind: 'dependency',
        resourceId: undefined,
        because: { key: index === 0 ? 'order-span-00' : 'in-between', reason },
        maybeApplied: false,
      };
    }
    expect(causeOf(reason)).toMatchObject(copy);
  });

  test('may be an abort, whose reason is nobody’s but its own', () => {
    const aborted: Reason<AttemptFailure> = {
      kind: 'aborted',
      reason: 'enough',
      maybeApplied: false,
    };
    expect(
      causeOf({
        kind: 'dependency',
        resourceId: 'spanA',
        because: { key: 'order-span-00', reason: aborted },
        maybeApplied: false,
      }),
    ).toBe('enough');
  });

  test.each([
    ['other id', "Pass calls or results instead of ids, or use ids: 'server'."],
    ['declined', 'was not accepted. Make it first'],
    ['no id', 'its answer names none. Await the call that makes it, and look.'],
  ] as const)('may be %s', (why, text) => {
    const error = errorOf({
      kind: 'dependency',
      resourceId: undefined,
      because: why,
      maybeApplied: true,
    });
    expect(error).toMatchObject({ name: 'PrefactorDependencyError', resourceId: undefined });
    expect(error).not.toHaveProperty('cause');
    expect(error.message).toContain(`"${key}" was not sent again: what it needs `);
    expect(error.message).toContain(text);
  });

  test('names no id that holds the token', () => {
    const error = errorOf({
      kind: 'dependency',
      resourceId: `x${token}`,
      because,
      maybeApplied: false,
    });
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain(token);
  });
});

describe('an answer against the contract', () => {
  test('without the output', () => {
    expect(
      errorOf({
        kind: 'contract',
        problem: 'missing output',
        output: undefined,
        maybeApplied: true,
      }),
    ).toMatchObject({
      name: 'PrefactorContractError',
      bodySnippet: undefined,
      maybeApplied: true,
      message: expect.stringContaining(`The answer has no output for "${key}"`),
    });
  });

  test('with one that cannot be read', () => {
    expect(
      errorOf({
        kind: 'contract',
        problem: 'malformed output',
        output: { status: token },
        maybeApplied: true,
      }),
    ).toMatchObject({
      name: 'PrefactorContractError',
      bodySnippet: '{"status":"[token]"}',
      message: expect.stringContaining(`The output for "${key}" cannot be read`),
    });
  });
});

describe('a call that the client does not take', () => {
  test.each([
    [
      'items',
      100_000,
      'The queue is full (100000 items at most). Await client.ready() between calls, or raise queue.maxItems.',
    ],
    [
      'bytes',
      64_000_000,
      'The queue is full (64000000 bytes at most). Await client.ready() between calls, or raise queue.maxBytes.',
    ],
    [
      'finishes',
      200_000,
      'The queue is full, and so is the room beyond it that finishes have (200000 at most). Await client.ready(), and call it again, or raise queue.maxItems and queue.maxBytes.',
    ],
  ] as const)('since the queue is full of %s', (bound, limit, message) => {
    expect(errorOf({ kind: 'full', bound, limit, maybeApplied: false })).toMatchObject({
      name: 'PrefactorQueueFullError',
      bound,
      limit,
      message,
    });
  });

  test('since the queue is full of what waits for the server', () => {
    const last = { kind: 'failure', failure: dropped } as const;
    const reason = { kind: 'full', bound: 'items', limit: 7, last, maybeApplied: false } as const;
    expect(errorOf(reason)).toMatchObject({
      name: 'PrefactorQueueFullError',
      cause: reset,
      message: expect.stringMatching(
        / Nothing usable comes from the server \(last: connection failed \(ECONNRESET\), see cause\)\.$/,
      ),
    });
  });

  test('since another one has its key', () => {
    expect(errorOf({ kind: 'conflict', maybeApplied: false })).toMatchObject({
      name: 'PrefactorIdempotencyConflictError',
      idempotencyKey: key,
    });
  });

  test('since it is closed', () => {
    expect(errorOf({ kind: 'closed', maybeApplied: false }).message).toContain(
      `The client is closed, and "${key}" was not sent.`,
    );
  });
});

test('a request that was still under way is the cause of what ends meanwhile', () => {
  const last = { kind: 'silence' } as const;
  const ends: Reason<AttemptFailure>[] = [
    { kind: 'closed', last, maybeApplied: true },
    { kind: 'exhausted', limit: 'deliveryTimeoutMs', attempts: 1, last, maybeApplied: true },
  ];
  for (const reason of ends) {
    expect(errorOf(reason).message).toContain(' (last: nothing yet, see cause). The work may');
    expect(errorOf(reason).cause).toMatchObject({ message: expect.stringContaining('an answer') });
  }
});

test('who was in flight at the close is in doubt', () => {
  const error = errorOf({ kind: 'closed', maybeApplied: true });
  expect(error).toMatchObject({ name: 'PrefactorClosedError', maybeApplied: true });
  expect(error.message).toContain('The work may have been done');
});

test.each([new DOMException('enough', 'AbortError'), 'enough', undefined])(
  'an abort rejects with its own reason: %s',
  (reason) => {
    expect(toError({ kind: 'aborted', reason, maybeApplied: true }, key)).toBe(reason);
  },
);

test('a refusal that the transport never makes is still an error', () => {
  expect(errorOf({ kind: 'refused', failure: dropped, maybeApplied: true })).toMatchObject({
    name: 'PrefactorRetryExhaustedError',
    attempts: 1,
    cause: reset,
  });
});
