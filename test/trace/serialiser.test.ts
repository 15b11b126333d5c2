// What is recorded of any value: see `serialise`.
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noRedaction, redactionOf } from '../../src/trace/redaction.ts';
import type { SerialiserLimits } from '../../src/trace/serialiser.ts';
import { serialise } from '../../src/trace/serialiser.ts';

const usual: SerialiserLimits = {
  maxBytes: 1_000_000,
  maxTextLength: 250_000,
  maxDepth: 20,
  maxEntries: 1_000,
};

const copyOf = (value: unknown, limits: Partial<SerialiserLimits> = {}): unknown =>
  serialise(value, { ...usual, ...limits }, noRedaction);

class Order {
  readonly id = 7;
  readonly #secret = 'private';
  get total(): number {
    return this.#secret.length;
  }
}

class Named {}

const hugeInteger = '[BigInt of more than 32768 bits]';

test.each<[string, unknown, unknown]>([
  ['a text', 'a', 'a'],
  ['a number', -1.5, -1.5],
  ['NaN', Number.NaN, 'NaN'],
  ['Infinity', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], ['Infinity', '-Infinity']],
  ['a BigInt, as its digits', 12345678901234567890n, '12345678901234567890'],
  [
    'a BigInt whose digits take long to find',
    [1n << 500_000_000n, new Map([[-1n << 500_000_000n, 1]]), Object(1n << 500_000_000n)],
    [hugeInteger, { [hugeInteger]: 1 }, hugeInteger],
  ],
  ['a symbol', Symbol('s'), 'Symbol(s)'],
  ['undefined, as JSON has it', { a: undefined, b: [undefined] }, { b: [null] }],
  ['a function', { run() {} }, { run: '[function run]' }],
  ['a function without a name', [() => {}], ['[function]']],
  ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a Date that is none', new Date(Number.NaN), 'Invalid Date'],
  ['a RegExp', /a+/gi, '/a+/gi'],
  ['a URL', new URL('https://x.test/a?b=c'), 'https://x.test/a?b=c'],
  [
    'a Map with names',
    new Map<unknown, unknown>([
      ['a', 1],
      [2, 'b'],
    ]),
    { a: 1, '2': 'b' },
  ],
  ['a Map with objects as keys', new Map([[{ k: 1 }, 2]]), [[{ k: 1 }, 2]]],
  ['a Map with a function as a key', new Map([[throws, 1]]), [['[function throws]', 1]]],
  [
    'a Map whose keys have the same name',
    new Map<unknown, unknown>([
      [1, 'a'],
      ['1', 'b'],
    ]),
    [
      [1, 'a'],
      ['1', 'b'],
    ],
  ],
  ['a Set', new Set([1, { a: 2 }]), [1, { a: 2 }]],
  ['Headers', new Headers({ 'X-A': '1' }), { 'x-a': '1' }],
  ['URLSearchParams', new URLSearchParams('a=1&b=2'), { a: '1', b: '2' }],
  [
    'URLSearchParams in which a name is repeated',
    new URLSearchParams('a=1&a=2'),
    [
      ['a', '1'],
      ['a', '2'],
    ],
  ],
  ['a class', new Order(), { id: 7 }],
  [
    'an object without fields of its own, by its class',
    [new Named(), new WeakMap()],
    ['[Named]', '[WeakMap]'],
  ],
  ['a promise', Promise.resolve(1), '[Promise]'],
  ['a stream', new ReadableStream(), '[ReadableStream]'],
  ['an empty object', [{}, Object.create(null), []], [{}, {}, []]],
  ['boxed values', [Object(1), Object('ab'), Object(false)], [1, 'ab', false]],
  ['bytes', new Uint8Array([1, 255]), '[Uint8Array of 2 bytes: 01ff]'],
  ['a Buffer', Buffer.alloc(40, 1), `[Buffer of 40 bytes: ${'01'.repeat(32)}…]`],
  ['an ArrayBuffer', new ArrayBuffer(1), '[ArrayBuffer of 1 bytes: 00]'],
  [
    'numbers of an embedding',
    Float32Array.of(0.5, 1, 2, 3, 4, 5, 6, 7, 8),
    '[Float32Array of 9: 0.5, 1, 2, 3, 4, 5, 6, 7, …]',
  ],
  ['a toJSON', { toJSON: () => ({ a: 1n }) }, { a: '1' }],
  ['a toJSON that gives undefined', [{ toJSON: () => undefined }], [null]],
  ['half a character', ['\ud800', 'a\udc00b', '😀'], ['\ufffd', 'a\ufffdb', '😀']],
  ['half a character in a name', { '\ud800': 1 }, { '\ufffd': 1 }],
  ['holes', Object.assign(new Array(2), { 1: 1 }), [null, 1]],
])('%s', (_, value, expected) => {
  expect(copyOf(value)).toEqual(expected);
});

test('an object of fields is what JSON makes of it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      expect(JSON.stringify(copyOf(value))).toBe(JSON.stringify(value));
    }),
  );
});

test('names that mean something to JavaScript are names like others', () => {
  const value: unknown = JSON.parse(
    '{"__proto__":{"a":1},"constructor":2,"toString":3,"hasOwnProperty":4}',
  );
  const copy = copyOf(value);
  expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
});

test('an object within itself is marked there, and one that is met twice is copied twice', () => {
  const shared = { s: 1 };
  const value: Record<string, unknown> = { a: shared, b: [shared] };
  value['self'] = value;
  value['list'] = [value];
  expect(copyOf(value)).toEqual({
    a: { s: 1 },
    b: [{ s: 1 }],
    self: '[circular]',
    list: ['[circular]'],
  });
});

test('an error: its name, message, stack, causes and fields', () => {
  class HttpError extends Error {
    readonly status = 503;
  }
  const error = new HttpError('too busy', { cause: new TypeError('why', { cause: 'a text' }) });
  expect(copyOf(error)).toEqual({
    name: 'HttpError',
    message: 'too busy',
    stack: expect.stringContaining('serialiser.test.ts'),
    cause: { name: 'TypeError', message: 'why', stack: expect.any(String), cause: 'a text' },
    status: 503,
  });
  expect(copyOf(new AggregateError([1], 'all'))).toMatchObject({ message: 'all', errors: [1] });
  expect(copyOf(new DOMException('x', 'AbortError'))).toMatchObject({
    name: 'AbortError',
    message: 'x',
  });
  const own = new Error('circular');
  own.cause = own;
  expect(copyOf(own)).toMatchObject({ message: 'circular', cause: '[circular]' });
});

function throws(): never {
  throw new Error('hands off');
}

test('what throws when it is read is marked, and what is beside it is read', () => {
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const self = { a: 1, toJSON: () => self };
  const value = {
    get bad() {
      return throws();
    },
    toJson: { toJSON: throws, a: 1 },
    keys: new Proxy({}, { ownKeys: throws }),
    all: new Proxy({}, { get: throws }),
    revoked: revoked.proxy,
    self,
    error: Object.defineProperty(new Error('x'), 'stack', { get: throws }),
    list: new Proxy([1], { get: throws }),
    good: 1,
  };
  expect(copyOf(value)).toEqual({
    bad: '[unreadable]',
    toJson: { toJSON: '[function throws]', a: 1 },
    keys: '[unreadable]',
    all: '[unreadable]',
    revoked: '[unreadable]',
    self: { a: 1, toJSON: '[function toJSON]' },
    error: { name: 'Error', message: 'x', stack: '[unreadable]' },
    list: '[unreadable]',
    good: 1,
  });
});

test('a text of a megabyte is cut, within no character, and says how long it was', () => {
  const text = '😀'.repeat(500_000);
  const copy = String(copyOf(text, { maxTextLength: 1_001 }));
  expect(copy).toBe(`${'😀'.repeat(500)}… [cut: 1000000 characters]`);
  expect(copyOf(text)).toMatch(/… \[cut: 1000000 characters\]$/);
});

test('levels, fields and elements beyond the limits are counted', () => {
  expect(copyOf({ a: { b: { c: { d: 1 } } } }, { maxDepth: 2 })).toEqual({
    a: { b: '[more than 2 levels deep]' },
  });
  expect(copyOf([1, 2, 3], { maxEntries: 2 })).toEqual([1, 2, '[1 more]']);
  expect(copyOf(new Set([1, 2, 3]), { maxEntries: 2 })).toEqual([1, 2, '[1 more]']);
  expect(copyOf({ a: 1, b: 2, c: 3 }, { maxEntries: 2 })).toEqual({ a: 1, b: 2, '…': '[1 more]' });
  const map = new Map([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ]);
  expect(copyOf(map, { maxEntries: 2 })).toEqual({ a: 1, b: 2, '…': '[1 more]' });
  expect(copyOf({ ['k'.repeat(300)]: 1 })).toEqual({ [`${'k'.repeat(256)}…`]: 1 });
});

test('the whole is below its bound of bytes, whatever the value', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 3_000 }),
    fc.string({ unit: fc.constantFrom('"', '\u0000', '€', '\ud800'), maxLength: 3_000 }),
  );
  const values = fc.anything({
    key: fc.string({ unit: 'binary', maxLength: 500 }),
    values: [texts, fc.double(), fc.bigInt(), fc.constant(undefined)],
    maxKeys: 50,
    maxDepth: 6,
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withNullPrototype: true,
    withSparseArray: true,
    withObjectString: true,
  });
  fc.assert(
    fc.property(values, fc.integer({ min: 4_000, max: 20_000 }), (value, maxBytes) => {
      const copy = copyOf(value, { maxBytes });
      const text = JSON.stringify(copy) ?? '';
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes);
      expect(JSON.stringify(copyOf(value, { maxBytes })) ?? '').toBe(text);
      expect(text).toBe(Buffer.from(text).toString());
    }),
    { numRuns: 500 },
  );
});

test.each<[string, () => unknown]>([
  ['a list of a billion', () => new Array(1_000_000_000)],
  [
    'a graph with 2^100 ways through it',
    () => {
      let node: unknown = 'leaf';
      for (let level = 0; level < 100; level++) node = [node, node];
      return node;
    },
  ],
  ['a text of 100 MB', () => 'x'.repeat(100_000_000)],
  [
    'a proxy of endless depth',
    () => {
      const endless: object = new Proxy(
        {},
        {
          get: (_, name) => (name === 'toJSON' ? undefined : endlessly()),
          ownKeys: () => ['a', 'b'],
          getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }),
        },
      );
      const endlessly = (): object => new Proxy(endless, {});
      return endless;
    },
  ],
  [
    'a toJSON that never comes to an end',
    () => {
      const endless = (): object => ({ toJSON: () => ({ a: endless(), b: endless() }) });
      return endless();
    },
  ],
  [
    'a Map that grows while it is read',
    () => new Map(Array.from({ length: 100_000 }, (_, at) => [at, {}])),
  ],
])('the cost has the same bound: %s', (_, make) => {
  // Without such a bound it would not come back.
  const text = JSON.stringify(copyOf(make(), { maxBytes: 20_000 }));
  expect(text.length).toBeLessThanOrEqual(20_000);
});

test('no more is read than is recorded', () => {
  let reads = 0;
  const value = Array.from({ length: 1_000 }, () => ({
    get field() {
      reads++;
      return 'x'.repeat(100);
    },
  }));
  copyOf(value, { maxBytes: 10_000 });
  expect(reads).toBeLessThan(100);
});

test('what is redacted is not read', () => {
  const redact = (value: unknown, ...paths: string[]): unknown =>
    serialise(value, usual, redactionOf(paths));
  const secret = {
    get apiKey(): string {
      throw new Error('read');
    },
    headers: { Authorization: 'Bearer x', accept: '*/*' },
    messages: [
      { role: 'user', content: 'private' },
      { role: 'tool', content: { deep: 'private' } },
    ],
    users: new Map([['ada', { password: 'p', login: { Password: 'p' } }]]),
    'gen_ai.prompt': 'private',
  };
  expect(
    redact(
      secret,
      'apiKey',
      'headers.authorization',
      'messages.*.content',
      '**.password',
      'gen_ai.prompt',
    ),
  ).toEqual({
    apiKey: '[redacted]',
    headers: { Authorization: '[redacted]', accept: '*/*' },
    messages: [
      { role: 'user', content: '[redacted]' },
      { role: 'tool', content: '[redacted]' },
    ],
    users: { ada: { password: '[redacted]', login: { Password: '[redacted]' } } },
    'gen_ai.prompt': '[redacted]',
  });
  expect(redact({ a: { b: { c: 1, d: 1 } }, b: { c: 1 } }, 'a.**.c')).toEqual({
    a: { b: { c: '[redacted]', d: 1 } },
    b: { c: 1 },
  });
  expect(redact([{ a: 1 }, { a: 1 }], '1.a')).toEqual([{ a: 1 }, { a: '[redacted]' }]);
  expect(redact({ a: { b: 1 } }, 'a')).toEqual({ a: '[redacted]' });
  expect(redact({ toJSON: () => ({ a: 1, b: 1 }) }, 'a')).toEqual({ a: '[redacted]', b: 1 });
  expect(redact(new Set([{ a: 1 }]), '*.a')).toEqual([{ a: '[redacted]' }]);
});

test('the fields of an error are redacted, too, and with its message its stack', () => {
  const error = Object.assign(new Error('of the user Ada', { cause: new Error('Ada') }), {
    config: { headers: { authorization: 'Bearer x' } },
  });
  const paths = ['message', 'cause.message', 'config.headers.*'];
  const copy = serialise(error, usual, redactionOf(paths));
  expect(copy).toEqual({
    name: 'Error',
    message: '[redacted]',
    stack: '[redacted]',
    cause: { name: 'Error', message: '[redacted]', stack: '[redacted]' },
    config: { headers: { authorization: '[redacted]' } },
  });
});

test('the answer of a toJSON is asked for no other, as in JSON, and may be any value', () => {
  const answers = {
    twice: { toJSON: () => ({ a: 1, toJSON: throws }) },
    error: { toJSON: () => new Error('as an error') },
    date: { toJSON: () => new Date(0) },
    bytes: { toJSON: () => new Uint8Array([1]) },
  };
  expect(copyOf(answers)).toMatchObject({
    twice: { a: 1, toJSON: '[function throws]' },
    error: { name: 'Error', message: 'as an error' },
    date: '1970-01-01T00:00:00.000Z',
    bytes: '[Uint8Array of 1 bytes: 01]',
  });
});

test('fields that say nothing cost as well', () => {
  let reads = 0;
  const names = Array.from({ length: 1_000 }, (_, at) => `f${at}`);
  const silent = new Proxy(
    {},
    {
      ownKeys: () => names,
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      get: (_, name) => void (String(name).startsWith('f') && reads++),
    },
  );
  copyOf(
    Array.from({ length: 1_000 }, () => silent),
    { maxBytes: 20_000 },
  );
  expect(reads).toBeLessThan(20_000);
});

test('paths with many wildcards, deep values and long names cost no more', () => {
  let value: unknown = 'leaf';
  for (let level = 0; level < 100; level++) value = { b: value };
  const deep = { ...usual, maxDepth: 100 };
  let looked = 0;
  const paths = redactionOf(['**.b.**.b.**.b.**.b.**.b.**.b.**.secret']);
  const counting = (redaction: typeof paths): typeof paths => ({
    below: (name) => {
      looked++;
      const below = redaction.below(name);
      return below && counting(below);
    },
  });
  expect(JSON.stringify(serialise(value, deep, counting(paths)))).toContain('leaf');
  expect(looked).toBe(100);
  const long = { [`${'x.'.repeat(1_000_000)}secret`]: 1, secret: 2 };
  expect(serialise(long, usual, redactionOf(['secret']))).toMatchObject({ secret: '[redacted]' });
});

test('a promise that rejects, and that was made because a getter or toJSON was asked, ends no process', async () => {
  const seen: unknown[] = [];
  const hear = (error: unknown): unknown => seen.push(error);
  process.on('unhandledRejection', hear);
  copyOf({
    get field() {
      return Promise.reject(new Error('of a getter'));
    },
    get ofAnotherRealm() {
      return runInNewContext("Promise.reject(new Error('of a getter'))");
    },
    inner: { toJSON: () => Promise.reject(new Error('of toJSON')) },
    proxy: new Proxy({ field: 1 }, { get: (_, name) => name === 'field' && Promise.reject(1) }),
  });
  await new Promise((resume) => void setImmediate(resume));
  process.off('unhandledRejection', hear);
  expect(seen).toEqual([]);
});

test('a promise that an error holds is not silenced, and a query that a getter makes is not begun', async () => {
  const seen: unknown[] = [];
  const hear = (error: unknown): unknown => seen.push(error);
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', hear);
  let begun = 0;
  copyOf(Object.assign(new Error('x'), { retry: Promise.reject(new Error('of the user')) }));
  copyOf({
    get users() {
      // biome-ignore lint/suspicious/noThenProperty: a query builder, as knex has them
      return { then: () => void begun++ };
    },
  });
  await new Promise((resume) => void setImmediate(resume));
  process.off('unhandledRejection', hear);
  for (const other of others) process.on('unhandledRejection', other);
  expect(seen).toEqual([new Error('of the user')]);
  expect(begun).toBe(0);
});

test('what is redacted is so under the names of a Map with other keys, and in what is like an error', () => {
  const redaction = redactionOf(['**.password', '**.message']);
  const copy = serialise(
    {
      map: new Map<unknown, unknown>([
        ['password', 'SECRET'],
        [{}, 1],
      ]),
      error: { name: 'Error', message: 'SECRET', stack: 'Error: SECRET' },
      attributes: { 'exception.message': 'SECRET', 'exception.stacktrace': 'Error: SECRET' },
      python: { Message: 'SECRET', stack_trace: 'Error: SECRET' },
    },
    usual,
    redaction,
  );
  expect(JSON.stringify(copy)).not.toContain('SECRET');
});

test('a path leads through the keys of a Map with other keys, and through the places of its pairs', () => {
  const map = new Map<unknown, unknown>([
    ['user', { password: 'SECRET', name: 'Ada' }],
    [{}, { password: 'SECRET', name: 'Ada' }],
  ]);
  const of = (...paths: string[]): unknown => serialise({ map }, usual, redactionOf(paths));
  const [open, hidden] = [
    { password: 'SECRET', name: 'Ada' },
    { password: '[redacted]', name: 'Ada' },
  ];
  expect(of('map.user.password')).toEqual({
    map: [
      ['user', hidden],
      [{}, open],
    ],
  });
  expect(of('map.*.1.password')).toEqual({
    map: [
      ['user', hidden],
      [{}, hidden],
    ],
  });
  expect(of('map.user', 'map.1.1.password')).toEqual({
    map: [
      ['user', '[redacted]'],
      [{}, hidden],
    ],
  });
  const repeated = new URLSearchParams('token=SECRET&token=SECRET');
  expect(serialise(repeated, usual, redactionOf(['token']))).toEqual([
    ['token', '[redacted]'],
    ['token', '[redacted]'],
  ]);
});

test('the names of an object with many fields are asked for once, however often it is met', () => {
  const wide = Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`f${at}`, at]));
  let asked = 0;
  const counting = new Proxy(wide, {
    ownKeys: (target) => {
      asked++;
      return Reflect.ownKeys(target);
    },
  });
  const copy = copyOf(
    Array.from({ length: 1_000 }, () => counting),
    { maxEntries: 1_500 },
  );
  expect(asked).toBe(1);
  expect(Object(copy)[1]).toMatchObject({ f0: 0, f1499: 1_499, '…': '[500 more]' });
});

test('an error with many fields: only those that are recorded are looked at', () => {
  let looked = 0;
  const fields = Array.from({ length: 20_000 }, (_, at) => [`f${at}`, at]);
  const error = new Proxy(Object.assign(new Error('wide'), Object.fromEntries(fields)), {
    has: (target, name) => {
      looked++;
      return Reflect.has(target, name);
    },
    get: (target, name) => {
      looked++;
      return Reflect.get(target, name);
    },
  });
  const copy = copyOf(error, { maxEntries: 10 });
  expect(Object.keys(Object(copy))).toEqual([
    'name',
    'message',
    'stack',
    ...fields.slice(0, 7).map(([name]) => name),
    '…',
  ]);
  expect(Object(copy)['…']).toBe('[19993 more]');
  expect(looked).toBeLessThan(50);
});

test('what cannot be read counts as well', () => {
  const unreadable = Array.from({ length: 200 }, () =>
    Array.from({ length: 200 }, () => Object.create(Date.prototype)),
  );
  const copy = copyOf(unreadable, { maxBytes: 10_000 });
  expect(JSON.stringify(copy).length).toBeLessThanOrEqual(10_000);
});
