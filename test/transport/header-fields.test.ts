import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { isToken } from '../../src/transport/api-token.ts';
import { headerFields, headerRecord } from '../../src/transport/header-fields.ts';

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
  [
    new Headers({ authorization: 'secret' }),
    'must not hold authorization: the client sets it itself',
  ],
  [new Map([['x y', 'secret']]), 'must not hold the name "x y": it is no valid header name'],
  [[['x', 7]], 'must hold a string of Latin-1 characters without line breaks for x'],
  [new Map([[Symbol('x'), 'secret']]), 'must hold names that are strings'],
  [
    { get: 'secret', set: () => 7 },
    'must hold a string of Latin-1 characters without line breaks for set',
  ],
])('%j has one, and no value is shown', (fields, problem) => {
  expect(headerFields(fields)).toBe(problem);
});

function* endless() {
  for (;;) yield ['x', 'secret'];
}

test.each<[string, unknown]>([
  ['null', null],
  ['a text', 'x: secret'],
  ['a list that is none of pairs', ['x', 'secret']],
  ['pairs of one', [['x']]],
  ['pairs of three', [['x', 'secret', 'other']]],
  ['lines', ['x: secret']],
  ['a list of sets', [new Set(['x', 'secret'])]],
  ['bytes', new Uint8Array(2)],
  ['a Date', new Date(0)],
  ['a Promise', Promise.resolve({ x: 'secret' })],
  ['a WeakMap', new WeakMap()],
  ['what can be read once only', new Map([['x', 'secret']]).entries()],
  ['a list without end', { [Symbol.iterator]: endless }],
  ['a list of more than any server takes', Array(1_001).fill(['x', 'secret'])],
  [
    'a list that throws',
    {
      [Symbol.iterator]: () => {
        throw new Error('secret');
      },
    },
  ],
  [
    'an object that throws',
    {
      get x(): string {
        throw new Error('secret');
      },
    },
  ],
])('%s has no fields', (_, fields) => {
  expect(headerFields(fields)).toBe(
    'must be an object of header names and their values, a Headers, a Map or a list of pairs',
  );
});

const pairs: [string, string][] = [
  ['X-Tenant', 'tea'],
  ['x-b', ''],
];
test.each<[string, Parameters<typeof headerRecord>[0]]>([
  ['Headers', new Headers(pairs)],
  ['a Map', new Map(pairs)],
  ['pairs', pairs],
  ['a Set of pairs', new Set(pairs)],
  ['a list of its own', { [Symbol.iterator]: () => pairs[Symbol.iterator]() }],
])('fields may be given as %s', (_, fields) => {
  expect(headerFields(fields)).toBeUndefined();
  expect(headerRecord(fields)).toEqual({ 'x-tenant': 'tea', 'x-b': '' });
});

test.each([{}, Object.create(null), new Headers(), new Map(), []])('%j has none', (fields) => {
  expect(headerFields(fields)).toBeUndefined();
  expect(headerRecord(fields)).toEqual({});
});

test('an object of another realm, or of a class, has the fields that it holds', () => {
  const foreign = runInNewContext("({ 'X-Tenant': 'tea' })");
  expect(headerFields(foreign)).toBeUndefined();
  expect(headerRecord(foreign)).toEqual({ 'X-Tenant': 'tea' });
  expect(headerFields(runInNewContext('({})'))).toBeUndefined();
  class Own {
    readonly tenant = 'tea';
  }
  expect(headerRecord({ ...new Own() })).toEqual({ tenant: 'tea' });
  expect(headerFields(new Own())).toBeUndefined();
});

test('values of one name in a list are joined, whatever its case', () => {
  const list = [
    ['X-A', '1'],
    ['x-b', '2'],
    ['x-a', '3'],
  ] as const;
  expect(headerRecord(list)).toEqual({ 'x-a': '1, 3', 'x-b': '2' });
  expect(headerRecord(new Headers(list.map(([name, value]) => [name, value])))).toEqual({
    'x-a': '1, 3',
    'x-b': '2',
  });
});

test('a name of the language is a name like any other', () => {
  expect(headerRecord([['__proto__', 'x']])).toEqual(Object.fromEntries([['__proto__', 'x']]));
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
