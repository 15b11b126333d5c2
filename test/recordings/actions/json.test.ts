import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExactly } from '../../../src/recordings/actions/json.ts';

describe('a number is written as it stood', () => {
  test.each([
    '12345678901234567891',
    '-9007199254740993',
    '1785000000000000001',
    '0.1234567890123456789',
    '1e400',
    '-1E-400',
    '1.10',
    '-0',
    '1e5',
    '[1e5,{"a":[12345678901234567891]}]',
    '{"__proto__":{"kept":12345678901234567891},"b":"1e400"}',
  ])('%s', (text) => {
    expect(JSON.stringify(parseExactly(text))).toBe(text);
  });
});

test('all else is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value = JSON.parse(text);
      expect(JSON.stringify(parseExactly(JSON.stringify(value)))).toBe(JSON.stringify(value));
    }),
  );
});

test.each(['', '{', '{"a":01}', 'NaN', '{"a":1e}'])('%j is no JSON', (text) => {
  expect(() => parseExactly(text)).toThrow(SyntaxError);
});
