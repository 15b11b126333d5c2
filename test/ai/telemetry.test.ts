// The integration itself: the SDK's options, its types, and what must never happen.
import type { Telemetry } from 'ai';
import { generateText, isStepCount, jsonSchema, registerTelemetry, streamText, tool } from 'ai';
import { afterEach, expect, expectTypeOf, test } from 'vitest';
import { prefactorTelemetry } from '../../src/ai/index.ts';
import type { Tracer } from '../../src/trace/index.ts';
import { traced } from '../../src/trace/index.ts';
import { harness } from '../helpers/harness.ts';
import { spansOf, treesOf } from '../trace/trees.ts';
import { modelOf } from './models.ts';
import { setUp } from './set-up.ts';

afterEach(() => {
  globalThis.AI_SDK_TELEMETRY_INTEGRATIONS = undefined;
});

test('it is an integration of the AI SDK, for all calls or for one', async () => {
  const { t, tracer, outcome } = await setUp();
  expectTypeOf(prefactorTelemetry(tracer)).toExtend<Telemetry>();
  registerTelemetry(prefactorTelemetry(tracer));
  await outcome(generateText({ model: modelOf(['Hi.']), prompt: 'Hello' }));
  await outcome(
    generateText({ model: modelOf(['Hi.']), prompt: 'Hello', telemetry: { isEnabled: false } }),
  );
  expect(treesOf(t.emulator)).toHaveLength(1);
});

test('inputs and outputs that are not to be recorded are not, whatever the operation', async () => {
  const { t, telemetry, outcome } = await setUp();
  const secret = 'hunter2';
  const look = tool({
    inputSchema: jsonSchema<object>({ type: 'object' }),
    execute: async () => ({ found: secret }),
  });
  const failing = tool({
    inputSchema: jsonSchema<object>({ type: 'object' }),
    execute: async (): Promise<string> => {
      throw new Error(secret);
    },
  });
  const result = generateText({
    model: modelOf([
      [
        { id: 'c1', tool: 'look', input: { secret } },
        { id: 'c2', tool: 'failing', input: { secret } },
      ],
      secret,
    ]),
    tools: { look, failing },
    stopWhen: isStepCount(2),
    prompt: secret,
    telemetry: { ...telemetry, recordInputs: false, recordOutputs: false },
  });
  expect(await outcome(result)).toMatchObject({ text: secret });
  expect(JSON.stringify(t.actions())).not.toContain(secret);
  for (const span of spansOf(t.emulator)) {
    expect(Object(span['payload']).inputs).toEqual({});
    const { metadata: _, token_usage: __, ...said } = Object(span['result_payload']);
    expect(said).toEqual(span['status'] === 'failed' ? expect.anything() : {});
  }
  const complete = { status: 'complete' };
  expect(treesOf(t.emulator)).toMatchObject([
    {
      ...complete,
      spans: [
        {
          ...complete,
          children: [
            { name: 'failing', status: 'failed' },
            { name: 'look', ...complete },
            { name: 'small-1', ...complete },
            { name: 'small-1', ...complete },
          ],
        },
      ],
    },
  ]);
});

test.each([
  ['recordInputs', 'question', 'answer'],
  ['recordOutputs', 'answer', 'question'],
] as const)('%s alone hides no more than it says', async (option, hidden, shown) => {
  const { t, telemetry, outcome } = await setUp();
  const result = generateText({
    model: modelOf(['answer']),
    prompt: 'question',
    telemetry: { ...telemetry, [option]: false },
  });
  await outcome(result);
  expect(JSON.stringify(t.actions())).not.toContain(hidden);
  expect(JSON.stringify(t.actions())).toContain(shown);
});

test('of the runtime context only what is included is recorded', async () => {
  const { t, telemetry, outcome } = await setUp();
  const result = generateText({
    model: modelOf(['Hi.']),
    prompt: 'Hello',
    runtimeContext: { tenant: 'acme', apiKey: 'hunter2' },
    telemetry: { ...telemetry, includeRuntimeContext: { tenant: true } },
  });
  await outcome(result);
  expect(JSON.stringify(t.actions())).not.toContain('hunter2');
  expect(spansOf(t.emulator)).toContainEqual(
    expect.objectContaining({
      payload: expect.objectContaining({
        metadata: expect.objectContaining({ runtimeContext: { tenant: 'acme' } }),
      }),
    }),
  );
});

test('a run of its own is registered as the option says', async () => {
  const t = await harness();
  const run = { agentId: 'agent-1', agentVersion: { name: 'Shop assistant' } };
  const telemetry = { integrations: prefactorTelemetry(traced(t.client), { run }) };
  const result = generateText({ model: modelOf(['Hi.']), prompt: 'Hello', telemetry });
  await t.settled();
  await result;
  expect(t.actions()[0]).toMatchObject({
    agent_id: 'agent-1',
    agent_version: { name: 'Shop assistant' },
  });
});

test('what is redacted by the tracer is redacted here', async () => {
  const { t, telemetry, outcome } = await setUp({ redact: ['messages.*.content'] });
  await outcome(generateText({ model: modelOf(['Hi.']), prompt: 'hunter2', telemetry }));
  expect(JSON.stringify(t.actions())).not.toContain('hunter2');
});

test('anything but a tracer is refused, with what to do', () => {
  const message = 'tracer must be what traced(client) of prefactor-autobatch/trace returns.';
  for (const wrong of [undefined, {}, 7]) {
    expect(() => prefactorTelemetry(wrong as unknown as Tracer)).toThrow(new TypeError(message));
  }
});

test('events out of order, of unknown operations or twice hurt nobody', async () => {
  const { t, tracer } = await setUp();
  const integration = prefactorTelemetry(tracer);
  const names = Object.keys(integration).filter((name) => name.startsWith('on'));
  const call = (name: string, event: object) =>
    Reflect.apply(Reflect.get(integration, name), integration, [event]);
  for (const name of names) call(name, { callId: 'unknown' });
  integration.onError(undefined);
  integration.onStart({ callId: 'a' });
  for (const name of [...names, ...names].reverse()) call(name, { callId: 'a', toolCall: {} });
  for (const method of ['executeTool', 'executeLanguageModelCall'] as const) {
    expect(integration[method]({ callId: 'unknown', execute: () => 7 })).toBe(7);
    expect(() =>
      integration[method]({
        callId: 'a',
        execute: () => {
          throw new RangeError('mine');
        },
      }),
    ).toThrow(new RangeError('mine'));
  }
  await t.settled();
  expect(t.client.stats().ledger.refused).toBe(0);
});

test('a client that is closed, or refused everything, changes no answer', async () => {
  const { t, telemetry, outcome } = await setUp({ logger: false });
  await outcome(t.client.close());
  const result = generateText({ model: modelOf(['Hi.']), prompt: 'Hello', telemetry });
  expect(await outcome(result)).toMatchObject({ text: 'Hi.' });
});

test('50 agents at once end in the right state, with at most one request for each 20 actions', async () => {
  const { t, telemetry, outcome } = await setUp();
  const agents = Array.from({ length: 50 }, async (_, at) => {
    const calls = ['a', 'b'].map((id) => ({ id, tool: 'look', input: { agent: at, id } }));
    let turns = 0;
    const model = modelOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return turns++ === 0 ? calls : `answer ${at}`;
    });
    const look = tool({
      inputSchema: jsonSchema<{ id: string }>({ type: 'object' }),
      execute: async ({ id }) => `${at} ${id}`,
    });
    const options = { model, tools: { look }, stopWhen: isStepCount(2), prompt: `question ${at}` };
    const settings = { telemetry: { ...telemetry, functionId: `agent ${at}` } };
    if (at % 2 === 0) return (await generateText({ ...options, ...settings })).text;
    return streamText({ ...options, ...settings }).text;
  });
  const texts = await outcome(Promise.all(agents));
  expect(texts).toEqual(agents.map((_, at) => `answer ${at}`));
  const complete = { status: 'complete' };
  const children = ['look', 'look', 'small-1', 'small-1'].map((name) => ({ name, ...complete }));
  const tree = (at: number) => ({
    ...complete,
    spans: [{ name: `agent ${at}`, ...complete, children }],
  });
  const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
  expect(treesOf(t.emulator).sort(byText)).toEqual(agents.map((_, at) => tree(at)).sort(byText));
  const spans = spansOf(t.emulator);
  const ids = new Map(spans.map((span) => [span['id'], String(Object(span['payload']).name)]));
  for (const span of spans.filter(({ schema_name: type }) => type === 'agent:tool')) {
    const { agent, id } = Object(span['payload']).inputs;
    expect(ids.get(span['parent_span_id'])).toBe(`agent ${agent}`);
    expect(span['result_payload']).toEqual({ result: `${agent} ${id}` });
  }
  const { batches, requests } = t.emulator.report();
  const actions = batches.reduce((sum, { keys }) => sum + keys.length, 0);
  expect(actions).toBe(50 * (3 + 5 * 2));
  expect(requests.bulk).toBeLessThanOrEqual(actions / 20);
});
