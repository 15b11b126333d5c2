// Random traces, in any order and form, against the server's state.
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Random } from '../../helpers/random.ts';
import { pick, randomFrom } from '../../helpers/random.ts';
import { fileWith } from '../run-cli.ts';
import { imported } from './imported.ts';

const START = Date.UTC(2026, 8, 1, 8);

interface RandomSpan {
  readonly id: string;
  readonly trace: string;
  readonly parent: RandomSpan | undefined;
  readonly start: number;
  readonly end: number | undefined;
  readonly hasFailed: boolean;
}

/** Of some traces: a parent is any span that was drawn before. */
function randomSpans(random: Random): RandomSpan[] {
  const spans: RandomSpan[] = [];
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let trace = 1 + below(4); trace > 0; trace--) {
    const traceId = String(trace).padStart(32, '0');
    const first = spans.length;
    for (let left = 1 + below(12); left > 0; left--) {
      const start = START + below(1_000);
      spans.push({
        id: String(spans.length + 1).padStart(16, '0'),
        trace: traceId,
        parent: random() < 0.8 ? spans[first + below(spans.length - first)] : undefined,
        start,
        end: random() < 0.9 ? start + below(1_000) : undefined,
        hasFailed: random() < 0.1,
      });
    }
  }
  return spans;
}

function recordOf({ id, trace, parent, start, end, hasFailed }: RandomSpan): object {
  return {
    traceId: trace,
    spanId: id,
    parentSpanId: parent?.id,
    name: id,
    startTimeUnixNano: `${start}000000`,
    endTimeUnixNano: end && `${end}000000`,
    status: { code: hasFailed ? 2 : 1 },
  };
}

/** Each of the forms of a file, with spans in any order, and some twice. */
function fileOf(spans: readonly RandomSpan[], random: Random): string {
  const shuffled = [...spans, ...spans.filter(() => random() < 0.1)]
    .map((span) => ({ span, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ span }) => recordOf(span));
  const wrapped = (some: readonly object[]) => ({
    resourceSpans: [{ scopeSpans: [{ spans: some }] }],
  });
  const lines = (all: readonly object[], indent?: number) =>
    all.map((one) => JSON.stringify(one, null, indent)).join('\n');
  const form = pick(random, [
    'one text',
    'list',
    'lines',
    'flat',
    'flat lines',
    'indented',
    'gzip',
  ]);
  switch (form) {
    case 'one text':
      return fileWith(JSON.stringify(wrapped(shuffled)));
    case 'list':
      return fileWith(JSON.stringify(shuffled.map((one) => wrapped([one]))));
    case 'lines':
      return fileWith(lines(shuffled.map((one) => wrapped([one]))));
    case 'flat':
      return fileWith(JSON.stringify(shuffled));
    case 'flat lines':
      return fileWith(lines(shuffled));
    case 'indented':
      return fileWith(lines(shuffled, 2));
    default:
      return fileWith(gzipSync(lines(shuffled)));
  }
}

/** What the server has to have of a trace. */
function expectedRun(trace: string, all: readonly RandomSpan[]) {
  const spans = all.filter((span) => span.trace === trace);
  const isOver = spans.every(({ end }) => end !== undefined);
  const hasFailed = spans.some((span) => span.hasFailed && span.end && !span.parent);
  const lastEnd = Math.max(...spans.map(({ end = 0 }) => end));
  return {
    run: trace,
    status: isOver ? (hasFailed ? 'failed' : 'complete') : 'active',
    times: [iso(Math.min(...spans.map(({ start }) => start))), isOver ? iso(lastEnd) : null],
    spans: Object.fromEntries(
      spans.map((span) => {
        const ended = span.hasFailed ? 'failed' : 'complete';
        const { id, parent, start, end } = span;
        const times = [iso(start), end === undefined ? null : iso(end)];
        const status = end === undefined ? 'active' : ended;
        return [id, expect.objectContaining({ parent: parent?.id, status, times })];
      }),
    ),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

test.each(Array.from({ length: 25 }, (_, seed) => seed))(
  'traces, spans, parents and times arrive as recorded: seed %i',
  async (seed) => {
    const random = randomFrom(seed);
    const spans = randomSpans(random);
    const { code, runs } = await imported('otlp', fileOf(spans, random));
    expect(code).toBe(0);
    const traces = [...new Set(spans.map(({ trace }) => trace))];
    const inOrder = (of: readonly { readonly run: unknown }[]) =>
      of.toSorted((a, b) => String(a.run).localeCompare(String(b.run)));
    expect(inOrder(runs)).toEqual(inOrder(traces.map((trace) => expectedRun(trace, spans))));
  },
);
