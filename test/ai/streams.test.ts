// Streams of the AI SDK: they end when they have been read to their end.
import { isStepCount, jsonSchema, Output, streamObject, streamText, tool } from 'ai';
import { convertArrayToReadableStream, MockLanguageModelV4 } from 'ai/test';
import { expect, test } from 'vitest';
import { deferred } from '../../src/lib/deferred.ts';
import type { Tracer } from '../../src/trace/index.ts';
import { spansOf, treesOf } from '../trace/trees.ts';
import type { StreamPart } from './models.ts';
import { modelOf, partsOf, retryable, TOKENS, textParts } from './models.ts';
import { setUp } from './set-up.ts';

const streaming = (stream: ReadableStream<StreamPart>) =>
  new MockLanguageModelV4({
    provider: 'mock',
    modelId: 'small-1',
    doStream: async () => ({ stream }),
  });

const tree = (name: string, status: string, call = status) => [
  { status, spans: [{ name, status, children: [{ name: 'small-1', status: call }] }] },
];

async function read(stream: AsyncIterable<unknown>): Promise<number> {
  let parts = 0;
  for await (const _ of stream) parts++;
  return parts;
}

test('a stream ends its operation when it has been read', async () => {
  const { t, telemetry, outcome } = await setUp();
  const result = streamText({ model: modelOf(['Sunny.']), prompt: 'Weather?', telemetry });
  await t.settled();
  expect(treesOf(t.emulator)).toMatchObject([
    { status: 'active', spans: [{ name: 'streamText', status: 'active' }] },
  ]);
  expect(await outcome(read(result.textStream))).toBe(6);
  expect(treesOf(t.emulator)).toEqual(tree('streamText', 'complete'));
  expect(spansOf(t.emulator)).toMatchObject([
    { result_payload: { result: [{ type: 'text', text: 'Sunny.' }], token_usage: TOKENS } },
    { schema_name: 'agent:agent', result_payload: { text: 'Sunny.' } },
  ]);
});

const look = (tracer: Tracer) =>
  tool({
    inputSchema: jsonSchema<object>({ type: 'object' }),
    execute: () => tracer.span('inner', async () => 'found'),
  });
const complete = { status: 'complete' };
const withTool = {
  name: 'streamText',
  ...complete,
  children: [
    { name: 'look', ...complete, children: [{ name: 'inner', ...complete }] },
    { name: 'small-1', ...complete },
    { name: 'small-1', ...complete },
  ],
};

test('a stream belongs where it was begun, wherever it is read, and so does what its tools do', async () => {
  const { t, tracer, telemetry, outcome } = await setUp();
  const begun = deferred<AsyncIterable<unknown>>();
  const done = deferred<unknown>();
  const model = modelOf([[{ id: 'c1', tool: 'look', input: {} }], 'Done.']);
  const options = { model, tools: { look: look(tracer) }, stopWhen: isStepCount(2) };
  const agent = tracer.run({ name: 'agent' }, async () => {
    begun.resolve(streamText({ ...options, prompt: 'Go', telemetry }).fullStream);
    await done.promise;
  });
  const reader = tracer.run({ name: 'reader' }, async () =>
    done.resolve(await read(await begun.promise)),
  );
  await outcome(Promise.all([agent, reader]));
  const trees = treesOf(t.emulator);
  expect(trees).toHaveLength(2);
  expect(trees).toContainEqual({ ...complete, spans: [{ name: 'reader', ...complete }] });
  expect(trees).toContainEqual({
    ...complete,
    spans: [{ name: 'agent', ...complete, children: [withTool] }],
  });
});

test('a stream that begins in a run that has ended by then is a run of its own', async () => {
  const { t, tracer, telemetry, outcome } = await setUp();
  const model = modelOf([[{ id: 'c1', tool: 'look', input: {} }], 'Done.']);
  const options = { model, tools: { look: look(tracer) }, stopWhen: isStepCount(2) };
  const { fullStream } = tracer.run({ name: 'agent' }, () =>
    streamText({ ...options, prompt: 'Go', telemetry }),
  );
  await outcome(read(fullStream));
  const trees = treesOf(t.emulator);
  expect(trees).toHaveLength(2);
  expect(trees).toContainEqual({ ...complete, spans: [withTool] });
});

test('an abort cancels the operation, its calls and its run', async () => {
  const { t, telemetry, outcome } = await setUp();
  const abort = new AbortController();
  const result = streamText({
    model: streaming(
      new ReadableStream({
        start(controller) {
          for (const part of partsOf('Sun').slice(0, 3)) controller.enqueue(part);
        },
      }),
    ),
    prompt: 'Weather?',
    abortSignal: abort.signal,
    telemetry,
  });
  const texts = (async () => {
    for await (const _ of result.textStream) abort.abort();
  })();
  await outcome(texts);
  expect(treesOf(t.emulator)).toEqual(tree('streamText', 'cancelled'));
  expect(spansOf(t.emulator)[1]).toMatchObject({ result_payload: { error_type: 'AbortError' } });
});

test('a tool of a stream that fails fails its span only; one that streams is one span', async () => {
  const { t, telemetry, outcome } = await setUp();
  const inputSchema = jsonSchema<object>({ type: 'object' });
  const failing = tool({
    inputSchema,
    execute: async (): Promise<string> => {
      throw new RangeError('no such city');
    },
  });
  const search = tool({
    inputSchema,
    async *execute() {
      yield 'searching';
      yield 'found';
    },
  });
  const model = modelOf([
    [
      { id: 'c1', tool: 'failing', input: {} },
      { id: 'c2', tool: 'search', input: {} },
    ],
    'Done.',
  ]);
  const options = { model, tools: { failing, search }, stopWhen: isStepCount(2), prompt: 'Go' };
  await outcome(read(streamText({ ...options, telemetry }).fullStream));
  const call = { name: 'small-1', ...complete };
  const tools = [
    { name: 'failing', status: 'failed' },
    { name: 'search', ...complete },
  ];
  expect(treesOf(t.emulator)).toEqual([
    { ...complete, spans: [{ name: 'streamText', ...complete, children: [...tools, call, call] }] },
  ]);
  expect(spansOf(t.emulator)).toContainEqual(
    expect.objectContaining({ schema_name: 'agent:tool', result_payload: { result: 'found' } }),
  );
});

test('a stream that breaks fails the operation, its call and its run', async () => {
  const { t, telemetry, outcome } = await setUp();
  const error = new TypeError('connection lost');
  const model = streaming(
    new ReadableStream({
      start: (controller) => controller.enqueue({ type: 'text-start', id: '1' }),
      pull: (controller) => controller.error(error),
    }),
  );
  const result = streamText({ model, prompt: 'Weather?', onError() {}, telemetry });
  expect(await outcome(read(result.fullStream))).toBe(error);
  expect(treesOf(t.emulator)).toEqual(tree('streamText', 'failed'));
  expect(spansOf(t.emulator)[1]).toMatchObject({ result_payload: { message: 'connection lost' } });
});

test('an error within a stream fails operation and call, though the SDK does not tell which it was', async () => {
  const { t, telemetry, outcome } = await setUp();
  const parts: StreamPart[] = [
    ...textParts('S'),
    { type: 'error', error: new Error('overloaded') },
  ];
  const model = streaming(convertArrayToReadableStream(parts));
  const result = streamText({ model, prompt: 'Weather?', onError() {}, telemetry });
  await outcome(read(result.fullStream));
  expect(treesOf(t.emulator)).toEqual(tree('streamText', 'failed'));
});

test('a stream that the model does not begin fails the operation', async () => {
  const { t, telemetry, outcome } = await setUp();
  const model = modelOf([new RangeError('no model')]);
  const result = streamText({
    model,
    prompt: 'Weather?',
    maxRetries: 0,
    onError() {},
    telemetry,
  });
  await outcome(read(result.fullStream));
  expect(treesOf(t.emulator)).toEqual(tree('streamText', 'failed'));
  expect(spansOf(t.emulator)[0]).toMatchObject({ result_payload: { error_type: 'RangeError' } });
});

test('an attempt to begin a stream that was repeated has failed, and the operation has not', async () => {
  const { t, telemetry, outcome } = await setUp();
  const model = modelOf([retryable(), 'Sunny.']);
  const result = streamText({ model, prompt: 'Weather?', onError() {}, telemetry });
  expect(await outcome(read(result.textStream))).toBe(6);
  const children = ['complete', 'failed'].map((status) => ({ name: 'small-1', status }));
  const [run] = treesOf(t.emulator);
  expect(run).toMatchObject({ ...complete, spans: [{ name: 'streamText', ...complete }] });
  expect(run?.spans[0]?.children).toHaveLength(2);
  expect(run?.spans[0]?.children).toEqual(expect.arrayContaining(children));
});

test('a stream that nobody reads to its end stays open; within a run it ends with that', async () => {
  const { t, tracer, telemetry, outcome } = await setUp();
  const model = modelOf(() => 'Sunny.');
  const leave = async () => {
    streamText({ model, prompt: 'Never read', telemetry });
    for await (const _ of streamText({ model, prompt: 'Left', telemetry }).textStream) break;
  };
  await outcome(tracer.run({ name: 'assistant' }, leave));
  const left = { name: 'streamText', status: 'cancelled' };
  expect(treesOf(t.emulator)).toMatchObject([
    { status: 'complete', spans: [{ name: 'assistant', children: [left, left] }] },
  ]);
  await outcome(leave());
  expect(tracer.stats()).toMatchObject({ openRuns: 2 });
});

test('runs of streams that nobody reads are bounded by the tracer', async () => {
  const { t, tracer, telemetry, outcome } = await setUp({ maxOpenRuns: 1, logger: false });
  const model = modelOf(() => 'Sunny.');
  streamText({ model, prompt: 'Never read', telemetry });
  await t.settled();
  const result = streamText({ model, prompt: 'Read', telemetry });
  await outcome(read(result.textStream));
  expect(
    treesOf(t.emulator)
      .map(({ status }) => status)
      .sort(),
  ).toEqual(['cancelled', 'complete']);
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0, evictedRuns: 1 });
});

test('objects are streamed as well, by either way', async () => {
  const { t, telemetry, outcome } = await setUp();
  const schema = jsonSchema<{ city: string }>({ type: 'object' });
  const model = modelOf(() => '{"city":"Rome"}');
  const old = streamObject({ model, schema, prompt: 'City?', telemetry });
  await outcome(read(old.partialObjectStream));
  const output = Output.object({ schema });
  await outcome(
    read(streamText({ model, output, prompt: 'City?', telemetry }).partialOutputStream),
  );
  expect(treesOf(t.emulator)).toEqual(
    expect.arrayContaining([
      ...tree('streamObject', 'complete'),
      ...tree('streamText', 'complete'),
    ]),
  );
  const operations = spansOf(t.emulator).filter((span) => span['parent_span_id'] === null);
  expect(operations.map((span) => span['result_payload'])).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ city: 'Rome' }),
      expect.objectContaining({ text: { city: 'Rome' } }),
    ]),
  );
});

test('an object that breaks off fails streamObject, and not the call', async () => {
  const { t, telemetry, outcome } = await setUp();
  const schema = jsonSchema<object>({ type: 'object' });
  const model = modelOf(['[1']);
  const result = streamObject({ model, schema, prompt: 'City?', onError() {}, telemetry });
  result.object.catch(() => {});
  await outcome(read(result.fullStream));
  expect(treesOf(t.emulator)).toMatchObject([{ spans: [{ children: [{ status: 'complete' }] }] }]);
});
