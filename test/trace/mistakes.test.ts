// What JavaScript lets a newcomer write: it is told, and changes nothing else.
import { expect, test } from 'vitest';
import { genAiSpanTypes, traced } from '../../src/trace/index.ts';
import { harness } from '../helpers/harness.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';
import { spansOf, treesOf } from './trees.ts';

async function setUp() {
  const t = await harness();
  const logger = recordingLogger();
  const tracer = traced(t.client, { logger });
  return { ...t, tracer, told: () => logger.entries.map(([, text]) => text) };
}

test('without a function nothing is recorded, and the error says what to pass', async () => {
  const { tracer, settled, client } = await setUp();
  const none = undefined as never;
  expect(() => tracer.run({ name: 'a' }, none)).toThrow(
    new TypeError(
      "tracer.run needs a function to record: tracer.run({ name: 'agent' }, () => …). It is missing. To end a run yourself, use tracer.startRun.",
    ),
  );
  const example =
    "span needs a function to record: span('step', () => …). It is missing. To end a span yourself, use startSpan.";
  expect(() => tracer.span((() => {}) as never, none)).toThrow(`tracer.${example}`);
  const run = tracer.startRun({});
  const span = run.startSpan('a');
  expect(() => run.span('b', none)).toThrow(new TypeError(example));
  expect(() => span.span('b', none)).toThrow(example);
  expect(() => span.within(none)).toThrow('within needs a function to call. It is missing.');
  run.end();
  const late = span.startSpan('late');
  expect(() => late.span('b', none)).toThrow(example);
  expect(() => late.within(none)).toThrow('within needs a function');
  await settled();
  expect(client.stats().ledger.accepted).toBe(5);
});

test('a field that nobody reads is told of once, with the nearest that somebody does', async () => {
  const { tracer, settled, emulator, told } = await setUp();
  tracer.run({ name: 'agent' }, (run) => {
    for (const name of ['a', 'b']) tracer.span({ name, inputs: 1 } as never, () => {});
    run.set({ outputs: 1, attributes: { a: 1 } } as never);
    run.set({ tokenUsage: { prompt_tokens: 1, totalTokens: 2 } } as never);
  });
  tracer.startRun({}).end({ output: 1 } as never);
  await settled();
  expect(treesOf(emulator).map(({ status }) => status)).toEqual(['complete', 'complete']);
  expect(spansOf(emulator)[0]).toMatchObject({ payload: { name: 'a', inputs: {} } });
  expect(told()).toEqual([
    'A span has the field inputs, which is not known here; the nearest is input. It is not recorded.',
    'What a span has set, or its end, has the field outputs, which is not known here; the nearest is output. It is not recorded.',
    'The tokenUsage of a span has the field prompt_tokens, which is not known here; the nearest is promptTokens. It is not recorded.',
    'The end of a run has the field output, which is not known here; known are status, error, endedAt. It is not recorded.',
  ]);
});

test('a run with a field that nobody reads is recorded without it', async () => {
  const { tracer, settled, emulator, told } = await setUp();
  tracer.run({ name: 'agent', inputs: 1, purpose: 'live' } as never, () => {});
  await settled();
  expect(treesOf(emulator)).toEqual([
    { status: 'complete', spans: [{ name: 'agent', status: 'complete' }] },
  ]);
  expect(told()).toEqual([
    'A run has the field inputs, which is not known here; the nearest is input. It is not recorded.',
  ]);
});

test('what is no object of fields is told of', async () => {
  const { tracer, settled, told } = await setUp();
  const run = tracer.startRun({});
  run.startSpan('a').end(new Error('no') as never);
  run.startSpan('b').set('done' as never);
  run.end('done' as never);
  await settled();
  expect(told()).toEqual([
    'What a span has set, or its end, must be an object with fields such as output, but it is an error. It is not recorded.',
    'The end of a run must be an object with fields such as status, but it is a string. It is not recorded.',
  ]);
});

test('a span without a name has one nonetheless, and is told of once', async () => {
  const { tracer, settled, emulator, told } = await setUp();
  const run = tracer.startRun({});
  for (const wrong of [7, undefined, { name: '' }, {}, null]) run.startSpan(wrong as never).end();
  run.end();
  await settled();
  expect(spansOf(emulator).map(({ payload }) => payload)).toEqual(
    Array.from({ length: 5 }, () => ({ name: 'span', inputs: {} })),
  );
  expect(told()).toEqual([
    "A span needs a name, a text: startSpan('step'), or startSpan({ name: 'step' }). It is recorded as 'span'.",
  ]);
});

test('a type that no schema of the run has is told of, with the nearest that one has', async () => {
  const { tracer, settled, told } = await setUp();
  const mine = { name: 'mine:tool', params_schema: { type: 'object' } };
  const agentSchemaVersion = {
    externalIdentifier: 'mine-1',
    spanTypeSchemas: [...genAiSpanTypes, mine],
  };
  tracer.run({ agentSchemaVersion }, () => tracer.span({ name: 'a', type: 'mine:tool' }, () => {}));
  expect(told()).toEqual([]);
  tracer.run({}, () => tracer.span({ name: 'a', type: 'tool' }, () => {}));
  await settled();
  expect(told()).toEqual([
    'A span has the type tool, which is in no schema of its run; the nearest is agent:tool. It is shown without a schema. For types of your own, see genAiSpanTypes.',
  ]);
});

test('adapters may give what they know of a span both at its start and at its end', async () => {
  const { tracer, settled, told } = await setUp();
  const all = {
    name: 'a',
    type: 'agent:tool',
    input: 1,
    output: 2,
    attributes: {},
    tokenUsage: { totalTokens: 1 },
    status: 'complete' as const,
    extra: undefined,
  };
  const run = tracer.startRun({});
  run.startSpan(all).end(all);
  run.end({});
  await settled();
  expect(told()).toEqual([]);
});
