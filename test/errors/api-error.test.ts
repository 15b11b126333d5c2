import { describe, expect, test } from 'vitest';
import { apiError } from '../../src/errors/api-error.ts';
import type { ApiErrorDetails } from '../../src/errors/error-classes.ts';

const key = 'order-span-01';

function errorOf(details: Partial<ApiErrorDetails>, { makesIds = false } = {}) {
  const nothing = {
    apiCode: undefined,
    apiMessage: undefined,
    errors: undefined,
    status: undefined,
    requestId: undefined,
  };
  return apiError({ idempotencyKey: key, ...nothing, ...details }, makesIds);
}

test.each<[string, Partial<ApiErrorDetails>, string, string]>([
  ['400', { status: 400 }, 'PrefactorValidationError', 'VALIDATION_FAILED'],
  ['401', { status: 401 }, 'PrefactorAuthError', 'AUTH_FAILED'],
  ['403', { status: 403 }, 'PrefactorAuthError', 'AUTH_FAILED'],
  ['404', { status: 404 }, 'PrefactorNotFoundError', 'NOT_FOUND'],
  ['409', { status: 409 }, 'PrefactorConflictError', 'CONFLICT'],
  ['422', { status: 422 }, 'PrefactorValidationError', 'VALIDATION_FAILED'],
  ['405', { status: 405 }, 'PrefactorApiError', 'API_ERROR'],
  ['413', { status: 413 }, 'PrefactorApiError', 'API_ERROR'],
  ['302', { status: 302 }, 'PrefactorApiError', 'API_ERROR'],
  [
    'a redirect, whatever code is in its body',
    { status: 307, apiCode: 'not_found' },
    'PrefactorApiError',
    'API_ERROR',
  ],
  [
    'a code behind a status that says nothing',
    { status: 418, apiCode: 'not_found' },
    'PrefactorNotFoundError',
    'NOT_FOUND',
  ],
  ['429', { status: 429 }, 'PrefactorApiError', 'API_ERROR'],
  ['503', { status: 503 }, 'PrefactorApiError', 'API_ERROR'],
  ['an unknown code', { apiCode: 'out_of_tea' }, 'PrefactorApiError', 'API_ERROR'],
  ['no code', {}, 'PrefactorApiError', 'API_ERROR'],
  ['a name that every object has', { apiCode: 'constructor' }, 'PrefactorApiError', 'API_ERROR'],
  [
    'a status ahead of a code',
    { status: 403, apiCode: 'not_found' },
    'PrefactorAuthError',
    'AUTH_FAILED',
  ],
])('%s is a class', (_, failure, name, code) => {
  const error = errorOf(failure);
  expect(error).toMatchObject({
    name,
    code,
    status: failure.status,
    apiCode: failure.apiCode,
    idempotencyKey: key,
    maybeApplied: false,
  });
  expect(error.message).toContain(key);
});

/** The API's whole list (docs/internals/api.md, "Error codes"), and what earlier pages and mocks use. */
const codes = {
  PrefactorAuthError: [
    'bad_authtoken',
    'not_authenticated',
    'not_permitted',
    'unauthorized',
    'forbidden',
  ],
  PrefactorNotFoundError: ['not_found'],
  PrefactorValidationError: [
    'bad_request',
    'validation_errors',
    'validation_error',
    'invalid_value',
    'required_value',
    'required',
    'unexpected_ref_type',
  ],
  PrefactorConflictError: ['invalid_action', 'conflict', 'idempotency_key_already_used'],
  PrefactorApiError: [
    'not_implemented',
    'alert_unknown',
    'alert_already_cleared',
    'temporarily_unavailable',
    'rate_limited',
    'unknown',
    'unexpected',
  ],
};

describe.each(Object.entries(codes))('%s is the class of an item', (name, apiCodes) => {
  test.each(apiCodes)('with the code %s', (apiCode) => {
    const error = errorOf({ apiCode });
    expect(error).toMatchObject({ name, apiCode, status: undefined });
  });
});

test('an error of any class has what the API found, and how the server named the request', () => {
  const said = { errors: { agent_instance_id: ['is not a valid id'] }, requestId: 'r-7' };
  for (const apiCode of ['validation_errors', 'conflict', 'not_found', 'unexpected', undefined]) {
    expect(errorOf({ apiCode, ...said })).toMatchObject(said);
  }
});

describe('a message', () => {
  const messageOf = (...given: Parameters<typeof errorOf>) => errorOf(...given).message;

  test('quotes the server', () => {
    expect(
      messageOf({ status: 422, apiCode: 'validation_errors', apiMessage: 'Invalid "span"' }),
    ).toBe(
      'The API found "order-span-01" invalid (422 validation_errors: "Invalid \\"span\\""). Correct it, and call again.',
    );
  });

  test('of what is invalid names the details where there are any', () => {
    expect(messageOf({ status: 422, errors: { id: ['is taken'] } })).toContain(
      'Correct it as errors says, and call again.',
    );
  });

  test.each([404, 405])('of %d asks whether apiUrl is right', (status) => {
    expect(messageOf({ status })).toContain('Is apiUrl right?');
  });

  test('of an item that was not found asks for its ids instead', () => {
    expect(messageOf({ apiCode: 'not_found' })).toContain('Check its ids.');
    expect(messageOf({ apiCode: 'not_found' })).not.toContain('apiUrl');
  });

  test('of a redirect says that it is not followed', () => {
    expect(messageOf({ status: 308 })).toContain('Redirects are not followed');
  });

  test.each([429, 503])('of %d says to come back later', (status) => {
    expect(messageOf({ status })).toContain('Call again later.');
  });

  test.each(['temporarily_unavailable', 'rate_limited', 'unknown', 'unexpected'])(
    'of an item with %s says so, too',
    (apiCode) => {
      expect(messageOf({ apiCode })).toContain('Call again later.');
      expect(messageOf({ apiCode, status: 418 })).not.toContain('later');
    },
  );

  test('of 413 says to make it smaller', () => {
    expect(messageOf({ status: 413 })).toContain('Make it smaller');
  });

  test('of a conflict after an attempt without answer says that it may be our own work', () => {
    const error = errorOf({ apiCode: 'conflict', maybeApplied: true });
    expect(error.maybeApplied).toBe(true);
    expect(error.message).toContain('an attempt before this one had no answer');
  });

  test('of a conflict otherwise does not', () => {
    expect(messageOf({ apiCode: 'conflict' })).not.toContain('attempt');
  });

  test.each<[string, Partial<ApiErrorDetails>]>([
    ['a field id', { apiCode: 'validation_errors', errors: { id: ['has the wrong partition'] } }],
    ['a text about an id', { apiCode: 'not_found', apiMessage: 'No such id' }],
    [
      'a PFID in a text',
      { apiCode: 'conflict', apiMessage: 'taken: 01h455vb4pex5vsknk084sn02q00abcd' },
    ],
    [
      'a text about an id, with a code of its own',
      { apiCode: 'bad_partition', apiMessage: 'Wrong PFID' },
    ],
  ])("that names an id by %s says: try ids: 'server'", (_, failure) => {
    expect(messageOf(failure, { makesIds: true })).toContain("try ids: 'server'");
    expect(messageOf(failure)).not.toContain("ids: 'server'");
  });

  test("about another field does not say: try ids: 'server'", () => {
    const errors = { agent_instance_id: ['is not a valid id'] };
    const failure = { apiCode: 'validation_errors', apiMessage: 'Invalid span', errors };
    expect(messageOf(failure, { makesIds: true })).not.toContain("ids: 'server'");
  });
});

test('what the API said in words is a field of its own', () => {
  const error = errorOf({ apiCode: 'invalid_action', apiMessage: 'It is over' });
  expect(error).toMatchObject({ apiCode: 'invalid_action', apiMessage: 'It is over' });
});

test('what the server wrote moves no cursor where the message is printed', () => {
  const error = errorOf({
    apiCode: '\u001b[2Jno\ncode',
    apiMessage: '\u009b31m said \u202E so',
  });
  expect(error.message).not.toMatch(/[\p{Cc}\u202E]/u);
  expect(error.apiCode).toBe('\u001b[2Jno\ncode');
});
