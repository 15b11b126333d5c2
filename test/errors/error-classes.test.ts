import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import {
  invalidArgument,
  isPrefactorError,
  newError,
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorClosedError,
  PrefactorConflictError,
  PrefactorContractError,
  PrefactorDependencyError,
  PrefactorError,
  PrefactorIdempotencyConflictError,
  PrefactorInvalidArgumentError,
  PrefactorNotFoundError,
  PrefactorQueueFullError,
  PrefactorRetryExhaustedError,
  PrefactorSkippedError,
  PrefactorValidationError,
} from '../../src/errors/error-classes.ts';

const said = {
  apiCode: undefined,
  apiMessage: undefined,
  errors: undefined,
  status: undefined,
  requestId: undefined,
};
const broken = {
  problem: 'no JSON',
  status: 200,
  requestId: undefined,
  bodySnippet: undefined,
} as const;
const met = { last: undefined };
const full = { bound: 'items', limit: 1, last: undefined } as const;

const all: readonly [string, string, PrefactorError][] = [
  ['PrefactorApiError', 'API_ERROR', newError(PrefactorApiError, 'm', said)],
  ['PrefactorAuthError', 'AUTH_FAILED', newError(PrefactorAuthError, 'm', said)],
  ['PrefactorNotFoundError', 'NOT_FOUND', newError(PrefactorNotFoundError, 'm', said)],
  ['PrefactorValidationError', 'VALIDATION_FAILED', newError(PrefactorValidationError, 'm', said)],
  ['PrefactorConflictError', 'CONFLICT', newError(PrefactorConflictError, 'm', said)],
  [
    'PrefactorInvalidArgumentError',
    'INVALID_ARGUMENT',
    newError(PrefactorInvalidArgumentError, 'm', { call: undefined, issues: [] }),
  ],
  [
    'PrefactorRetryExhaustedError',
    'RETRY_EXHAUSTED',
    newError(PrefactorRetryExhaustedError, 'm', {
      attempts: 1,
      limit: 'attempts',
      last: undefined,
    }),
  ],
  ['PrefactorContractError', 'CONTRACT_BROKEN', newError(PrefactorContractError, 'm', broken)],
  ['PrefactorSkippedError', 'SKIPPED', newError(PrefactorSkippedError, 'm', {})],
  [
    'PrefactorDependencyError',
    'DEPENDENCY_FAILED',
    newError(PrefactorDependencyError, 'm', { resourceId: undefined, problem: 'failed' }),
  ],
  [
    'PrefactorIdempotencyConflictError',
    'IDEMPOTENCY_CONFLICT',
    newError(PrefactorIdempotencyConflictError, 'm', {}),
  ],
  ['PrefactorQueueFullError', 'QUEUE_FULL', newError(PrefactorQueueFullError, 'm', full)],
  ['PrefactorClosedError', 'CLOSED', newError(PrefactorClosedError, 'm', met)],
];

test.each(all)('%s has its name, its code %s, and one root', (name, code, error) => {
  expect(error).toBeInstanceOf(PrefactorError);
  expect(error).toMatchObject({ name, code, maybeApplied: false });
  expect(error.idempotencyKey).toBeUndefined();
  expect(isPrefactorError(error)).toBe(true);
  expect(error.stack).toMatch(new RegExp(`^${name}: m`));
  expect(inspect(error)).toContain(`code: '${code}'`);
});

test('no two classes share a code', () => {
  expect(new Set(all.map(([, code]) => code)).size).toBe(all.length);
});

test('an error of another copy of the package is known, and of another realm', async () => {
  vi.resetModules();
  const { PrefactorQueueFullError: Other } = await import('../../src/errors/error-classes.ts');
  const error: unknown = newError(Other, 'm', full);
  expect(error).not.toBeInstanceOf(PrefactorError);
  expect(isPrefactorError(error)).toBe(true);
  if (!isPrefactorError(error) || error.code !== 'QUEUE_FULL') throw new Error('not known');
  expect([error.bound, error.limit]).toEqual(['items', 1]);
  const foreign: unknown = runInNewContext('new Error("m")');
  Object.defineProperty(foreign, Symbol.for('prefactor-autobatch.error'), { value: true });
  expect(foreign).not.toBeInstanceOf(Error);
  expect(isPrefactorError(foreign)).toBe(true);
});

test('what cannot be looked into is none of ours', () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  expect(isPrefactorError(proxy)).toBe(false);
});

test.each([new Error('m'), null, undefined, 'PrefactorError', { name: 'PrefactorError' }])(
  '%s is none of ours',
  (other) => {
    expect(isPrefactorError(other)).toBe(false);
  },
);

test('a cause is kept as it is, and left out where there is none', () => {
  const cause = { any: 'thing' };
  expect(newError(PrefactorClosedError, 'm', { ...met, cause }).cause).toBe(cause);
  expect(newError(PrefactorClosedError, 'm', met)).not.toHaveProperty('cause');
});

test('issues become the message, and the call that they are about', () => {
  const issues = [
    { path: 'batch.maxItems', message: 'must be positive' },
    { path: '', message: 'it is all wrong' },
  ];
  const error = invalidArgument({ call: undefined, issues });
  expect(error.message).toBe('Invalid options: batch.maxItems must be positive; it is all wrong.');
  expect(error.issues).toEqual(issues);
  const ofCall = invalidArgument({ call: 'agentSpans.create', issues: issues.slice(0, 1) });
  expect(ofCall).toMatchObject({
    call: 'agentSpans.create',
    message: 'Invalid call of agentSpans.create: batch.maxItems must be positive.',
  });
});
