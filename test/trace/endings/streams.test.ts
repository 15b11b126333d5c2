// The span of a function that returns a stream ends with that, and the stream stays itself.
import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Tracer } from '../../../src/trace/index.ts';
import { traced } from '../../../src/trace/index.ts';
import type { Harness } from '../../helpers/harness.ts';
import { harness } from '../../helpers/harness.ts';
import { treesOf } from '../trees.ts';

interface Case {
  /** What the reader does with the stream. */
  read(stream: ReadableStream<Uint8Array>): unknown;
  readonly status: 'complete' | 'failed' | 'cancelled' | 'active';
  /** The error with which the stream fails after its second chunk. */
  readonly error?: Error;
}

const failure = new Error('the source broke');
const abort = new DOMException('', 'AbortError');

async function readAll(stream: ReadableStream<Uint8Array>): Promise<number> {
  const reader = stream.getReader();
  let chunks = 0;
  try {
    while (!(await reader.read()).done) chunks++;
    return chunks;
  } finally {
    reader.releaseLock();
  }
}

const cases: Record<string, Case> = {
  'read to its end': {
    read: async (stream) => expect(await readAll(stream)).toBe(2),
    status: 'complete',
  },
  'read until it breaks': {
    read: (stream) => expect(readAll(stream)).rejects.toBe(failure),
    error: failure,
    status: 'failed',
  },
  'read until it is aborted': {
    read: (stream) => expect(readAll(stream)).rejects.toBe(abort),
    error: abort,
    status: 'cancelled',
  },
  'read by turns': {
    async read(stream) {
      const first = stream.getReader();
      await first.read();
      first.releaseLock();
      expect(await readAll(stream)).toBe(1);
    },
    status: 'complete',
  },
  'read half, and left unlocked': {
    async read(stream) {
      const reader = stream.getReader();
      await reader.read();
      reader.releaseLock();
    },
    status: 'active',
  },
  'read into buffers of the reader': {
    async read(stream) {
      const reader = stream.getReader({ mode: 'byob' });
      for (let done = false; !done; ) ({ done } = await reader.read(new Uint8Array(8)));
    },
    status: 'complete',
  },
  'cancelled by its reader': {
    async read(stream) {
      const reader = stream.getReader();
      await reader.read();
      await reader.cancel('enough');
    },
    status: 'cancelled',
  },
  cancelled: { read: (stream) => stream.cancel('enough'), status: 'cancelled' },
  'not cancelled while it is locked': {
    async read(stream) {
      const reader = stream.getReader();
      await expect(stream.cancel()).rejects.toThrow(TypeError);
      reader.releaseLock();
      await readAll(stream);
    },
    status: 'complete',
  },
  'iterated to its end': {
    async read(stream) {
      let chunks = 0;
      for await (const _ of stream) chunks++;
      expect(chunks).toBe(2);
    },
    status: 'complete',
  },
  'left by the loop': {
    async read(stream) {
      for await (const _ of stream) break;
    },
    status: 'cancelled',
  },
  'left by the loop, to be read on': {
    async read(stream) {
      for await (const _ of stream.values({ preventCancel: true })) break;
      expect(await readAll(stream)).toBe(1);
    },
    status: 'complete',
  },
  'iterated until it breaks': {
    async read(stream) {
      await expect(
        (async () => {
          for await (const _ of stream);
        })(),
      ).rejects.toBe(failure);
    },
    error: failure,
    status: 'failed',
  },
  piped: {
    read: (stream) => stream.pipeTo(new WritableStream()),
    status: 'complete',
  },
  'piped until it breaks': {
    read: (stream) => expect(stream.pipeTo(new WritableStream())).rejects.toBe(failure),
    error: failure,
    status: 'failed',
  },
  'not piped while it is locked': {
    async read(stream) {
      const reader = stream.getReader();
      await expect(stream.pipeTo(new WritableStream())).rejects.toThrow(TypeError);
      reader.releaseLock();
      await readAll(stream);
    },
    status: 'complete',
  },
  'piped until the signal': {
    async read(stream) {
      const signal = AbortSignal.abort();
      await expect(stream.pipeTo(new WritableStream(), { signal })).rejects.toThrow();
    },
    status: 'cancelled',
  },
  'piped through': {
    async read(stream) {
      const lines = stream.pipeThrough(new TransformStream());
      expect(stream.locked).toBe(true);
      expect(await readAll(lines)).toBe(2);
    },
    status: 'complete',
  },
  'piped through until it breaks': {
    read: (stream) =>
      expect(readAll(stream.pipeThrough(new TransformStream()))).rejects.toBe(failure),
    error: failure,
    status: 'failed',
  },
  'piped through what is none': {
    async read(stream) {
      expect(() => stream.pipeThrough({} as never)).toThrow(TypeError);
      expect(stream.locked).toBe(false);
      await stream.cancel();
    },
    status: 'cancelled',
  },
  'in two branches': {
    async read(stream) {
      const [one, other] = stream.tee();
      expect(await Promise.all([readAll(one), readAll(other)])).toEqual([2, 2]);
    },
    status: 'complete',
  },
  'in two branches, one cancelled': {
    async read(stream) {
      const [one, other] = stream.tee();
      void one.cancel();
      expect(await readAll(other)).toBe(2);
    },
    status: 'complete',
  },
  'in two branches, both cancelled': {
    async read(stream) {
      await Promise.all(stream.tee().map((branch) => branch.cancel()));
    },
    status: 'cancelled',
  },
  'as the body of a response': {
    async read(stream) {
      expect((await new Response(stream).arrayBuffer()).byteLength).toBe(2);
    },
    status: 'complete',
  },
};

test.each(Object.entries(cases))('a ReadableStream: %s', async (_, { read, error, status }) => {
  const t = await harness();
  const tracer = traced(t.client);
  const stream = bytes(error);
  const returned = await tracer.run({ name: 'a' }, async () => stream);
  expect(returned).toBe(stream);
  expect(returned.locked).toBe(false);
  expect(Object.keys(returned)).toEqual([]);
  expect(tracer.stats().openRuns).toBe(1);
  await read(returned);
  await expectStatus(t, tracer, status);
});

/** Two chunks, then the end or an error; a stream of bytes, which readers may give buffers to. */
function bytes(error?: Error): ReadableStream<Uint8Array> {
  let chunks = 0;
  return new ReadableStream({
    type: 'bytes',
    pull(controller) {
      if (chunks++ < 2) return controller.enqueue(new Uint8Array(1));
      if (error !== undefined) return controller.error(error);
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
}

async function expectStatus(t: Harness, tracer: Tracer, status: string): Promise<void> {
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([{ status, spans: [{ name: 'a', status }] }]);
  expect(tracer.stats().openRuns).toBe(status === 'active' ? 1 : 0);
}

test('a ReadableStream that is locked, or frozen, is a value: the span ends at once', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const locked = bytes();
  locked.getReader();
  expect(tracer.run({}, () => locked)).toBe(locked);
  const frozen = Object.freeze(bytes());
  expect(tracer.run({}, () => frozen)).toBe(frozen);
  expect(tracer.stats().openRuns).toBe(0);
  expect(await readAll(frozen)).toBe(2);
  await t.settled();
});

const nodeCases: [string, string, () => Readable, (stream: Readable) => unknown][] = [
  ['read to its end', 'complete', () => Readable.from(['a', 'b']), (stream) => stream.resume()],
  ['destroyed', 'cancelled', () => Readable.from(['a']), (stream) => stream.destroy()],
  [
    'destroyed with an error',
    'failed',
    () => Readable.from(['a']),
    (stream) => stream.on('error', () => {}).destroy(failure),
  ],
  [
    'iterated',
    'complete',
    () => new PassThrough().end('a'),
    async (stream) => {
      for await (const _ of stream);
    },
  ],
  [
    'left by the loop',
    'cancelled',
    () => Readable.from(['a', 'b']),
    async (stream) => {
      for await (const _ of stream) break;
    },
  ],
];

test.each(nodeCases)('a stream of Node: %s', async (_, status, make, read) => {
  const t = await harness();
  const tracer = traced(t.client);
  const stream = make();
  const returned = tracer.run({ name: 'a' }, () => stream);
  expect(returned).toBe(stream);
  expect(returned.readableFlowing).toBe(null);
  expect(returned.listenerCount('error')).toBe(0);
  expect(tracer.stats().openRuns).toBe(1);
  await read(returned);
  await expectStatus(t, tracer, status);
});

test('a stream of Node that is over is a value', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const stream = Readable.from(['a']).destroy();
  expect(tracer.run({}, () => stream)).toBe(stream);
  expect(tracer.stats().openRuns).toBe(0);
  await t.settled();
});

test('a stream of Node that nested functions return has listeners for one', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const stream = Readable.from([1]);
  const nested = (depth: number): Readable =>
    depth === 0 ? stream : tracer.span('nested', () => nested(depth - 1));
  const before = stream.listenerCount('close');
  tracer.run({ name: 'agent' }, () => nested(20));
  expect([stream.listenerCount('close'), stream.listenerCount('end')]).toEqual([before + 1, 1]);
  stream.resume();
  await new Promise((ended) => void stream.once('close', ended));
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0, forgottenSpans: 0 });
  await t.settled();
});

test('a ReadableStream is piped with a wrong signal as it is without us', async () => {
  const t = await harness();
  const stream = traced(t.client).run({ name: 'agent' }, () => new ReadableStream());
  const options = { signal: 'none' } as unknown as StreamPipeOptions;
  expect(() => stream.pipeThrough(new TransformStream(), options)).toThrow(TypeError);
  await stream.cancel();
  await t.settled();
});
