import { describe, expect, test } from 'vitest';
import { complete } from '../../src/coalescer/ports/options.ts';
import { fieldsOf } from './declared.ts';
import { documentAt, rowsOf, spansOf } from './markdown.ts';

const options = fieldsOf('coalescer/ports/options.ts', 'CoalescerOptions');
const rows = rowsOf(documentAt('docs/guide/other-bulk-apis.md'))
  .filter((cells) => cells.length === 3)
  .map(([option = '', defaultsTo = '']) => ({ name: spansOf(option)[0] ?? '', defaultsTo }))
  .filter(({ name }) => options.some((option) => option.name === name));

test('each option of the engine has one row', () => {
  expect(rows.map(({ name }) => name)).toEqual(options.map(({ name }) => name));
});

describe('the table has the default that the declaration names', () => {
  test.each(options)('$name', ({ name, defaultsTo = 'none' }) => {
    const shown = rows.find((row) => row.name === name)?.defaultsTo ?? '';
    expect(shown.replaceAll(',', '')).toBe(defaultsTo.replaceAll(/[,_]/g, ''));
  });
});

describe('numbers that it shows are those in use', () => {
  const settings = complete({ send: () => Promise.reject(new Error('sends nothing')) });
  const numeric = options.filter(({ type }) => type.startsWith('number'));

  test.each(numeric)('$name', ({ name, defaultsTo = '' }) => {
    const value: unknown = Reflect.get(settings, name) ?? Number.POSITIVE_INFINITY;
    expect(value).toBe(Number(defaultsTo.replaceAll('_', '').replace(/,.*$/, '')));
  });
});
