import { context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parsedAll } from '../../src/genai/attribute-values.ts';
import type { SpanDescription } from '../../src/genai/describe-span.ts';
import { describeSpan } from '../../src/genai/describe-span.ts';
// biome-ignore lint/correctness/useImportExtensions: it is JavaScript
import { families } from './families.mjs';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});
afterAll(() => context.disable());

/** What a family's program recorded, by the names of the spans. */
async function describedBy(family: string, end?: 'failing'): Promise<Map<string, SpanDescription>> {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const program = families[family]?.(provider, end);
  if (end === 'failing') await expect(program).rejects.toThrow('the model is away');
  else await program;
  return new Map(exporter.getFinishedSpans().map((span) => [span.name, descriptionOf(span)]));
}

function descriptionOf({ name, attributes, events, status }: ReadableSpan): SpanDescription {
  const isError = status.code === 2;
  return describeSpan({
    name,
    attributes: parsedAll(attributes),
    events,
    status: { isError, message: status.message },
  });
}

const asked = 'Weather in Bern?';
const usage = { promptTokens: 12, completionTokens: 5 };

describe('spans that real instrumentations record are understood', () => {
  test('GenAI conventions', async () => {
    const spans = await describedBy('GenAI conventions (@ai-sdk/otel)');
    expect(spans.get('chat mock-1')).toMatchObject({
      type: 'agent:llm',
      input: [{ role: 'user', parts: [{ content: asked }] }, {}, {}],
      output: [{ role: 'assistant', parts: [{ content: 'Sunny.' }] }],
      model: 'mock-1',
      tokens: usage,
    });
    expect(spans.get('execute_tool weather')).toMatchObject({
      type: 'agent:tool',
      input: { city: 'Bern' },
      output: { city: 'Bern', sky: 'sunny' },
    });
    expect(spans.get('invoke_agent mock-1')).toMatchObject({
      type: 'agent:agent',
      tokens: { promptTokens: 24, completionTokens: 10 },
    });
    expect(spans.get('step 1')).toEqual({ type: 'agent:chain', attributes: {} });
  });

  test('AI SDK', async () => {
    const spans = await describedBy('AI SDK (LegacyOpenTelemetry)');
    expect(spans.get('ai.generateText.doGenerate')).toMatchObject({
      type: 'agent:llm',
      input: [{ role: 'user', content: [{ text: asked }] }, {}, {}],
      output: { text: 'Sunny.' },
      model: 'mock-1',
      tokens: { ...usage, totalTokens: 17 },
    });
    expect(spans.get('ai.toolCall')).toMatchObject({
      type: 'agent:tool',
      input: { city: 'Bern' },
      output: { sky: 'sunny' },
      attributes: { 'ai.toolCall.name': 'weather' },
    });
    expect(spans.get('ai.generateText')).toMatchObject({
      type: 'agent:agent',
      input: { messages: [{ role: 'user', content: asked }] },
      output: { text: 'Sunny.', toolCalls: [{ toolName: 'weather' }] },
    });
  });

  test('OpenInference', async () => {
    const spans = await describedBy('OpenInference (LangChain)');
    expect(spans.get('FakeListChatModel')).toMatchObject({
      type: 'agent:llm',
      input: [{ message: { role: 'user', content: asked } }],
      output: [{ message: { role: 'assistant', content: 'Sunny.' } }],
    });
    expect(spans.get('weather')).toMatchObject({
      type: 'agent:tool',
      input: 'Bern',
      output: 'sunny in Bern',
    });
    expect(spans.get('RunnableSequence')).toMatchObject({ type: 'agent:chain', output: 'Sunny.' });
  });

  test('OpenLLMetry', async () => {
    const spans = await describedBy('OpenLLMetry (LangChain)');
    expect(spans.get('chat FakeListChatModel')).toMatchObject({
      type: 'agent:llm',
      input: [{ role: 'user', parts: [{ content: asked }] }],
      output: [{ role: 'assistant', parts: [{ content: 'Sunny.' }] }],
    });
    expect(spans.get('execute_tool DynamicStructuredTool')).toMatchObject({
      type: 'agent:tool',
      input: { args: ['{"city":"Bern"}'] },
      output: '"sunny in Bern"',
    });
    expect(spans.get('workflow RunnableSequence')).toMatchObject({
      type: 'agent:chain',
      input: { city: 'Bern' },
    });
  });

  test('Langfuse', async () => {
    const spans = await describedBy('Langfuse (@langfuse/tracing)');
    expect(spans.get('answer')).toMatchObject({
      type: 'agent:llm',
      input: [{ role: 'user', content: 'Weather?' }],
      output: 'Sunny.',
      model: 'mock-1',
      tokens: { ...usage, totalTokens: 17 },
    });
    expect(spans.get('weather')).toEqual({
      type: 'agent:tool',
      input: { city: 'Bern' },
      output: { sky: 'sunny' },
      attributes: {},
    });
    expect(spans.get('forecast')).toMatchObject({ type: 'agent:agent', output: 'Sunny.' });
  });

  test.each(Object.keys(families))('%s: a model that fails', async (family) => {
    const spans = await describedBy(family, 'failing');
    const failed = [...spans.values()].filter(({ error }) => error !== undefined);
    expect(failed.map(({ type }) => type)).toContain('agent:llm');
    for (const { error } of failed) expect(error?.message).toMatch(/^the model is away/);
    for (const { type, error } of spans.values()) {
      if (type === 'agent:tool') expect(error).toBeUndefined();
    }
  });
});

function described(attributes: Record<string, unknown>): SpanDescription {
  return describeSpan({ name: 'a span', attributes: parsedAll(attributes) });
}

describe('values', () => {
  test('a span of which no family says anything keeps its attributes', () => {
    const attributes = { 'http.request.method': 'GET', 'url.full': 'https://example.com/' };
    expect(described(attributes)).toEqual({ attributes });
  });

  test('numbered attributes become one list, in the order of their numbers', () => {
    const { input, attributes } = described({
      'gen_ai.prompt.10.content': 'eleventh',
      'gen_ai.prompt.0.role': 'system',
      'gen_ai.prompt.0.content': 'first',
      'gen_ai.prompt.name': 'greeting',
    });
    expect(input).toEqual([{ role: 'system', content: 'first' }, { content: 'eleventh' }]);
    expect(attributes).toEqual({ 'gen_ai.prompt.name': 'greeting' });
  });

  test('numbered attributes may go on into one that is JSON, which stays as it is', () => {
    const attributes = parsedAll({
      'llm.input_messages.0.message': '{"role":"user"}',
      'llm.input_messages.0.message.content': 'Weather?',
    });
    const before = structuredClone(attributes);
    const { input } = describeSpan({ name: 'a span', attributes });
    expect(input).toEqual([{ message: { role: 'user', content: 'Weather?' } }]);
    expect(attributes).toEqual(before);
  });

  test('JSON within a text of JSON stays a text', () => {
    const texts = ['{"a":1}'];
    expect(described({ 'input.value': JSON.stringify(texts) }).input).toEqual(texts);
  });

  test('numbered attributes that contradict each other lose none of them', () => {
    const { input, attributes } = described({
      'llm.prompts.0': 'whole',
      'llm.prompts.0.text': 'part',
      'llm.prompts.1.a.b': 'deeper',
      'llm.prompts.1.a': 'text',
    });
    expect(input).toEqual(['whole', { a: { b: 'deeper' } }]);
    expect(attributes).toEqual({ 'llm.prompts.0.text': 'part', 'llm.prompts.1.a': 'text' });
  });

  test('names that objects inherit are names like any other', () => {
    const { input, attributes } = described({
      'llm.prompts.0.__proto__.polluted': 'yes',
      'gen_ai.operation.name': 'constructor',
    });
    expect(JSON.stringify(input)).toBe('[{"__proto__":{"polluted":"yes"}}]');
    expect({}).not.toHaveProperty('polluted');
    expect(attributes).toEqual({ 'gen_ai.operation.name': 'constructor' });
  });

  test('JSON text becomes data, and integers that a double would round become texts', () => {
    const text = '{"exact":9007199254740991,"rounded":9007199254740993,"ids":[-9007199254740993]}';
    expect(described({ 'input.value': text }).input).toEqual({
      exact: 9007199254740991,
      rounded: '9007199254740993',
      ids: ['-9007199254740993'],
    });
    expect(described({ 'input.value': '{not JSON' }).input).toBe('{not JSON');
    expect(described({ 'input.value': '12' }).input).toBe('12');
  });

  test('where the runtime does not tell the text of a number, the whole stays a text', () => {
    const { parse } = JSON;
    const text = '{"id":9007199254740993}';
    vi.spyOn(JSON, 'parse').mockImplementation((json, reviver) =>
      parse(json, (key, value) => reviver?.(key, value)),
    );
    expect(described({ 'input.value': text }).input).toBe(text);
    expect(described({ 'input.value': '{"id":1}' }).input).toEqual({ id: 1 });
    vi.restoreAllMocks();
  });

  test('attributes that no family knows are data as well, where they are JSON', () => {
    const given = { tools: ['{"name":"weather"}'], note: '{"text":"kept"}' };
    const attributes = { tools: [{ name: 'weather' }], note: { text: 'kept' } };
    expect(described(given)).toEqual({ attributes });
  });

  test('JSON that is nested deeper than the stack stays a text', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(described({ 'input.value': deep }).input).toBe(deep);
  });

  test.each([12, '12'])('a count of tokens may be a number or a text: %j', (given) => {
    const { tokens, attributes } = described({ 'gen_ai.usage.input_tokens': given });
    expect(tokens).toEqual({ promptTokens: 12 });
    expect(attributes).toEqual({});
  });

  test.each(['many', '9007199254740993', 1.5, 9007199254740993n])(
    'what is no count, or would be rounded, stays an attribute: %s',
    (given) => {
      const attributes = { 'gen_ai.usage.input_tokens': given };
      expect(described(attributes)).toEqual({ attributes });
    },
  );

  test('the first family with a value counts, and the names of the others stay', () => {
    const { type, model, attributes } = described({
      'gen_ai.operation.name': 'execute_tool',
      'traceloop.span.kind': 'task',
      'gen_ai.response.model': 'm-2026',
      'gen_ai.request.model': 'm',
    });
    expect([type, model]).toEqual(['agent:tool', 'm-2026']);
    expect(attributes).toEqual({ 'traceloop.span.kind': 'task', 'gen_ai.request.model': 'm' });
  });
});

describe('failures', () => {
  const exception = {
    name: 'exception',
    attributes: {
      'exception.type': 'TypeError',
      'exception.message': 'no',
      'exception.stacktrace': 'at',
    },
  };

  test('a status of error tells of the last exception', () => {
    const span = { name: 'a span', attributes: {}, events: [exception], status: { isError: true } };
    expect(describeSpan(span).error).toEqual({
      type: 'TypeError',
      message: 'no',
      stacktrace: 'at',
    });
  });

  test('an exception without such a status was caught, and is no failure', () => {
    const span = { name: 'a span', attributes: {}, events: [exception] };
    expect(describeSpan(span).error).toBeUndefined();
  });

  test('without any message it tells the type, or that nothing is known', () => {
    const failed = { name: 'a span', status: { isError: true } };
    const attributes = { 'error.type': 'timeout' };
    expect(describeSpan({ ...failed, attributes }).error).toEqual({
      type: 'timeout',
      message: 'timeout',
    });
    expect(describeSpan({ ...failed, attributes: {} }).error).toEqual({ message: 'unknown' });
  });

  test("Langfuse's level says so, too", () => {
    const { error } = described({
      'langfuse.observation.level': 'ERROR',
      'langfuse.observation.status_message': 'rate limit',
    });
    expect(error).toEqual({ message: 'rate limit' });
  });

  test('a message that is JSON stays a text', () => {
    const message = '{"error":{"code":429}}';
    const langfuse = described({
      'langfuse.observation.level': 'ERROR',
      'langfuse.observation.status_message': message,
    });
    expect(langfuse.error).toEqual({ message });
    const events = [{ name: 'exception', attributes: parsedAll({ 'exception.message': message }) }];
    const span = { name: 'a span', attributes: {}, events, status: { isError: true } };
    expect(describeSpan(span).error).toEqual({ message });
  });
});
