// What the functions of the AI SDK leave on the server.
import {
  embed,
  embedMany,
  generateObject,
  generateText,
  isStepCount,
  jsonSchema,
  rerank,
  tool,
} from 'ai';
import { MockEmbeddingModelV4, MockRerankingModelV4 } from 'ai/test';
import { expect, test } from 'vitest';
import { spansOf, treesOf } from '../trace/trees.ts';
import { asked, modelOf, retryable, TOKENS } from './models.ts';
import { setUp } from './set-up.ts';

const complete = { status: 'complete' };
const failed = { status: 'failed' };

const weather = tool({
  inputSchema: jsonSchema<{ city: string }>({ type: 'object' }),
  execute: async ({ city }) => ({ city, degrees: 21 }),
});

const failing = tool({
  inputSchema: jsonSchema<object>({ type: 'object' }),
  execute: async (): Promise<string> => {
    throw new RangeError('no such city');
  },
});

/** What went into spans of a type and what came out, sorted by the texts of both. */
const calls = (spans: ReturnType<typeof spansOf>, type: string) =>
  spans
    .filter((span) => span['schema_name'] === type)
    .map((span) => [span['payload'], span['result_payload']])
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

test('a call of generateText outside of any run is a run of its own', async () => {
  const { t, tracer, telemetry, outcome } = await setUp();
  const result = generateText({
    model: modelOf(['Sunny.']),
    instructions: 'Be brief.',
    prompt: 'How is the weather?',
    telemetry: { ...telemetry, functionId: 'weather' },
  });
  expect(await outcome(result)).toMatchObject({ text: 'Sunny.' });
  expect(treesOf(t.emulator)).toEqual([
    {
      ...complete,
      spans: [{ name: 'weather', ...complete, children: [{ name: 'small-1', ...complete }] }],
    },
  ]);
  expect(t.actions()[0]).toMatchObject({ agent_version: { name: 'weather' } });
  const inputs = { instructions: 'Be brief.', messages: asked('How is the weather?') };
  const metadata = { model: 'small-1', provider: 'mock' };
  const [call, operation] = spansOf(t.emulator);
  expect(call).toMatchObject({
    schema_name: 'agent:llm',
    payload: { name: 'small-1', inputs, metadata },
  });
  expect(call?.['result_payload']).toEqual({
    result: [{ type: 'text', text: 'Sunny.' }],
    token_usage: TOKENS,
    metadata: { model: 'small-1', provider: 'mock', finishReason: 'stop' },
  });
  expect(operation).toMatchObject({
    schema_name: 'agent:agent',
    payload: { name: 'weather', inputs, metadata },
  });
  // Without tokens: what the model has used is counted once.
  expect(operation?.['result_payload']).toEqual({
    text: 'Sunny.',
    metadata: { model: 'small-1', finishReason: 'stop' },
  });
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0, forgottenSpans: 0 });
});

test('tools at once and one after another are children of the operation, each with its own input and output', async () => {
  const { t, telemetry, outcome } = await setUp();
  const result = generateText({
    model: modelOf([
      [
        { id: 'c1', tool: 'weather', input: { city: 'Rome' } },
        { id: 'c2', tool: 'failing', input: { city: 'Atlantis' } },
      ],
      [{ id: 'c3', tool: 'weather', input: { city: 'Oslo' } }],
      'Sunny.',
    ]),
    tools: { weather, failing },
    stopWhen: isStepCount(5),
    prompt: 'Weather?',
    telemetry,
  });
  expect(await outcome(result)).toMatchObject({ text: 'Sunny.' });
  expect(treesOf(t.emulator)).toEqual([
    {
      ...complete,
      spans: [
        {
          name: 'generateText',
          ...complete,
          children: [
            { name: 'failing', ...failed },
            ...Array(3).fill({ name: 'small-1', ...complete }),
            ...Array(2).fill({ name: 'weather', ...complete }),
          ],
        },
      ],
    },
  ]);
  expect(calls(spansOf(t.emulator), 'agent:tool')).toMatchObject([
    [{ inputs: { city: 'Atlantis' } }, { error_type: 'RangeError', message: 'no such city' }],
    [{ inputs: { city: 'Oslo' } }, { city: 'Oslo', degrees: 21 }],
    [{ inputs: { city: 'Rome' } }, { city: 'Rome', degrees: 21 }],
  ]);
});

test('within a run of the tracer an operation is a child; within a tool, a child of the tool', async () => {
  const { t, tracer, telemetry, outcome } = await setUp();
  const research = tool({
    inputSchema: jsonSchema<object>({ type: 'object' }),
    execute: async () => {
      await tracer.span('look up', async () => 'found');
      const model = modelOf(['Notes.'], 'small-2');
      return (await generateText({ model, prompt: 'Sum up', telemetry })).text;
    },
  });
  const model = modelOf([[{ id: 'c1', tool: 'research', input: {} }], 'Done.']);
  const answer = tracer.run({ name: 'assistant' }, () =>
    generateText({
      model,
      tools: { research },
      stopWhen: isStepCount(2),
      prompt: 'Go',
      telemetry: { ...telemetry, functionId: 'outer' },
    }).then(({ text }) => text),
  );
  expect(await outcome(answer)).toBe('Done.');
  const nested = [{ name: 'small-2', ...complete }];
  const below = [
    { name: 'generateText', ...complete, children: nested },
    { name: 'look up', ...complete },
  ];
  const children = [
    { name: 'research', ...complete, children: below },
    { name: 'small-1', ...complete },
    { name: 'small-1', ...complete },
  ];
  expect(treesOf(t.emulator)).toEqual([
    {
      ...complete,
      spans: [
        {
          name: 'assistant',
          ...complete,
          children: [{ name: 'outer', ...complete, children }],
        },
      ],
    },
  ]);
});

test('a tool that gives several results is one span: its last is the output, and what it does is below it', async () => {
  const { t, tracer, telemetry, outcome } = await setUp();
  const search = tool({
    inputSchema: jsonSchema<object>({ type: 'object' }),
    async *execute() {
      yield { status: 'searching' };
      const found = await tracer.span('look up', async () => 3);
      yield { status: 'done', found };
    },
  });
  const model = modelOf([[{ id: 'c1', tool: 'search', input: {} }], 'Done.']);
  const options = { model, tools: { search }, stopWhen: isStepCount(2), prompt: 'Go', telemetry };
  expect(await outcome(generateText(options))).toMatchObject({ text: 'Done.' });
  expect(treesOf(t.emulator)[0]?.spans[0]?.children?.[0]).toEqual({
    name: 'search',
    ...complete,
    children: [{ name: 'look up', ...complete }],
  });
  expect(calls(spansOf(t.emulator), 'agent:tool')).toMatchObject([
    [{ name: 'search' }, { status: 'done', found: 3 }],
  ]);
});

test('a tool that fails after a first result has failed', async () => {
  const { t, telemetry, outcome } = await setUp();
  const search = tool({
    inputSchema: jsonSchema<object>({ type: 'object' }),
    async *execute() {
      yield { status: 'searching' };
      throw new RangeError('no such city');
    },
  });
  const model = modelOf([[{ id: 'c1', tool: 'search', input: {} }], 'Sorry.']);
  const options = { model, tools: { search }, stopWhen: isStepCount(2), prompt: 'Go', telemetry };
  expect(await outcome(generateText(options))).toMatchObject({ text: 'Sorry.' });
  expect(treesOf(t.emulator)[0]?.spans[0]?.children?.[0]).toEqual({ name: 'search', ...failed });
  expect(calls(spansOf(t.emulator), 'agent:tool')).toMatchObject([
    [{ name: 'search' }, { error_type: 'RangeError', message: 'no such city' }],
  ]);
});

test('what a model does is below its call', async () => {
  const { t, tracer, telemetry, outcome } = await setUp();
  const model = modelOf(() => tracer.span('proxy', () => 'Hi.'));
  await outcome(generateText({ model, prompt: 'Hello', telemetry }));
  expect(treesOf(t.emulator)[0]?.spans[0]?.children).toEqual([
    { name: 'small-1', ...complete, children: [{ name: 'proxy', ...complete }] },
  ]);
});

test('an error of the model fails the call, the operation and the run, and is thrown as it is', async () => {
  const { t, telemetry, outcome } = await setUp();
  const error = new TypeError('no model');
  const result = generateText({
    model: modelOf([error]),
    prompt: 'Hello',
    maxRetries: 0,
    telemetry,
  });
  expect(await outcome(result)).toBe(error);
  expect(treesOf(t.emulator)).toEqual([
    {
      ...failed,
      spans: [{ name: 'generateText', ...failed, children: [{ name: 'small-1', ...failed }] }],
    },
  ]);
  const thrown = { error_type: 'TypeError', message: 'no model' };
  expect(spansOf(t.emulator).map((span) => span['result_payload'])).toMatchObject([thrown, thrown]);
});

test('an abort cancels the call, the operation and the run', async () => {
  const { t, telemetry, outcome } = await setUp();
  const abort = new AbortController();
  const model = modelOf(
    ({ abortSignal }) =>
      new Promise((_, reject) => {
        abortSignal?.addEventListener('abort', () => reject(abortSignal.reason));
        abort.abort();
      }),
  );
  const { signal: abortSignal } = abort;
  const result = generateText({ model, prompt: 'Hello', abortSignal, telemetry });
  expect(await outcome(result)).toMatchObject({ name: 'AbortError' });
  const cancelled = { status: 'cancelled' };
  expect(treesOf(t.emulator)).toEqual([
    {
      ...cancelled,
      spans: [
        { name: 'generateText', ...cancelled, children: [{ name: 'small-1', ...cancelled }] },
      ],
    },
  ]);
});

test('a call that is tried again is one span, as the SDK tells of it', async () => {
  const { t, telemetry, outcome } = await setUp();
  const model = modelOf([retryable(), 'Hi.']);
  const result = generateText({ model, prompt: 'Hello', telemetry });
  expect(await outcome(result)).toMatchObject({ text: 'Hi.' });
  expect(treesOf(t.emulator)[0]?.spans).toEqual([
    { name: 'generateText', ...complete, children: [{ name: 'small-1', ...complete }] },
  ]);
});

test('generateObject is a chain with a call of a model, and its output the object', async () => {
  const { t, telemetry, outcome } = await setUp();
  const schema = jsonSchema<{ city: string }>({ type: 'object' });
  const model = modelOf(['{"city":"Rome"}']);
  await outcome(generateObject({ model, schema, prompt: 'Which city?', telemetry }));
  const [operation, call] = spansOf(t.emulator);
  expect(operation).toMatchObject({
    schema_name: 'agent:chain',
    ...complete,
    payload: { name: 'generateObject', inputs: { prompt: 'Which city?' } },
    result_payload: { city: 'Rome' },
  });
  expect(call).toMatchObject({
    schema_name: 'agent:llm',
    parent_span_id: operation?.['id'],
    ...complete,
    payload: { name: 'small-1' },
    result_payload: { city: 'Rome', token_usage: TOKENS },
  });
});

test('an object that cannot be read fails generateObject, and not the call', async () => {
  const { t, telemetry, outcome } = await setUp();
  const schema = jsonSchema<object>({ type: 'object' });
  const model = modelOf(['{"city":']);
  const result = await outcome(generateObject({ model, schema, prompt: 'City?', telemetry }));
  expect(result).toBeInstanceOf(Error);
  expect(treesOf(t.emulator)).toEqual([
    {
      ...failed,
      spans: [{ name: 'generateObject', ...failed, children: [{ name: 'small-1', ...complete }] }],
    },
  ]);
});

test('embeddings are calls of a model, also in parts at once', async () => {
  const { t, telemetry, outcome } = await setUp();
  const model = new MockEmbeddingModelV4({
    modelId: 'embedding-1',
    maxEmbeddingsPerCall: 2,
    supportsParallelCalls: true,
    doEmbed: async ({ values }) => ({
      embeddings: values.map((value) => [Number(value)]),
      usage: { tokens: values.length },
      warnings: [],
    }),
  });
  await outcome(embedMany({ model, values: ['1', '2', '3'], telemetry }));
  await outcome(embed({ model, value: '4', telemetry }));
  expect(treesOf(t.emulator).map(({ spans }) => spans)).toEqual([
    [
      {
        name: 'embedMany',
        ...complete,
        children: Array(2).fill({ name: 'embedding-1', ...complete }),
      },
    ],
    [{ name: 'embed', ...complete, children: [{ name: 'embedding-1', ...complete }] }],
  ]);
  expect(calls(spansOf(t.emulator), 'agent:embedding')).toMatchObject([
    [{ inputs: { input: ['1', '2'] } }, { result: [[1], [2]], token_usage: { prompt_tokens: 2 } }],
    [{ inputs: { input: ['3'] } }, { result: [[3]], token_usage: { prompt_tokens: 1 } }],
    [{ inputs: { input: ['4'] } }, { result: [[4]], token_usage: { prompt_tokens: 1 } }],
  ]);
});

test('an attempt at an embedding that was repeated has failed, and the operation has not', async () => {
  const { t, telemetry, outcome } = await setUp();
  let attempts = 0;
  const model = new MockEmbeddingModelV4({
    modelId: 'embedding-1',
    doEmbed: async () => {
      if (attempts++ === 0) throw retryable();
      return { embeddings: [[1]], warnings: [] };
    },
  });
  await outcome(embed({ model, value: '1', telemetry }));
  expect(attempts).toBe(2);
  expect(treesOf(t.emulator)).toEqual([
    {
      ...complete,
      spans: [
        {
          name: 'embed',
          ...complete,
          children: [
            { name: 'embedding-1', ...failed },
            { name: 'embedding-1', ...complete },
          ],
        },
      ],
    },
  ]);
});

test('a model for embeddings or reranking that fails fails the operation and the run', async () => {
  const { t, telemetry, outcome } = await setUp();
  const fail = async (): Promise<never> => {
    throw new RangeError('no model');
  };
  const embedding = new MockEmbeddingModelV4({ modelId: 'small-1', doEmbed: fail });
  const reranking = new MockRerankingModelV4({ modelId: 'small-1', doRerank: fail });
  const options = { maxRetries: 0, telemetry };
  const works = [
    () => embed({ model: embedding, value: '1', ...options }),
    () => embedMany({ model: embedding, values: ['1'], ...options }),
    () => rerank({ model: reranking, query: 'rain', documents: ['sun'], ...options }),
  ];
  for (const work of works) expect(await outcome<unknown>(work())).toBeInstanceOf(RangeError);
  const trees = ['embed', 'embedMany', 'rerank'].map((name) => ({
    ...failed,
    spans: [{ name, ...failed, children: [{ name: 'small-1', ...failed }] }],
  }));
  expect(treesOf(t.emulator)).toEqual(expect.arrayContaining(trees));
});

test('reranking is a call of a model, with query, documents and ranking', async () => {
  const { t, telemetry, outcome } = await setUp();
  const model = new MockRerankingModelV4({
    modelId: 'rerank-1',
    doRerank: async () => ({ ranking: [{ index: 1, relevanceScore: 0.9 }] }),
  });
  await outcome(rerank({ model, query: 'rain', documents: ['sun', 'wet'], telemetry }));
  const inputs = { query: 'rain', documents: ['sun', 'wet'] };
  expect(spansOf(t.emulator)).toMatchObject([
    {
      schema_name: 'agent:chain',
      payload: { name: 'rerank', inputs },
      result_payload: { result: [{ originalIndex: 1, score: 0.9, document: 'wet' }] },
    },
    {
      schema_name: 'agent:reranker',
      payload: { name: 'rerank-1', inputs },
      result_payload: { result: [{ index: 1, relevanceScore: 0.9 }] },
    },
  ]);
});
