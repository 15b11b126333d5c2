import { expect, test } from 'vitest';
import { headerFields, isToken } from '../../src/internal/header-fields.ts';

test('good fields have no problem', () => {
  expect(headerFields({ 'X-Tenant': 'tea house\t"ü"', cookie: '' })).toBeUndefined();
});

test.each<[unknown, string]>([
  [{ Authorization: 'secret' }, 'must not hold Authorization: the client sets it itself'],
  [{ 'content-LENGTH': 'secret' }, 'must not hold content-LENGTH: the client sets it itself'],
  [{ 'Accept-Encoding': 'br' }, 'must not hold Accept-Encoding: the client sets it itself'],
  [{ host: 'secret' }, 'must not hold host: the client sets it itself'],
  [{ 'x-prefactor-sdk': 'secret' }, 'must not hold x-prefactor-sdk: the client sets it itself'],
  [{ 'a b': 'secret' }, 'must not hold the name "a b": it is no valid header name'],
  [{ '': 'secret' }, 'must not hold the name "": it is no valid header name'],
  [{ 'x\r\ny': 'secret' }, 'must not hold the name "x\\r\\ny": it is no valid header name'],
  [
    { x: 'secret\r\nHost: evil' },
    'must hold a string of Latin-1 characters without line breaks for x',
  ],
  [{ x: 'secret\0' }, 'must hold a string of Latin-1 characters without line breaks for x'],
  [{ x: 'secret 茶' }, 'must hold a string of Latin-1 characters without line breaks for x'],
  [{ x: 7 }, 'must hold a string of Latin-1 characters without line breaks for x'],
  [['x', 'secret'], 'must be an object of header names and their values'],
  [null, 'must be an object of header names and their values'],
])('%j has one, and no value is shown', (fields, problem) => {
  expect(headerFields(fields)).toBe(problem);
});

test.each(['t', 'pf_0123-ABC.~+/=', '"quoted\\'])('%j is a token', (token) => {
  expect(isToken(token)).toBe(true);
});

test.each([
  '',
  ' ',
  'a b',
  'a\n',
  'a\r\nHost: evil',
  'a\0',
  'tök',
  '茶',
  '😀',
  'a\u200b',
  '\ufeffa',
  'a\x7f',
  'a\xa0',
  7,
  null,
])('%j is none', (token) => {
  expect(isToken(token)).toBe(false);
});
