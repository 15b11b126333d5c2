import { expect, test } from 'vitest';
import { wordsOf } from '../../src/inspector/error-words.ts';

test('an error is told with its facts and its causes', () => {
  const root = Object.assign(new Error('No such host'), { code: 'ENOTFOUND' });
  const error = Object.assign(new TypeError('It failed', { cause: root }), { status: 502 });
  expect(wordsOf(error)).toEqual([
    { name: 'TypeError', message: 'It failed', facts: { status: '502' } },
    { name: 'Error', message: 'No such host', facts: { code: 'ENOTFOUND' } },
  ]);
});

test('whatever is thrown has words, and none of them is endless', () => {
  const circle: { cause?: unknown } = {};
  circle.cause = circle;
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('Not for you');
      },
    },
  );
  for (const thrown of [undefined, null, 1, 'text', circle, hostile, Symbol('s')]) {
    const words = wordsOf(thrown);
    expect(words.length).toBeLessThanOrEqual(5);
    for (const { name, message } of words)
      expect([typeof name, typeof message]).toEqual(['string', 'string']);
  }
  const [long] = wordsOf(new Error('x'.repeat(1_000_000)));
  expect(long.message.length).toBeLessThan(1_010);
  const [fields] = wordsOf({ errors: { payload: 'x'.repeat(1_000_000) } });
  expect(fields.facts['fields']?.length).toBeLessThan(1_010);
});
