import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { answerTextOf, notedAnswerText, outputTextOf } from '../../src/errors/answer-texts.ts';
import { createToError } from '../../src/errors/from-reason.ts';
import { createToRecord } from '../../src/errors/reason-record.ts';

const redact = (text: string): string => text.replaceAll('pf_secret_0123', '[token]');
const toError = createToError(redact, 'client');
const output = { status: 'error', code: 'not_found', message: 'No such span', later_field: 1 };
const reason = { kind: 'error', output, maybeApplied: false } as const;

test('the error of a call has the text of its output, and shows it nowhere', () => {
  const error = Object(toError(reason, 'key-0001'));
  expect(notedAnswerText(error)).toBe(JSON.stringify(output));
  expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('later_field');
  expect(JSON.stringify(error)).not.toContain('later_field');
  expect(Reflect.ownKeys(error).map(String)).not.toContain('answerText');
});

test('the copy of an error that another call gets has none', () => {
  const because = { key: 'key-0001', reason } as const;
  const dependency = {
    kind: 'dependency',
    resourceId: 'id',
    because,
    maybeApplied: false,
  } as const;
  const error = Object(toError(dependency, 'key-0002'));
  expect(notedAnswerText(error)).toBeUndefined();
  expect(notedAnswerText(error.cause)).toBeUndefined();
});

test('what is remembered of a refused request is without it', () => {
  const failure = {
    kind: 'status',
    status: 404,
    requestId: undefined,
    apiCode: undefined,
    apiMessage: undefined,
    errors: undefined,
    answerText: 'x'.repeat(50_000),
  } as const;
  expect(createToRecord(redact).failure?.(failure)).toMatchObject({ answerText: undefined });
});

test('a text is kept up to 100,000 characters, and free of the token', () => {
  expect(answerTextOf('said pf_secret_0123', redact)).toBe('said [token]');
  expect(answerTextOf('x'.repeat(100_000), redact)).toHaveLength(100_000);
  expect(answerTextOf('x'.repeat(100_001), redact)).toBeUndefined();
  expect(outputTextOf({ a: 'x'.repeat(100_000) }, redact)).toBeUndefined();
  expect(outputTextOf(undefined, redact)).toBeUndefined();
});
