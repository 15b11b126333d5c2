import { describe, expect, test } from 'vitest';
import { readErrorAnswer } from '../../src/errors/api-error.ts';
import { jsonSnippetOf, snippetOf } from '../../src/lib/snippets.ts';

const token = 'pf_secret_0123456789';
const redact = (text: string) => text.replaceAll(token, '[token]');

test('an error body is read', () => {
  const errors = { id: ['is taken'] };
  expect(
    readErrorAnswer({ status: 'error', code: 'conflict', message: 'Taken', errors }, redact),
  ).toEqual({ apiCode: 'conflict', apiMessage: 'Taken', errors });
});

const nothing = { apiCode: undefined, apiMessage: undefined, errors: undefined };

test.each([undefined, null, 7, 'text', [], {}, { code: 7, message: { a: 1 } }])(
  '%j says nothing',
  (body) => {
    expect(readErrorAnswer(body, redact)).toEqual(nothing);
  },
);

test('what an object inherits does not count', () => {
  const body: unknown = JSON.parse('{"__proto__": {"code": "conflict"}}');
  expect(readErrorAnswer(body, redact)).toEqual(nothing);
  expect(readErrorAnswer(Object.create({ code: 'conflict' }), redact)).toEqual(nothing);
});

describe('an echoed token', () => {
  test('is in no field', () => {
    const body = {
      code: `bad_${token}`,
      message: `No: ${token}`,
      errors: { [token]: [{ deep: `x${token}x` }] },
    };
    expect(readErrorAnswer(body, redact)).toEqual({
      apiCode: 'bad_[token]',
      apiMessage: 'No: [token]',
      errors: { '[token]': [{ deep: 'x[token]x' }] },
    });
  });

  test('is not left in halves where a text is cut', () => {
    expect(snippetOf('x'.repeat(190) + token, redact)).not.toContain('pf_');
  });

  test('changes no code that the class hangs on', () => {
    const shorten = (text: string) => text.replaceAll('auth', '[token]');
    expect(readErrorAnswer({ code: 'bad_authtoken' }, shorten).apiCode).toBe('bad_authtoken');
  });
});

describe('a hostile answer', () => {
  test('is bounded', () => {
    const long = 'x'.repeat(1_000_000);
    const answer = readErrorAnswer({ code: long, message: long, errors: { long } }, redact);
    expect(answer.apiCode).toHaveLength(100);
    expect(answer.apiMessage).toBe(`${'x'.repeat(200)}…`);
    expect(answer.errors).toBeUndefined();
  });

  test('may be nested deeper than the stack', () => {
    const errors: unknown = JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
    expect(readErrorAnswer({ code: 'conflict', errors }, redact)).toEqual({
      ...nothing,
      apiCode: 'conflict',
    });
    expect(jsonSnippetOf(errors, redact)).toBeUndefined();
  });
});
