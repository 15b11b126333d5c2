// The span of a function that returns an iterator ends with that.
import { expect, test } from 'vitest';
import type { Tracer } from '../../../src/trace/index.ts';
import { traced } from '../../../src/trace/index.ts';
import { harness } from '../../helpers/harness.ts';
import { spansOf, treesOf } from '../trees.ts';

async function* letters(tracer?: Tracer) {
  try {
    yield 'a';
    await null;
    tracer?.span('within', () => {});
    yield 'b';
    return 'the end';
  } finally {
    await null;
  }
}

function* numbers() {
  try {
    yield 1;
    yield 2;
    return 3;
  } finally {
    yield 4;
  }
}

test.each([
  ['returned', (tracer: Tracer) => letters(tracer)],
  ['awaited', async (tracer: Tracer) => letters(tracer)],
])('an async generator, %s: to its end, and what it does is within its span', async (_, make) => {
  const t = await harness();
  const tracer = traced(t.client);
  const generator = await tracer.run({ name: 'agent' }, () => make(tracer));
  expect(Object.prototype.toString.call(generator)).toBe('[object AsyncGenerator]');
  expect(tracer.stats().openRuns).toBe(1);
  const seen: string[] = [];
  for await (const letter of generator) seen.push(letter);
  expect(seen).toEqual(['a', 'b']);
  expect(tracer.stats().openRuns).toBe(0);
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([
    {
      status: 'complete',
      spans: [
        { name: 'agent', status: 'complete', children: [{ name: 'within', status: 'complete' }] },
      ],
    },
  ]);
  expect(spansOf(t.emulator)[0]?.['result_payload']).toEqual({ result: 'the end' });
});

test('an async generator that is left, that throws, that is thrown into, that is disposed of', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  for await (const _ of tracer.run({ name: '1 left' }, () => letters())) break;
  const failing = tracer.run({ name: '2 throws' }, async function* () {
    yield 1;
    throw new Error('within');
  });
  await expect(allOf(failing)).rejects.toThrow('within');
  const hit = tracer.run({ name: '3 thrown into' }, () => letters());
  await hit.next();
  await expect(hit.throw(new Error('from outside'))).rejects.toThrow('from outside');
  {
    await using disposed = tracer.run({ name: '4 disposed of' }, () => letters());
    await disposed.next();
  }
  const untouched = tracer.run({ name: '5 returned' }, () => letters());
  expect(await untouched.return('early' as never)).toEqual({ done: true, value: 'early' });
  expect(tracer.stats().openRuns).toBe(0);
  await t.settled();
  expect(
    treesOf(t.emulator)
      .flatMap(({ spans }) => spans)
      .sort(byName),
  ).toEqual([
    { name: '1 left', status: 'cancelled' },
    { name: '2 throws', status: 'failed' },
    { name: '3 thrown into', status: 'failed' },
    { name: '4 disposed of', status: 'cancelled' },
    { name: '5 returned', status: 'cancelled' },
  ]);
});

async function allOf(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const value of values) all.push(value);
  return all;
}

function byName(a: { readonly name: unknown }, b: { readonly name: unknown }): number {
  return String(a.name) < String(b.name) ? -1 : 1;
}

test('a generator: to its end, left, and yielding once more when it is left', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const all = tracer.run({ name: '1 all' }, () => numbers());
  expect([...all]).toEqual([1, 2, 4]);
  expect(tracer.stats().openRuns).toBe(0);
  const left = tracer.run({ name: '2 left' }, () => numbers());
  left.next();
  expect(left.return(9)).toEqual({ done: false, value: 4 });
  expect(tracer.stats().openRuns).toBe(1);
  expect(left.next()).toEqual({ done: true, value: 9 });
  const failing = tracer.run({ name: '3 fails' }, function* () {
    yield 1;
    throw new Error('within');
  });
  expect(() => [...failing]).toThrow('within');
  const helped = tracer.run({ name: '4 helped' }, () => numbers());
  expect([...Array.from(helped, (number) => number * 2)]).toEqual([2, 4, 8]);
  await t.settled();
  expect(
    treesOf(t.emulator)
      .flatMap(({ spans }) => spans)
      .sort(byName),
  ).toEqual([
    { name: '1 all', status: 'complete' },
    { name: '2 left', status: 'complete' },
    { name: '3 fails', status: 'failed' },
    { name: '4 helped', status: 'complete' },
  ]);
});

test('an object that gives async iterators stays itself, as the streams of model SDKs', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  class Stream {
    controller = new AbortController();
    async *[Symbol.asyncIterator]() {
      yield* letters();
    }
  }
  const stream = await tracer.run({ name: 'a' }, async () => new Stream());
  expect(stream).toBeInstanceOf(Stream);
  expect(Object.keys(stream)).toEqual(['controller']);
  expect(tracer.stats().openRuns).toBe(1);
  expect(await allOf(stream)).toEqual(['a', 'b']);
  expect(tracer.stats().openRuns).toBe(0);
  await t.settled();
});

test('what has listeners as well as an async iterator is a value: its readers may never iterate', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const emitter = { on() {}, async *[Symbol.asyncIterator]() {} };
  expect(tracer.run({}, () => emitter)).toBe(emitter);
  expect(tracer.stats().openRuns).toBe(0);
  await t.settled();
});

test('a frozen iterator cannot be watched: its span ends at once', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const generator = Object.freeze(numbers());
  expect(tracer.run({}, () => generator)).toBe(generator);
  expect(tracer.stats().openRuns).toBe(0);
  expect([...generator]).toEqual([1, 2, 4]);
  await t.settled();
});

test('an iterable that is returned again and again still works', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const shared = {
    async *[Symbol.asyncIterator]() {
      yield 1;
    },
  };
  const seen: number[] = [];
  await tracer.run({ name: 'agent' }, async () => {
    for (let times = 0; times < 9_000; times++) tracer.span('again', () => shared);
    for await (const number of shared) seen.push(number);
  });
  expect(seen).toEqual([1]);
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0, forgottenSpans: 0 });
  await t.settled();
});

test('what is returned again when its spans have ended is watched as at first, however often', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const shared = {
    async *[Symbol.asyncIterator]() {
      yield 1;
    },
  };
  for (let times = 0; times < 300; times++) {
    // Every other run ends by hand, and nobody iterates.
    const isByHand = times % 2 === 1;
    let end = (): void => {};
    const returned = tracer.run({ name: 'agent' }, (run) => {
      end = () => run.end();
      return shared;
    });
    expect(tracer.stats().openRuns).toBe(1);
    if (isByHand) end();
    else expect(await allOf(returned)).toEqual([1]);
    expect(tracer.stats().openRuns).toBe(0);
  }
  await t.settled();
});

test('of an iterable that two spans return in turn, each ends with an iterator of its own', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const shared = { [Symbol.asyncIterator]: () => letters() };
  const first = tracer.run({ name: '1' }, () => shared)[Symbol.asyncIterator]();
  await first.next();
  const second = tracer.run({ name: '2' }, () => shared)[Symbol.asyncIterator]();
  await second.next();
  await first.return('left');
  expect(tracer.stats().openRuns).toBe(1);
  await second.return('left');
  expect(tracer.stats().openRuns).toBe(0);
  await t.settled();
});

test('nested spans that return one generator end with it, and what it does is within the innermost', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const generator = tracer.run({ name: 'agent' }, () =>
    tracer.span('outer', () => tracer.span('inner', () => letters(tracer))),
  );
  expect(tracer.stats().openSpans).toBe(3);
  expect(await allOf(generator)).toEqual(['a', 'b']);
  await t.settled();
  expect(treesOf(t.emulator)[0]?.spans).toEqual([
    {
      name: 'agent',
      status: 'complete',
      children: [
        {
          name: 'outer',
          status: 'complete',
          children: [
            {
              name: 'inner',
              status: 'complete',
              children: [{ name: 'within', status: 'complete' }],
            },
          ],
        },
      ],
    },
  ]);
});

test('what an iterator gives is handed on as it is: it may be unreadable, and a value is not read for us', async () => {
  const t = await harness();
  const tracer = traced(t.client, { logger: false });
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  let reads = 0;
  const results = [
    {
      done: false,
      get value() {
        return reads++;
      },
    },
    proxy,
  ];
  const iterator = tracer.run({}, (run) => {
    queueMicrotask(() => run.end());
    return { next: () => results.shift(), [Symbol.iterator]() {} };
  });
  iterator.next();
  expect(reads).toBe(0);
  expect(Object.is(iterator.next(), proxy)).toBe(true);
  await t.settled();
});

test('an async iterator whose steps are thenables of another library ends its span with the last', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const steps = [
    { done: false, value: 1 },
    { done: true, value: undefined },
  ];
  const made = tracer.run({ name: 'agent' }, () => ({
    // biome-ignore lint/suspicious/noThenProperty: on purpose
    next: () => ({ then: (onValue: (step: unknown) => void) => onValue(steps.shift()) }),
    [Symbol.asyncIterator]() {
      return this;
    },
  }));
  expect(await allOf(made as never)).toEqual([1]);
  expect(tracer.stats().openRuns).toBe(0);
  await t.settled();
});
