import { inspect } from 'node:util';
import { expect, test, vi } from 'vitest';
import {
  PrefactorApiError,
  PrefactorAuthError,
  PrefactorConflictError,
  PrefactorNotFoundError,
  PrefactorValidationError,
} from '../../src/errors/api-errors.ts';
import { PrefactorInvalidArgumentError } from '../../src/errors/argument-error.ts';
import {
  PrefactorContractError,
  PrefactorRetryExhaustedError,
} from '../../src/errors/delivery-errors.ts';
import { PrefactorDependencyError, PrefactorSkippedError } from '../../src/errors/order-errors.ts';
import { isPrefactorError, PrefactorError } from '../../src/errors/prefactor-error.ts';
import {
  PrefactorClosedError,
  PrefactorIdempotencyConflictError,
  PrefactorQueueFullError,
} from '../../src/errors/queue-errors.ts';

const all: readonly [string, string, PrefactorError][] = [
  ['PrefactorApiError', 'API_ERROR', new PrefactorApiError('m')],
  ['PrefactorAuthError', 'AUTH_FAILED', new PrefactorAuthError('m')],
  ['PrefactorNotFoundError', 'NOT_FOUND', new PrefactorNotFoundError('m')],
  ['PrefactorValidationError', 'VALIDATION_FAILED', new PrefactorValidationError('m')],
  ['PrefactorConflictError', 'CONFLICT', new PrefactorConflictError('m')],
  [
    'PrefactorInvalidArgumentError',
    'INVALID_ARGUMENT',
    new PrefactorInvalidArgumentError('m', { issues: [] }),
  ],
  [
    'PrefactorRetryExhaustedError',
    'RETRY_EXHAUSTED',
    new PrefactorRetryExhaustedError('m', { attempts: 1 }),
  ],
  ['PrefactorContractError', 'CONTRACT_BROKEN', new PrefactorContractError('m', {})],
  ['PrefactorSkippedError', 'SKIPPED', new PrefactorSkippedError('m')],
  ['PrefactorDependencyError', 'DEPENDENCY_FAILED', new PrefactorDependencyError('m', {})],
  [
    'PrefactorIdempotencyConflictError',
    'IDEMPOTENCY_CONFLICT',
    new PrefactorIdempotencyConflictError('m'),
  ],
  [
    'PrefactorQueueFullError',
    'QUEUE_FULL',
    new PrefactorQueueFullError('m', { bound: 'items', limit: 1 }),
  ],
  ['PrefactorClosedError', 'CLOSED', new PrefactorClosedError('m')],
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

test('an error of another copy of the package is known', async () => {
  vi.resetModules();
  const copy = await import('../../src/errors/queue-errors.ts');
  const error = new copy.PrefactorClosedError('m');
  expect(error).not.toBeInstanceOf(PrefactorError);
  expect(isPrefactorError(error)).toBe(true);
});

test.each([new Error('m'), null, undefined, 'PrefactorError', { name: 'PrefactorError' }])(
  '%s is none of ours',
  (other) => {
    expect(isPrefactorError(other)).toBe(false);
  },
);

test('a cause is kept as it is, and left out where there is none', () => {
  const cause = { any: 'thing' };
  expect(new PrefactorClosedError('m', { cause }).cause).toBe(cause);
  expect(new PrefactorClosedError('m')).not.toHaveProperty('cause');
});

test('issues become the message', () => {
  const issues = [
    { path: 'batch.maxItems', message: 'must be positive' },
    { path: '', message: 'it is all wrong' },
  ];
  const error = new PrefactorInvalidArgumentError('Invalid options', { issues });
  expect(error.message).toBe('Invalid options: batch.maxItems must be positive; it is all wrong.');
  expect(error.issues).toEqual(issues);
});
