import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { copyOfCaught } from '../../src/errors/caught-error.ts';

const token = 'pf_secret_0123';
const redact = (text: string): string => text.replaceAll(token, '[token]');
const copyOf = (caught: unknown): unknown => copyOfCaught(caught, redact);
const all = { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null };

test('it has name, message, code and syscall, and nothing else', () => {
  const caught = Object.assign(new TypeError('connect ECONNREFUSED'), {
    code: 'ECONNREFUSED',
    syscall: 'connect',
    port: 443,
    request: { body: 'all of it' },
  });
  const copy = copyOf(caught);
  expect(copy).toBeInstanceOf(Error);
  expect(copy).toMatchObject({ name: 'TypeError', code: 'ECONNREFUSED', syscall: 'connect' });
  expect(Reflect.ownKeys(copy as Error).sort()).toEqual(
    ['code', 'message', 'name', 'stack', 'syscall'].sort(),
  );
  expect(String((copy as Error).stack)).toBe('TypeError: connect ECONNREFUSED');
});

test('what it goes back to is copied too, three levels deep', () => {
  const innermost = new Error('4');
  const caught = new Error('1', {
    cause: new Error('2', { cause: new Error('3', { cause: innermost }) }),
  });
  const messages: string[] = [];
  for (let at = copyOf(caught); at instanceof Error; at = at.cause) messages.push(at.message);
  expect(messages).toEqual(['1', '2', '3']);
});

test('of several errors the first stands for all', () => {
  const refused = (address: string) =>
    Object.assign(new Error(`connect ECONNREFUSED ${address}`), { code: 'ECONNREFUSED' });
  const caught = new AggregateError([refused('::1'), refused('127.0.0.1')]);
  expect(copyOf(caught)).toMatchObject({
    name: 'AggregateError',
    cause: { message: 'connect ECONNREFUSED ::1', code: 'ECONNREFUSED' },
  });
});

test('the token is nowhere in it', () => {
  const caught = new Error(`Bearer ${token}`, { cause: new Error(token, { cause: { token } }) });
  Object.assign(caught, { name: token, code: token, syscall: token, data: token, [token]: token });
  caught.stack = `Error: Bearer ${token}\n    at ${token} (file.js:1:2)`;
  expect(inspect(copyOfCaught(caught, redact, 8), all)).not.toContain(token);
  expect(inspect(copyOf(`text of ${token}`), all)).not.toContain(token);
});

test('it is short, however much was caught', () => {
  const long = 'x'.repeat(1_000_000);
  const caught = Object.assign(new Error(long), { name: long, code: long, syscall: long });
  caught.stack = `Error: ${long}\n${`    at ${long}\n`.repeat(20)}`;
  expect(inspect(copyOfCaught(caught, redact, 8), all).length).toBeLessThan(5_000);
});

test('frames of the stack are kept where they are asked for', () => {
  const caught = new Error('of the user');
  const frames = String(caught.stack).split('\n').slice(1, 3);
  expect((copyOfCaught(caught, redact, 2) as Error).stack).toBe(
    ['Error: of the user', ...frames].join('\n'),
  );
});

test('an error of another realm is one', () => {
  expect(copyOf(runInNewContext("new TypeError('fetch failed')"))).toMatchObject({
    name: 'TypeError',
    message: 'fetch failed',
  });
});

test('what throws when it is looked at is copied as far as it can be', () => {
  const caught = new Proxy(new Error('guarded'), {
    get: (error, name) => {
      if (name === 'message') return error.message;
      throw new Error(`no ${String(name)} for you`);
    },
  });
  expect(copyOf(caught)).toMatchObject({ name: 'Error', message: 'guarded' });
});

test('an error that goes back to itself ends', () => {
  const caught = new Error('round');
  caught.cause = caught;
  expect(inspect(copyOf(caught))).not.toContain('Circular');
});
