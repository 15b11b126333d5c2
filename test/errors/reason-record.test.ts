// What is kept of a failure: as much as the copy of its error says.
import { describe, expect, test } from 'vitest';
import type { Reason } from '../../src/coalescer/index.ts';
import type { AttemptFailure } from '../../src/errors/attempt-failure.ts';
import { createToError } from '../../src/errors/from-reason.ts';
import { createToRecord } from '../../src/errors/reason-record.ts';
import { rememberedOf } from '../helpers/engine.ts';

const redact = (text: string): string => text.replaceAll('s3cret-token', '***');
const toError = createToError(redact, 'server');
const toRecord = (reason: Reason<AttemptFailure>): Reason<AttemptFailure> =>
  rememberedOf(reason, createToRecord(redact));
const large = `s3cret-token ${'x'.repeat(50_000)}`;

/** The cause that those who need what failed are given. */
function causeOf(reason: Reason<AttemptFailure>): Record<string, unknown> & Error {
  const because = { key: 'order-span-00', reason };
  const error = toError(
    { kind: 'dependency', resourceId: 'x', because, maybeApplied: false },
    'order-span-01',
  );
  return (error as Error).cause as Record<string, unknown> & Error;
}

function said(cause: Record<string, unknown> & Error) {
  const { name, message, code, apiCode, status, idempotencyKey, maybeApplied } = cause;
  return { name, message, code, apiCode, status, idempotencyKey, maybeApplied };
}

const output = { code: 'validation_errors', message: large, errors: { payload: [large] } };
const status: AttemptFailure = {
  kind: 'status',
  status: 422,
  apiCode: 'validation_errors',
  requestId: undefined,
  apiMessage: 'is invalid',
  errors: { payload: [large] },
};
const reset = Object.assign(new TypeError(large, { cause: { socket: large } }), {
  code: 'ECONNRESET',
  body: large,
});
const contract: AttemptFailure = {
  kind: 'contract',
  status: 200,
  requestId: undefined,
  problem: 'no JSON',
  bodySnippet: '<html>',
};

function exhausted(failure: AttemptFailure): Reason<AttemptFailure> {
  const last = { kind: 'failure', failure } as const;
  return { kind: 'exhausted', limit: 'attempts', attempts: 3, last, maybeApplied: true };
}

const reasons: Readonly<Record<string, Reason<AttemptFailure>>> = {
  'an error of the item': { kind: 'error', output, maybeApplied: false },
  'an error with a code that nobody knows': {
    kind: 'error',
    output: { ...output, code: large },
    maybeApplied: true,
  },
  'an output that cannot be read': {
    kind: 'contract',
    problem: 'malformed output',
    output,
    maybeApplied: true,
  },
  'a refusal of the whole request': { kind: 'refused', failure: status, maybeApplied: false },
  'a token function that failed': {
    kind: 'refused',
    failure: { kind: 'token', cause: reset },
    maybeApplied: false,
  },
  'a lost connection': exhausted({ kind: 'connection', cause: reset }),
  'a lost connection, wrapped': exhausted({
    kind: 'connection',
    cause: new TypeError('fetch failed', { cause: reset }),
  }),
  'what was caught and is no error': exhausted({ kind: 'connection', cause: large }),
  'a time-out': exhausted({ kind: 'timeout', ms: 50 }),
  'a body that cannot be used': exhausted(contract),
  'an attempt that was given up': exhausted({ kind: 'aborted', cause: { body: large } }),
  'an error that was to pass': {
    kind: 'exhausted',
    limit: 'attempts',
    attempts: 3,
    last: { kind: 'output', output },
    maybeApplied: false,
  },
  'nothing at all': {
    kind: 'exhausted',
    limit: 'deliveryTimeoutMs',
    attempts: 0,
    last: undefined,
    maybeApplied: false,
  },
  'another item that failed before it': {
    kind: 'skipped',
    because: { key: 'order-span-99', reason: { kind: 'error', output, maybeApplied: false } },
    maybeApplied: false,
  },
  'a request that was under way': {
    kind: 'exhausted',
    limit: 'deliveryTimeoutMs',
    attempts: 1,
    last: { kind: 'silence' },
    maybeApplied: true,
  },
  'the end of the client': { kind: 'closed', maybeApplied: true },
};

describe.each(Object.entries(reasons))('of %s', (_, reason) => {
  test('the record says what the failure says', () => {
    expect(said(causeOf(toRecord(reason)))).toEqual(said(causeOf(reason)));
  });

  test('the record is short', () => {
    expect(JSON.stringify(toRecord(reason)).length).toBeLessThan(1_000);
  });
});

test('of an abort the record says that it was one, and by whom, but not why', () => {
  const reason = { kind: 'aborted', reason: { body: large }, maybeApplied: false } as const;
  const record = toRecord(reason);
  expect(record).toEqual({ ...reason, reason: undefined });
  expect(causeOf(record)).toMatchObject({
    name: 'AbortError',
    message: '"order-span-00" was aborted by its caller.',
  });
});

test('what was caught is kept by its name, its message and its code', () => {
  const record = toRecord(exhausted({ kind: 'connection', cause: reset }));
  const { cause } = causeOf(record) as { cause?: unknown };
  expect(cause).toMatchObject({ name: 'TypeError', code: 'ECONNRESET' });
  expect(Object.keys(cause as object).sort()).toEqual(['code', 'name']);
  expect((cause as Error).message).toMatch(/^\*\*\* x{196}…$/);
  expect((cause as Error).stack).toBe(`TypeError: ${(cause as Error).message}`);
});

test('a record of a record is the same', () => {
  for (const reason of Object.values(reasons)) {
    const record = toRecord(reason);
    expect(said(causeOf(toRecord(record)))).toEqual(said(causeOf(record)));
  }
});
