// Whatever a message says stands in a field too, so that nobody has to take a message apart.
import { describe, expect, test } from 'vitest';
import type { LastAttempt, Reason } from '../../src/coalescer/index.ts';
import type { AttemptFailure } from '../../src/errors/attempt-failure.ts';
import type { AnyPrefactorError } from '../../src/errors/error-classes.ts';
import { isPrefactorError } from '../../src/errors/error-classes.ts';
import { createToError } from '../../src/errors/from-reason.ts';

const toError = createToError((text) => text, 'client');

interface Made {
  readonly error: AnyPrefactorError;
  readonly fields: string;
}

const made = [...reasons()].flatMap((reason) =>
  ['key-one', 'key-two', undefined].flatMap((key): Made[] => {
    const error = toError(reason, key);
    return isPrefactorError(error) ? [{ error, fields: JSON.stringify(fieldsOf(error)) }] : [];
  }),
);

test('two errors that say something else differ in a field', () => {
  const messages = new Map<string, string>();
  for (const { error, fields } of made) {
    const message = messages.get(fields) ?? error.message;
    messages.set(fields, message);
    expect(error.message, fields).toBe(message);
  }
  expect(new Set(messages.values()).size).toBeGreaterThan(100);
});

describe('what a message quotes or counts stands in a field', () => {
  const names = [...new Set(made.map(({ error }) => error.name))];
  // That is a bound of ours which no option moves.
  const known = '32 MiB';

  test.each(names)('of a %s', (name) => {
    for (const { error, fields } of made.filter((one) => one.error.name === name)) {
      const said = error.message.replace(known, '').match(/\d+|"[^"]+"/g) ?? [];
      for (const part of said) expect(fields, error.message).toContain(part);
    }
  });
});

/** The fields of an error, and of what it goes back to, whose message counts as a field there. */
function fieldsOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { cause } = error;
  const { message } = cause instanceof Error ? cause : {};
  return { ...error, name: error.name, cause: fieldsOf(cause), causeMessage: message };
}

/** Everything that the engine may say, with each of the words and numbers that it may say it with. */
function* reasons(): Generator<Reason<AttemptFailure>> {
  for (const output of outputs()) {
    for (const maybeApplied of [false, true]) {
      yield { kind: 'error', output, requestId: 'r-1', maybeApplied };
      yield { kind: 'used', output, maybeApplied };
    }
    yield { kind: 'contract', problem: 'malformed output', output, maybeApplied: true };
  }
  yield { kind: 'contract', problem: 'missing output', output: undefined, maybeApplied: true };
  const because = { key: 'key-zero', reason: itemError('conflict') };
  for (const maybeApplied of [false, true]) {
    for (const failure of failures()) yield { kind: 'refused', failure, maybeApplied };
    yield { kind: 'skipped', because, maybeApplied };
    for (const why of [because, 'declined', 'other id', 'no id'] as const) {
      for (const resourceId of ['id-one', 'id-two', undefined]) {
        yield { kind: 'dependency', resourceId, because: why, maybeApplied };
      }
    }
    for (const last of lasts()) {
      yield { kind: 'closed', last, maybeApplied };
      for (const attempts of [0, 1, 7]) {
        for (const limit of ['attempts', 'deliveryTimeoutMs'] as const) {
          yield { kind: 'exhausted', limit, attempts, last, maybeApplied };
        }
      }
    }
  }
  yield { kind: 'conflict', maybeApplied: false };
  for (const bound of ['items', 'bytes', 'finishes'] as const) {
    for (const limit of [3, 4_711]) {
      for (const last of lasts()) yield { kind: 'full', bound, limit, last, maybeApplied: false };
    }
  }
  for (const part of ['signal', undefined] as const) {
    yield { kind: 'threw', error: new Error('odd'), part, maybeApplied: false };
  }
}

function* outputs(): Generator<unknown> {
  const codes = ['not_permitted', 'not_found', 'bad_request', 'conflict', 'unexpected', undefined];
  for (const code of codes) {
    for (const message of ['It is so', 'No such id', undefined]) {
      for (const errors of [{ id: ['is taken'] }, { name: ['is long'] }, undefined]) {
        yield { status: 'error', code, message, errors };
      }
    }
  }
}

function* failures(): Generator<AttemptFailure> {
  for (const status of [302, 400, 401, 404, 405, 409, 413, 429, 500, 503]) {
    for (const apiCode of ['not_found', 'unexpected', undefined]) {
      for (const apiMessage of ['Because', undefined]) {
        const said = { apiCode, apiMessage, errors: undefined, requestId: 'r-1' };
        yield { kind: 'status', status, ...said };
      }
    }
  }
  for (const status of [200, 202]) {
    for (const problem of ['no JSON', 'no outputs', 'too large'] as const) {
      yield { kind: 'contract', status, problem, requestId: 'r-1', bodySnippet: '<html>' };
    }
  }
  for (const ms of [50, 30_000]) yield { kind: 'timeout', ms };
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
  yield { kind: 'connection', cause };
  yield { kind: 'token', cause };
}

function* lasts(): Generator<LastAttempt<AttemptFailure> | undefined> {
  yield undefined;
  yield { kind: 'silence' };
  for (const failure of failures()) yield { kind: 'failure', failure };
  for (const output of outputs()) yield { kind: 'output', output };
}

function itemError(code: string): Reason<AttemptFailure> {
  return { kind: 'error', output: { status: 'error', code }, maybeApplied: false };
}
