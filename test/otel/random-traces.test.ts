// Random traces, each told by its seed: in any order of starts and ends each span arrives once, below its parent.
import type { Context, Span } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import { expect, test } from 'vitest';
import type { Random } from '../helpers/random.ts';
import { pick, randomFrom } from '../helpers/random.ts';
import { runsOf } from '../trace/trees.ts';
import type { TracedProgram } from './traced-program.ts';
import { remoteContext, tracedProgram, within } from './traced-program.ts';

const sampler: Sampler = {
  shouldSample: (_context, _traceId, name) => ({ decision: name === 'unsampled' ? 0 : 2 }),
  toString: () => 'some',
};

/** A span as the test knows it. */
interface Made {
  readonly span: Span;
  readonly parent: Made | undefined;
  /** The id of a parent that is not recorded here. */
  readonly elsewhere: string | undefined;
  /** Of which run of its trace it is: that one ends when a turn begins in which no span of the trace is open. */
  readonly run: string;
  readonly isSampled: boolean;
  isOpen: boolean;
  hasFailed: boolean;
}

class RandomProgram {
  readonly made: Made[] = [];
  readonly #t: TracedProgram;
  readonly #random: Random;
  /** How many runs of a trace are over, by its id. */
  readonly #over = new Map<string, number>();
  #remoteTraces = 0;

  constructor(t: TracedProgram, random: Random) {
    this.#t = t;
    this.#random = random;
  }

  async play(): Promise<void> {
    for (let step = 0; step < 60; step++) {
      const roll = this.#random();
      if (roll < 0.5) this.#start();
      else if (roll < 0.8) this.#end(pick(this.#random, this.#open()));
      else await this.#turn(this.#random() < 0.5 ? 0 : 50);
    }
    const left = this.#open().sort(() => this.#random() - 0.5);
    for (const one of left) this.#end(one);
    await this.#turn(0);
  }

  #open(): Made[] {
    return this.made.filter(({ isOpen }) => isOpen);
  }

  #start(): void {
    const [parent, context, elsewhere] = this.#place();
    const isSampled = this.#random() < 0.9;
    const span = this.#t.tracer.startSpan(isSampled ? 'sampled' : 'unsampled', {}, context);
    const { traceId } = span.spanContext();
    const run = `${traceId} ${this.#over.get(traceId) ?? 0}`;
    this.made.push({ span, parent, elsewhere, run, isSampled, isOpen: true, hasFailed: false });
  }

  /** Below nothing, a span of another process, or any span that there has been. */
  #place(): [Made | undefined, Context, string | undefined] {
    const roll = this.#random();
    if (this.made.length === 0 || roll < 0.15) return [undefined, ROOT_CONTEXT, undefined];
    if (roll < 0.25) {
      if (this.#random() < 0.5) this.#remoteTraces++;
      const context = remoteContext(`${this.#remoteTraces + 1}`.padStart(32, '0'));
      return [undefined, context, trace.getSpanContext(context)?.spanId];
    }
    const parent = pick(this.#random, this.made);
    return [parent, trace.setSpan(ROOT_CONTEXT, parent.span), parent.span.spanContext().spanId];
  }

  #end(made: Made | undefined): void {
    if (made === undefined) return;
    made.isOpen = false;
    if (made.isSampled && this.#random() < 0.1) {
      made.hasFailed = true;
      made.span.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' });
    }
    made.span.end();
  }

  async #turn(ms: number): Promise<void> {
    await this.#t.pass(ms);
    const sampled = this.made.filter(({ isSampled }) => isSampled);
    const open = new Set(sampled.filter(({ isOpen }) => isOpen).map(({ run }) => run));
    for (const { run } of sampled) {
      const [traceId = '', number] = run.split(' ');
      const current = this.#over.get(traceId) ?? 0;
      if (Number(number) === current && !open.has(run)) this.#over.set(traceId, current + 1);
    }
  }
}

/** The spans at the server, by the ids of OpenTelemetry; the run of each; and the ids of their parents. */
function serverState(t: TracedProgram) {
  const runs = runsOf(t.emulator);
  const spans = runs.flatMap((run) =>
    Object.values(run.spans).map((span) => {
      const { span_id, parent_span_id } = Object(span['payload']).metadata.otel;
      return { span, run, otelId: String(span_id), otelParent: parent_span_id };
    }),
  );
  const otelIds = new Map(spans.map(({ span, otelId }) => [span['id'], otelId]));
  return {
    runs,
    spans,
    parentOf: (span: object) => otelIds.get(Reflect.get(span, 'parent_span_id')),
  };
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))('seed %i', async (seed) => {
  const t = await tracedProgram({}, { sampler });
  const program = new RandomProgram(t, randomFrom(seed));
  await program.play();
  await within(t, t.provider.shutdown());

  const expected = program.made.filter(({ isSampled }) => isSampled);
  const { runs, spans, parentOf } = serverState(t);
  const ids = (list: readonly Made[]) => list.map(({ span }) => span.spanContext().spanId).sort();
  expect(spans.map(({ otelId }) => otelId).sort()).toEqual(ids(expected));

  const found = new Map(spans.map((one) => [one.otelId, one]));
  for (const { span, parent, elsewhere, run, hasFailed } of expected) {
    const one = found.get(span.spanContext().spanId);
    if (one === undefined) throw new Error('It is not there.');
    expect(one.span['status']).toBe(hasFailed ? 'failed' : 'complete');
    expect(one.otelParent).toBe(elsewhere);
    const isHere = parent?.isSampled === true && parent.run === run;
    expect(parentOf(one.span)).toBe(isHere ? parent.span.spanContext().spanId : undefined);
  }
  const runIds = new Set(expected.map(({ run }) => run));
  expect(runs).toHaveLength(runIds.size);
  for (const { status, spans: inside } of runs) {
    const hasFailedRoot = Object.values(inside).some(
      (span) => span['parent_span_id'] === null && span['status'] === 'failed',
    );
    expect(status).toBe(hasFailedRoot ? 'failed' : 'complete');
  }
  expect(t.client.stats().ledger.refused).toBe(0);
});
