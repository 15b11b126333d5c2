// 50 agents of the AI SDK at once, each with a tool that asks another model, recorded as runs. Models and server are
// stand-ins in this process, each with 20 ms of latency, so that the example can look at what has arrived.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { generateText, isStepCount, jsonSchema, registerTelemetry, tool } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { prefactorTelemetry } from '../src/ai/index.ts';
import { AutobatchClient } from '../src/index.ts';
import { Emulator } from '../src/testing/index.ts';
import { traced } from '../src/trace/index.ts';

const emulator = new Emulator({ latencyMs: 20 });
const client = new AutobatchClient({ apiToken: 'test-token', fetch: emulator.fetch });

// All that it takes. From here on nothing knows of it.
registerTelemetry(prefactorTelemetry(traced(client)));

const findOrder = tool({
  description: 'Where an order is',
  inputSchema: jsonSchema<{ order: number }>({
    type: 'object',
    properties: { order: { type: 'number' } },
    required: ['order'],
  }),
  execute: async ({ order }) => {
    const { text } = await generateText({
      model: standIn('small', () => `Order ${order} is on its way.`),
      prompt: `Sum up the records of order ${order}`,
    });
    return text;
  },
});

const answers = await Promise.all(
  Array.from({ length: 50 }, async (_, order) => {
    const { text } = await generateText({
      model: standIn('large', (turn) => (turn === 0 ? { order } : 'It is on its way.')),
      tools: { findOrder },
      stopWhen: isStepCount(3),
      prompt: `Where is order ${order}?`,
      telemetry: { functionId: 'Shop assistant' },
    });
    return text;
  }),
);
await client.close();

const runs = Object.values(emulator.snapshot().instances);
const spans = runs.flatMap((run) => Object.values(run.spans));
const names = new Map(spans.map((span) => [span['id'], nameOf(span)]));
const places = new Map<string, number>();
for (const span of spans) {
  const parent = names.get(span['parent_span_id']);
  const place = parent === undefined ? nameOf(span) : `${parent} > ${nameOf(span)}`;
  places.set(place, (places.get(place) ?? 0) + 1);
}
console.log(`${answers.length} answers, ${runs.length} runs`);
console.table(Object.fromEntries(places));
assert.deepEqual(Object.fromEntries(places), {
  'Shop assistant': 50,
  'Shop assistant > large': 100,
  'Shop assistant > findOrder': 50,
  'findOrder > generateText': 50,
  'generateText > small': 50,
});
assert.ok([...runs, ...spans].every((one) => one['status'] === 'complete'));

const { batches, requests } = emulator.report();
const actions = batches.reduce((sum, { keys }) => sum + keys.length, 0);
console.log(`${actions} actions in ${requests.bulk} requests`);
assert.ok(requests.bulk <= actions / 20);

function nameOf(span: Readonly<Record<string, unknown>>): string {
  return String(Object(span['payload']).name);
}

/** A model that says a text, or calls the tool with an input. */
function standIn(modelId: string, say: (turn: number) => string | object): MockLanguageModelV4 {
  let turns = 0;
  return new MockLanguageModelV4({
    modelId,
    doGenerate: async () => {
      await delay(20);
      const said = say(turns++);
      const isText = typeof said === 'string';
      return {
        content: isText
          ? [{ type: 'text', text: said }]
          : [
              {
                type: 'tool-call',
                toolCallId: 'call',
                toolName: 'findOrder',
                input: JSON.stringify(said),
              },
            ],
        finishReason: { unified: isText ? 'stop' : 'tool-calls', raw: undefined },
        usage: {
          inputTokens: { total: 7, noCache: 7, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 2, text: 2, reasoning: 0 },
        },
        warnings: [],
      };
    },
  });
}
