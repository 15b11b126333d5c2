// What a function returns stays what it is, and its span ends with it: promises and thenables.
import { expect, onTestFinished, test } from 'vitest';
import { traced } from '../../../src/trace/index.ts';
import { harness } from '../../helpers/harness.ts';
import { spansOf, treesOf } from '../trees.ts';

test.each<[string, unknown]>([
  ['undefined', undefined],
  ['null', null],
  ['a text', 'x'],
  ['an object', { a: 1 }],
  ['a list', [1]],
  ['a Map', new Map([[1, 2]])],
  ['a function', () => {}],
  ['a Response', new Response('x')],
  ['a frozen object', Object.freeze({ a: 1 })],
  ['an Error', new Error('not thrown')],
  ['an AbortSignal', new AbortController().signal],
])('%s is returned as it is, and the span is over', async (_, value) => {
  const t = await harness();
  const tracer = traced(t.client);
  expect(tracer.run({}, () => value)).toBe(value);
  expect(tracer.stats().openRuns).toBe(0);
  expect(await tracer.run({}, async () => value)).toBe(value);
  expect(tracer.stats().openRuns).toBe(0);
  await t.settled();
  expect(treesOf(t.emulator).map(({ status }) => status)).toEqual(['complete', 'complete']);
});

/** Reasons of unhandled rejections, instead of a crash. */
function unhandledRejections(): unknown[] {
  const reasons: unknown[] = [];
  const note = (reason: unknown): void => void reasons.push(reason);
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
    for (const other of others) process.on('unhandledRejection', other);
  });
  return reasons;
}

test('a rejection that is handled is not unhandled, and one that is not stays so', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const unhandled = unhandledRejections();
  class Own<T> extends Promise<T> {}
  const caught = tracer.run({}, () => Promise.reject('caught')).catch(() => 'ok');
  await t.settled();
  expect(await caught).toBe('ok');
  expect(unhandled).toEqual([]);
  void tracer.run({}, () => Promise.reject('forgotten'));
  void tracer.run({}, () => Own.reject('forgotten, too'));
  await t.settled();
  expect(new Set(unhandled)).toEqual(new Set(['forgotten', 'forgotten, too']));
  expect(unhandled).toHaveLength(2);
});

test('a promise with fields of its own stays itself', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const promise = Object.assign(Promise.resolve(7), { id: 'its own' });
  const returned = tracer.run({ name: 'a' }, () => promise);
  expect(returned).toBe(promise);
  expect(await returned).toBe(7);
  await t.settled();
  expect(spansOf(t.emulator)[0]).toMatchObject({
    status: 'complete',
    result_payload: { result: 7 },
  });
});

test('a promise of a class of its own stays itself, and ends the span when it is awaited', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  class ApiPromise<T> extends Promise<T> {
    parses = 0;
    // As in the OpenAI SDK: the promise itself says nothing, `then` does the work.
    // biome-ignore lint/suspicious/noThenProperty: it is what the test is about
    override then(...args: never[]): Promise<never> {
      this.parses++;
      return Promise.resolve('parsed').then(...args);
    }
  }
  const promise = new ApiPromise((resolve) => resolve(null));
  const returned = tracer.run({ name: 'a' }, () => promise);
  expect(returned).toBe(promise);
  expect(returned).toBeInstanceOf(ApiPromise);
  expect(Object.keys(returned)).toEqual(['parses']);
  await t.settled();
  expect(tracer.stats().openRuns).toBe(1);
  expect(await (returned as PromiseLike<unknown>)).toBe('parsed');
  expect(promise.parses).toBe(1);
  await t.settled();
  expect(spansOf(t.emulator)[0]).toMatchObject({
    status: 'complete',
    result_payload: { result: 'parsed' },
  });
});

test('a thenable does its work once, when it is awaited', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  let queries = 0;
  const query = {
    // biome-ignore lint/suspicious/noThenProperty: a query builder, as knex has them
    then(onRows: (rows: string[]) => void, onError: (error: unknown) => void) {
      queries++;
      return queries === 1 ? onRows(['row']) : onError(new Error('twice'));
    },
  };
  const returned = tracer.run({ name: 'a' }, () => query);
  expect(returned).toBe(query);
  expect(queries).toBe(0);
  expect(await Promise.resolve(returned as PromiseLike<unknown>)).toEqual(['row']);
  expect(queries).toBe(1);
  await t.settled();
  expect(spansOf(t.emulator)[0]).toMatchObject({
    status: 'complete',
    result_payload: { result: ['row'] },
  });
  const failing = tracer.run({ name: 'b' }, () => ({ ...query }));
  await expect(Promise.resolve(failing)).rejects.toThrow('twice');
  await t.settled();
  expect(
    treesOf(t.emulator)
      .map(({ status }) => status)
      .sort(),
  ).toEqual(['complete', 'failed']);
});

test('who waits for the value only of a promise of its own class gets the error where it leads', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  class Own<T> extends Promise<T> {}
  const error = new Error('no');
  const failing = tracer.run({ name: 'a' }, () => Own.reject(error));
  await expect(failing.then((value) => value).catch((seen: unknown) => seen)).resolves.toBe(error);
  const passed = tracer.run({ name: 'b' }, () => Own.resolve(1));
  expect(await passed.catch(() => 2).finally(() => {})).toBe(1);
  await t.settled();
  expect(
    treesOf(t.emulator)
      .map(({ status }) => status)
      .sort(),
  ).toEqual(['complete', 'failed']);
});

test('a thenable that throws when it is awaited fails its span', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const error = new Error('no');
  const failing = {
    // biome-ignore lint/suspicious/noThenProperty: on purpose
    then() {
      throw error;
    },
  };
  await expect(Promise.resolve(tracer.run({}, () => failing))).rejects.toBe(error);
  await t.settled();
  expect(treesOf(t.emulator).map(({ status }) => status)).toEqual(['failed']);
});

test('a thenable that takes no method, or cannot be read, is a value', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  // biome-ignore lint/suspicious/noThenProperty: on purpose
  const frozen = Object.freeze({ then: (onValue: (value: number) => void) => onValue(7) });
  const returned = tracer.run({}, () => frozen);
  expect(returned).toBe(frozen);
  expect(tracer.stats().openRuns).toBe(0);
  expect(await returned).toBe(7);
  const hostile = {
    // biome-ignore lint/suspicious/noThenProperty: on purpose
    get then(): never {
      throw new Error('no');
    },
  };
  expect(tracer.run({}, () => hostile)).toBe(hostile);
  await t.settled();
  expect(tracer.stats().openRuns).toBe(0);
});

const throws = (): never => {
  throw new Error('hands off');
};
const traps = new Proxy({}, { get: () => throws });

test.each<[string, () => unknown]>([
  ['a revoked proxy', () => revoked({})],
  ['a revoked proxy of a function', () => revoked(() => {})],
  ['a proxy that lets nobody look', () => new Proxy({}, traps)],
  ['a proxy of a promise', () => new Proxy(Promise.resolve(1), {})],
])('%s is returned as it is, and thrown as it is', async (_, make) => {
  const t = await harness();
  const tracer = traced(t.client, { logger: false });
  const value = make();
  expect(
    Object.is(
      tracer.run({}, () => value),
      value,
    ),
  ).toBe(true);
  let caught: unknown;
  try {
    tracer.run({}, () => {
      throw value;
    });
  } catch (error) {
    caught = error;
  }
  expect(Object.is(caught, value)).toBe(true);
  // As parameters, too.
  expect(tracer.run(value as never, () => tracer.span(value as never, () => 7))).toBe(7);
  tracer.startRun({}).end(value as never);
  const run = tracer.startRun({});
  const span = run.startSpan('a');
  span.set(value as never);
  span.end(value as never);
  run.end();
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0 });
  await t.settled();
});

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}
