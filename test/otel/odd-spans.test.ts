// Spans as no SDK should make them, and processors as nobody should use them: nothing throws, and what can be is recorded.
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';
import { PrefactorSpanProcessor } from '../../src/otel/index.ts';
import { runsOf, spansOf, treesOf } from '../trace/trees.ts';
import type { TracedProgram } from './traced-program.ts';
import { tracedProgram, within } from './traced-program.ts';

const complete = { status: 'complete' };
const NOW = '2026-09-01T08:00:00.123Z';

let made = 0;
/** A span that was made by hand. */
function oddSpan(name: string, fields: object = {}) {
  const spanId = String(++made).padStart(16, '0');
  const span = {
    name,
    kind: 0,
    attributes: {},
    links: [],
    events: [],
    status: { code: 0 },
    resource: { attributes: {} },
    instrumentationScope: { name: 'odd' },
    startTime: [1_788_249_600, 0],
    endTime: [1_788_249_600, 0],
    spanContext: () => ({ traceId: spanId.padStart(32, '1'), spanId, traceFlags: 1 }),
    ...fields,
  };
  return span as never;
}

function play(t: TracedProgram, span: never): void {
  t.processor.onStart(span);
  t.processor.onEnd(span);
}

/** Ends the program: the server has refused nothing, and nothing was said to the user. */
async function end(t: TracedProgram, warnings: readonly unknown[] = []): Promise<void> {
  await within(t, t.provider.shutdown());
  expect(t.client.stats().ledger).toMatchObject({ refused: 0, declined: 0 });
  expect(t.log.entries.filter(([level]) => level !== 'debug')).toEqual(warnings);
}

describe('times', () => {
  test.each([
    ['no numbers', [Number.NaN, Number.NaN]],
    ['beyond what a date can say', [8e15, 0]],
    ['no pair', 7],
    ['missing', undefined],
    ['big', [1_788_249_600n, 0n]],
  ])('one that is none is the present: %s', async (_, time) => {
    const t = await tracedProgram();
    play(t, oddSpan('odd', { startTime: time, endTime: time }));
    await end(t);
    const present = { ...complete, started_at: NOW, finished_at: NOW };
    expect(spansOf(t.emulator)).toMatchObject([present]);
    expect(runsOf(t.emulator)).toMatchObject([present]);
  });

  test('the end of a span that has none does not decide when its run ends', async () => {
    const t = await tracedProgram();
    const root = t.tracer.startSpan('root');
    const ids = () => ({ ...root.spanContext(), spanId: '00000000000000aa' });
    play(t, oddSpan('odd', { spanContext: ids, endTime: [Number.NaN, 0] }));
    await t.pass(1_000);
    root.end();
    await end(t);
    const last = t.recorded('root')['finished_at'];
    expect(last).not.toBe(NOW);
    expect(runsOf(t.emulator)).toMatchObject([{ finished_at: last }]);
  });

  test('an end before the start is recorded as it is told', async () => {
    const t = await tracedProgram();
    play(t, oddSpan('odd', { endTime: [1_788_249_500, 0] }));
    await end(t);
    const times = {
      started_at: '2026-09-01T08:00:00.000Z',
      finished_at: '2026-09-01T07:58:20.000Z',
    };
    expect(spansOf(t.emulator)).toMatchObject([times]);
    expect(runsOf(t.emulator)).toMatchObject([times]);
  });
});

describe('out of order', () => {
  test('a span that starts twice, or ends twice, is one', async () => {
    const t = await tracedProgram();
    const span = oddSpan('odd');
    t.processor.onStart(span);
    play(t, span);
    t.processor.onEnd(span);
    await t.settled();
    t.processor.onEnd(span);
    await end(t);
    expect(treesOf(t.emulator)).toEqual([{ ...complete, spans: [{ name: 'odd', ...complete }] }]);
  });

  test('a span that ends without having started is ignored', async () => {
    const t = await tracedProgram();
    t.processor.onEnd(oddSpan('odd'));
    await end(t);
    expect(t.sent).toEqual([]);
  });

  test('a span that is its own parent is a root', async () => {
    const t = await tracedProgram();
    const spanId = 'f'.repeat(16);
    play(
      t,
      oddSpan('odd', {
        spanContext: () => ({ traceId: 'f', spanId }),
        parentSpanContext: { spanId },
      }),
    );
    await end(t);
    expect(treesOf(t.emulator)).toMatchObject([{ spans: [{ name: 'odd', ...complete }] }]);
  });

  test('a provider that is shut down in the middle ends what is open, and hears of nothing later', async () => {
    const t = await tracedProgram();
    const root = t.tracer.startSpan('root');
    await t.settled();
    const isDown = t.provider.shutdown();
    const below = trace.setSpan(ROOT_CONTEXT, root);
    t.tracer.startSpan('late', {}, below).end();
    root.end();
    await within(t, isDown);
    t.tracer.startSpan('later', {}, below).end();
    await t.settled();
    expect(treesOf(t.emulator)).toEqual([
      { status: 'cancelled', spans: [{ name: 'root', status: 'cancelled' }] },
    ]);
    expect(t.timers).toBe(0);
  });
});

describe('what is very large', () => {
  test('values are cut, and nothing is refused', async () => {
    const t = await tracedProgram({}, { spanLimits: { attributeCountLimit: 10_000 } });
    const many = Array.from({ length: 5_000 }, (_, at) => [`a${at}`, at] as const);
    const attributes = {
      'gen_ai.input.messages': JSON.stringify({ text: 'x'.repeat(500_000) }),
      'gen_ai.output.messages': 'y'.repeat(500_000),
      list: many.map(([name]) => name),
      ...Object.fromEntries(many),
    };
    const span = t.tracer.startSpan('n'.repeat(500_000), { attributes });
    for (let at = 0; at < 2_000; at++) span.addEvent('token', { text: 'z'.repeat(1_000) });
    span.end();
    await end(t);
    const [recorded] = spansOf(t.emulator);
    expect(recorded).toMatchObject(complete);
    expect(JSON.stringify(recorded).length).toBeLessThan(4_000_000);
  });

  test('names are those of no object', async () => {
    const t = await tracedProgram({ redact: ['**.password'] });
    const attributes = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c"}');
    play(t, oddSpan('odd', { attributes }));
    await end(t);
    const recorded = t.recorded('odd').payload.metadata?.attributes;
    expect(JSON.stringify(recorded)).toBe('{"__proto__":"a","constructor":"b","toString":"c"}');
  });
});

test('a processor that exports beside it sees the same spans, and none of this package', async () => {
  const t = await tracedProgram();
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [
    new BatchSpanProcessor(exporter),
    new PrefactorSpanProcessor(t.client, { logger: t.log }),
  ];
  const provider = new BasicTracerProvider({ spanProcessors });
  const tracer = provider.getTracer('test');
  const root = tracer.startSpan('root');
  tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, root)).end();
  root.end();
  await within(t, provider.forceFlush());
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual(['child', 'root']);
  await within(t, provider.shutdown());
  expect(treesOf(t.emulator)).toMatchObject([
    { ...complete, spans: [{ name: 'root', children: [{ name: 'child' }] }] },
  ]);
});
