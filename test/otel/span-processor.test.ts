// What becomes of the spans of OpenTelemetry: the stated answers of docs/guide/opentelemetry.md.
import type { Span } from '@opentelemetry/api';
import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Sampler } from '@opentelemetry/sdk-trace-base';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { describe, expect, test } from 'vitest';
import { namingFamilies } from '../../src/genai/naming-families.ts';
import { PrefactorSpanProcessor } from '../../src/otel/index.ts';
import { genAiSpanTypes } from '../../src/trace/index.ts';
import { harness } from '../helpers/harness.ts';
import { runsOf, spansOf, treesOf } from '../trace/trees.ts';
import type { TracedProgram } from './traced-program.ts';
import { remoteContext, tracedProgram, useContexts, within } from './traced-program.ts';

function below(parent: Span): ReturnType<typeof trace.setSpan> {
  return trace.setSpan(ROOT_CONTEXT, parent);
}

describe('a trace is a run', () => {
  test('its spans are those of the run, and it ends when its root has ended', async () => {
    const t = await tracedProgram();
    await t.tracer.startActiveSpan('answer', async (root) => {
      await t.tracer.startActiveSpan('ask', async (span) => span.end());
      t.tracer.startSpan('look up').end();
      await t.settled();
      expect(treesOf(t.emulator)).toMatchObject([{ status: 'active' }]);
      root.end();
    });
    await t.settled();
    const [asked, lookedUp] = ['ask', 'look up'].map((name) => ({ name, status: 'complete' }));
    expect(treesOf(t.emulator)).toEqual([
      {
        status: 'complete',
        spans: [{ name: 'answer', status: 'complete', children: [asked, lookedUp] }],
      },
    ]);
    expect(t.client.stats().ledger.refused).toBe(0);
  });

  test('spans and runs begin and end when OpenTelemetry says so', async () => {
    const t = await tracedProgram();
    const [start, end] = [
      [1_788_249_600, 987_654_321],
      [1_788_249_601, 1_999_999],
    ] as [[number, number], [number, number]];
    t.tracer.startSpan('answer', { startTime: start }).end(end);
    await t.settled();
    const times = {
      started_at: '2026-09-01T08:00:00.987Z',
      finished_at: '2026-09-01T08:00:01.001Z',
    };
    expect(t.recorded('answer')).toMatchObject({
      ...times,
      payload: { metadata: { otel: { start_time_unix_nano: '1788249600987654321' } } },
      result_payload: { metadata: { otel: { end_time_unix_nano: '1788249601001999999' } } },
    });
    expect(runsOf(t.emulator)).toMatchObject([times]);
  });

  test('a root that ends before its children does not end the run', async () => {
    const t = await tracedProgram();
    const root = t.tracer.startSpan('root');
    const child = t.tracer.startSpan('child', {}, below(root));
    root.end();
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([{ status: 'active' }]);
    await t.pass(5_000);
    child.end();
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([{ status: 'complete' }]);
    expect(runsOf(t.emulator)[0]?.['finished_at']).toBe(t.recorded('child')['finished_at']);
  });

  test('a child that starts after its parent has ended is its child', async () => {
    const t = await tracedProgram();
    const root = t.tracer.startSpan('root');
    const parent = t.tracer.startSpan('parent', {}, below(root));
    parent.end();
    await t.settled();
    t.tracer.startSpan('child', {}, below(parent)).end();
    root.end();
    await t.settled();
    const child = { name: 'child', status: 'complete' };
    const { spans } = treesOf(t.emulator)[0] ?? {};
    expect(spans).toMatchObject([
      { name: 'root', children: [{ name: 'parent', children: [child] }] },
    ]);
  });

  test('a child that starts in the turn in which all others have ended is still of the run', async () => {
    const t = await tracedProgram();
    const root = t.tracer.startSpan('root');
    root.end();
    t.tracer.startSpan('child', {}, below(root)).end();
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([{ spans: [{ children: [{ name: 'child' }] }] }]);
  });

  test('one that starts after the run has ended begins a run, and names its parent', async () => {
    const t = await tracedProgram();
    const root = t.tracer.startSpan('root');
    root.end();
    await t.settled();
    t.tracer.startSpan('late', {}, below(root)).end();
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([
      { status: 'complete', spans: [{ name: 'root' }] },
      { status: 'complete', spans: [{ name: 'late' }] },
    ]);
    const { traceId, spanId } = root.spanContext();
    const ids = { trace_id: traceId, parent_span_id: spanId };
    expect(t.recorded('late').payload.metadata?.otel).toMatchObject(ids);
  });

  test('several roots of one trace are roots of one run, while one of them is open', async () => {
    const t = await tracedProgram();
    const [a, b] = ['a', 'b'].map((name) => t.tracer.startSpan(name, {}, remoteContext()));
    await t.settled();
    a?.end();
    await t.settled();
    b?.end();
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([{ spans: [{ name: 'a' }, { name: 'b' }] }]);
  });

  test('a remote parent is named, and its child is a root', async () => {
    const t = await tracedProgram();
    t.tracer.startSpan('served', { kind: SpanKind.SERVER }, remoteContext()).end();
    await t.settled();
    const { payload, parent_span_id } = t.recorded('served');
    expect(parent_span_id).toBeNull();
    expect(payload.metadata?.otel).toMatchObject({
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      parent_span_id: 'b7ad6b7169203331',
      is_remote_parent: true,
      kind: 'server',
    });
  });

  test('the child of a span that was not sampled is a root, and names it', async () => {
    const sampler: Sampler = {
      shouldSample: (_context, _traceId, name) => ({ decision: name === 'unsampled' ? 0 : 2 }),
      toString: () => 'all but one',
    };
    const t = await tracedProgram({}, { sampler });
    const parent = t.tracer.startSpan('unsampled');
    t.tracer.startSpan('child', {}, below(parent)).end();
    parent.end();
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([{ status: 'complete', spans: [{ name: 'child' }] }]);
    const { otel } = t.recorded('child').payload.metadata ?? {};
    expect(otel).toMatchObject({ parent_span_id: parent.spanContext().spanId });
  });

  test('without a span there is no run, and no request', async () => {
    const t = await tracedProgram();
    await t.provider.forceFlush();
    await t.provider.shutdown();
    expect(t.sent).toEqual([]);
  });
});

describe('what is recorded of a span', () => {
  test('attributes that are set before the code has come to its end decide what it is', async () => {
    const t = await tracedProgram();
    const span = t.tracer.startSpan('chat m');
    span.setAttribute('gen_ai.operation.name', 'chat');
    span.setAttribute('gen_ai.input.messages', '[{"role":"user"}]');
    await t.settled();
    span.setAttributes({ 'gen_ai.output.messages': '[{"role":"assistant"}]', later: true });
    span.setAttributes({ 'gen_ai.usage.input_tokens': 3, 'gen_ai.usage.output_tokens': 4 });
    span.end();
    await t.settled();
    expect(t.recorded('chat m')).toMatchObject({
      schema_name: 'agent:llm',
      payload: { inputs: { input: [{ role: 'user' }] } },
      result_payload: {
        result: [{ role: 'assistant' }],
        token_usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: null },
        metadata: { attributes: { later: true } },
      },
    });
  });

  test('what becomes known later is in the result: input, model, type, name', async () => {
    const t = await tracedProgram();
    const span = t.tracer.startSpan('early', { attributes: { kept: 1, changed: 'before' } });
    await t.settled();
    span.updateName('late');
    span.setAttributes({
      changed: 'after',
      'openinference.span.kind': 'LLM',
      'input.value': 'question',
      'llm.model_name': 'm',
    });
    span.end();
    await t.settled();
    const { schema_name, payload, result_payload } = t.recorded('early');
    expect(schema_name).toBe('agent:chain');
    expect(payload.metadata?.attributes).toEqual({ kept: 1, changed: 'before' });
    const { otel, ...metadata } = result_payload.metadata ?? {};
    expect(metadata).toEqual({
      name: 'late',
      type: 'agent:llm',
      model: 'm',
      inputs: 'question',
      attributes: { changed: 'after' },
    });
  });

  test('links and events are kept, with their attributes and times', async () => {
    const t = await tracedProgram();
    const [early, late] = ['early', 'late'].map((name) => {
      const other = t.tracer.startSpan(name);
      other.end();
      return other.spanContext();
    });
    if (early === undefined || late === undefined) throw new Error('no spans');
    const links = [{ context: early, attributes: { why: 'retry' } }];
    const span = t.tracer.startSpan('linked', { links });
    await t.settled();
    span.addLink({ context: late });
    span.addEvent('first token', { index: 0 }, [1_788_249_600, 123_456_789]);
    span.end();
    await t.settled();
    const { payload, result_payload } = t.recorded('linked');
    expect(payload.metadata?.otel?.['links']).toEqual([
      { trace_id: early.traceId, span_id: early.spanId, attributes: { why: 'retry' } },
    ]);
    expect(result_payload.metadata?.otel).toMatchObject({
      links: [{ trace_id: late.traceId, span_id: late.spanId }],
      events: [
        {
          name: 'first token',
          time_unix_nano: '1788249600123456789',
          attributes: { index: 0 },
        },
      ],
    });
  });

  test('an exception with a status of error fails the span, and a root the run', async () => {
    const t = await tracedProgram();
    const span = t.tracer.startSpan('failing');
    span.recordException(new TypeError('no such tool'));
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
    await t.settled();
    expect(t.recorded('failing')).toMatchObject({
      status: 'failed',
      result_payload: { error_type: 'TypeError', message: 'no such tool' },
    });
    expect(treesOf(t.emulator)).toMatchObject([{ status: 'failed' }]);
  });

  test('an exception that was caught fails nothing, and is an event', async () => {
    const t = await tracedProgram();
    const span = t.tracer.startSpan('recovering');
    span.recordException(new TypeError('no such tool'));
    span.end();
    await t.settled();
    const { status, result_payload } = t.recorded('recovering');
    expect(status).toBe('complete');
    expect(result_payload.metadata?.otel).toMatchObject({ events: [{ name: 'exception' }] });
  });

  test('a span of HTTP or of a database is recorded like any other', async () => {
    const t = await tracedProgram();
    const attributes = { 'http.request.method': 'GET', 'server.port': 443 };
    t.tracer.startSpan('GET', { kind: SpanKind.CLIENT, attributes }).end();
    await t.settled();
    const { schema_name, payload } = t.recorded('GET');
    expect(schema_name).toBe('agent:chain');
    expect(payload.metadata).toMatchObject({ attributes, otel: { kind: 'client' } });
  });

  test('of very many attributes, what OpenTelemetry drops is counted', async () => {
    const t = await tracedProgram({}, { spanLimits: { attributeCountLimit: 500 } });
    const names = Array.from({ length: 1_200 }, (_, index) => [`a${index}`, index] as const);
    const span = t.tracer.startSpan('many');
    span.setAttributes(Object.fromEntries(names));
    span.end();
    await t.settled();
    const { payload, result_payload } = t.recorded('many');
    expect(Object.keys(payload.metadata?.attributes ?? {})).toHaveLength(500);
    expect(result_payload.metadata?.otel).toMatchObject({ dropped_attributes_count: 700 });
  });

  test('integers of 64 bits in JSON are not rounded', async () => {
    const t = await tracedProgram();
    const attributes = { 'input.value': '{"id":9007199254740993}' };
    t.tracer.startSpan('exact', { attributes }).end();
    await t.settled();
    expect(t.recorded('exact').payload.inputs).toEqual({ id: '9007199254740993' });
  });

  test('what is redacted is so in attributes, events and links, also within JSON texts', async () => {
    const t = await tracedProgram({ redact: ['**.password', '**.authorization'] });
    const secret = '{"user":"a","password":"hunter2"}';
    const attributes = { note: secret, 'http.request.header.authorization': ['hunter2'] };
    const other = t.tracer.startSpan('other', { attributes: { 'ai.values': [secret] } });
    const link = { context: other.spanContext(), attributes: { secret } };
    const span = t.tracer.startSpan('secret', { attributes, links: [link] });
    span.setAttributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.prompt': secret });
    await t.settled();
    span.setAttributes({ later: secret, 'gen_ai.completion': secret });
    span.addEvent('gen_ai.content.prompt', { 'gen_ai.prompt': secret });
    span.end();
    await within(t, t.provider.shutdown());
    expect(t.recorded('secret').payload.metadata?.attributes).toEqual({
      note: { user: 'a', password: '[redacted]' },
      'http.request.header.authorization': '[redacted]',
    });
    expect(JSON.stringify(t.emulator.snapshot())).not.toContain('hunter2');
  });

  test('every type in the table of names is one that runs are registered with', () => {
    const types = namingFamilies.flatMap((family) =>
      Object.values(family.types).flatMap(Object.values),
    );
    const registered = genAiSpanTypes.map(({ name }) => name);
    expect(registered).toEqual(expect.arrayContaining(types));
  });
});

describe('filter', () => {
  test('leaves spans out; their children become those of their parents', async () => {
    const t = await tracedProgram({ filter: ({ name }) => !name.startsWith('GET') });
    const root = t.tracer.startSpan('root');
    const request = t.tracer.startSpan('GET /', {}, below(root));
    const inner = t.tracer.startSpan('GET /inner', {}, below(request));
    t.tracer.startSpan('parse', {}, below(inner)).end();
    for (const span of [inner, request, root]) span.end();
    await t.settled();
    const parse = { name: 'parse', status: 'complete' };
    expect(treesOf(t.emulator)).toEqual([
      { status: 'complete', spans: [{ name: 'root', status: 'complete', children: [parse] }] },
    ]);
  });

  test('a root that is left out holds its run together', async () => {
    const t = await tracedProgram({
      filter: ({ attributes }) => 'gen_ai.operation.name' in attributes,
    });
    const root = t.tracer.startSpan('POST /chat');
    for (const name of ['a', 'b']) {
      const span = t.tracer.startSpan(name, {}, below(root));
      span.setAttribute('gen_ai.operation.name', 'chat');
      await t.settled();
      span.end();
      await t.settled();
    }
    root.end();
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([
      { status: 'complete', spans: [{ name: 'a' }, { name: 'b' }] },
    ]);
  });

  test('a trace of which nothing is recorded is no run', async () => {
    const t = await tracedProgram({ filter: () => false });
    t.tracer.startSpan('left out').end();
    await t.settled();
    expect(t.sent).toEqual([]);
  });

  test('one that throws leaves nothing out', async () => {
    const t = await tracedProgram({
      filter: () => {
        throw new Error('broken');
      },
    });
    for (const name of ['a', 'b']) t.tracer.startSpan(name).end();
    await t.settled();
    expect(spansOf(t.emulator)).toHaveLength(2);
    expect(warnings(t).filter((message) => String(message).includes('filter'))).toHaveLength(1);
  });
});

describe('which agent it is', () => {
  const resource = resourceFromAttributes({ 'service.name': 'shop', 'service.version': '1.4.0' });

  test('the resource says so', async () => {
    const t = await tracedProgram({}, { resource });
    t.tracer.startSpan('a').end();
    await t.settled();
    expect(registration(t)).toMatchObject({
      agent_version: { name: 'shop', external_identifier: '1.4.0' },
    });
  });

  test('a service without a name is called Agent, as by the official SDK', async () => {
    const t = await tracedProgram();
    t.tracer.startSpan('a').end();
    await t.settled();
    expect(registration(t)).toMatchObject({ agent_version: { name: 'Agent' } });
  });

  test('an option says so, as an object', async () => {
    const run = { agentId: 'agent-1', environmentId: 'env-1' };
    const t = await tracedProgram({ run }, { resource });
    t.tracer.startSpan('a').end();
    await t.settled();
    expect(registration(t)).toMatchObject({
      agent_id: 'agent-1',
      environment_id: 'env-1',
      agent_version: { name: 'shop' },
    });
  });

  test('or as a function of the span that begins the run', async () => {
    const t = await tracedProgram({
      run: ({ name, attributes }) => ({
        agentVersion: { name: String(attributes['gen_ai.agent.name'] ?? name) },
      }),
    });
    t.tracer.startSpan('invoke', { attributes: { 'gen_ai.agent.name': 'forecast' } }).end();
    await t.settled();
    expect(registration(t)).toMatchObject({ agent_version: { name: 'forecast' } });
  });

  test('a function that throws is as good as none', async () => {
    const run = () => {
      throw new Error('broken');
    };
    const t = await tracedProgram({ run }, { resource });
    t.tracer.startSpan('a').end();
    await t.settled();
    expect(registration(t)).toMatchObject({ agent_version: { name: 'shop' } });
  });
});

describe('options that are asked', () => {
  const rejecting = async (): Promise<never> => {
    throw new Error('broken');
  };

  test.each([
    ['filter', { filter: rejecting }],
    ['filter', { filter: async () => false }],
    ['run', { run: rejecting }],
    ['run', { run: async () => ({ agentId: 'agent-1' }) }],
  ])(
    'a promise is no answer, which is told once, and hurts nobody: %s',
    async (option, options) => {
      const t = await tracedProgram(options as never);
      for (const name of ['a', 'b']) t.tracer.startSpan(name).end();
      await t.settled();
      expect(spansOf(t.emulator)).toHaveLength(2);
      expect(registration(t)).toMatchObject({ agent_version: { name: 'Agent' } });
      expect(registration(t)).not.toHaveProperty('agent_id');
      expect(warnings(t)).toEqual([
        `The option ${option} has returned a promise, but has to answer at once: it is ignored for that span.`,
      ]);
    },
  );

  test.each(['agent-1', 7, null, undefined])(
    'a run is described by an object: %j',
    async (answer) => {
      const t = await tracedProgram({ run: () => answer as never });
      t.tracer.startSpan('a').end();
      await t.settled();
      expect(treesOf(t.emulator)).toMatchObject([{ status: 'complete' }]);
      expect(warnings(t)).toEqual([]);
    },
  );

  test('a getter that throws is as good as a function that does', async () => {
    const run = {
      get agentId(): string {
        throw new Error('broken');
      },
    };
    const t = await tracedProgram({ run });
    t.tracer.startSpan('a').end();
    await t.settled();
    expect(registration(t)).toMatchObject({ agent_version: { name: 'Agent' } });
    expect(warnings(t)).toEqual(['The option run has thrown: it is ignored for that span.']);
  });
});

function registration(t: TracedProgram): object | undefined {
  return t.actions().find(({ _type }) => _type === 'agent_instances/register');
}

/** Of the runs, by the name of the first span. */
function statuses(t: TracedProgram): object {
  return Object.fromEntries(
    treesOf(t.emulator).map(({ status, spans }) => [spans[0]?.name, status]),
  );
}

function warnings(t: TracedProgram): unknown[] {
  return t.log.entries.filter(([level]) => level === 'warn').map(([, message]) => message);
}

describe('bounds', () => {
  test('of too many traces that never end, the idlest is ended as cancelled', async () => {
    const t = await tracedProgram({ maxOpenRuns: 2 });
    const [first, second, third] = ['first', 'second', 'third'].map((name) => {
      const span = t.tracer.startSpan(name);
      return { span, name };
    });
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([{ status: 'active' }, { status: 'active' }]);
    // It was given up before it was recorded; its end is ignored.
    for (const one of [first, second, third]) one?.span.end();
    await t.settled();
    expect(statuses(t)).toEqual({ second: 'complete', third: 'complete' });
    expect(warnings(t)).toEqual([
      expect.stringContaining('More than 2 traces are open (maxOpenRuns)'),
    ]);
  });

  test('traces that have ended in the same turn are not open', async () => {
    const t = await tracedProgram({ maxOpenRuns: 2 });
    for (const name of ['a', 'b', 'c', 'd']) t.tracer.startSpan(name).end();
    await t.settled();
    expect(statuses(t)).toEqual({ a: 'complete', b: 'complete', c: 'complete', d: 'complete' });
    expect(warnings(t)).toEqual([]);
  });

  test('one in which something happens is not the idlest', async () => {
    const t = await tracedProgram({ maxOpenRuns: 2 });
    const busy = t.tracer.startSpan('busy');
    t.tracer.startSpan('idle');
    await t.settled();
    t.tracer.startSpan('work', {}, below(busy)).end();
    await t.settled();
    t.tracer.startSpan('new');
    await t.settled();
    expect(statuses(t)).toEqual({ busy: 'active', idle: 'cancelled', new: 'active' });
  });

  test('a trace with too many open spans is ended as cancelled', async () => {
    const t = await tracedProgram({ maxOpenSpans: 3 });
    const root = t.tracer.startSpan('root');
    await t.settled();
    for (let n = 0; n < 3; n++) t.tracer.startSpan(`child-${n}`, {}, below(root));
    await t.settled();
    expect(treesOf(t.emulator)).toMatchObject([{ status: 'cancelled' }]);
    expect(warnings(t)).toEqual([
      expect.stringContaining('More than 3 spans of a trace are open (maxOpenSpans)'),
    ]);
  });
});

describe('several processors', () => {
  test('one that is registered twice records each span once', async () => {
    const t = await harness();
    const processor = new PrefactorSpanProcessor(t.client);
    const provider = new BasicTracerProvider({ spanProcessors: [processor, processor] });
    const tracer = provider.getTracer('test');
    const root = tracer.startSpan('root');
    tracer.startSpan('child', {}, below(root)).end();
    root.end();
    await t.settled();
    const child = { name: 'child', status: 'complete' };
    expect(treesOf(t.emulator)).toEqual([
      { status: 'complete', spans: [{ name: 'root', status: 'complete', children: [child] }] },
    ]);
  });

  test('two record runs of their own', async () => {
    const t = await harness();
    const spanProcessors = [1, 2].map(() => new PrefactorSpanProcessor(t.client));
    new BasicTracerProvider({ spanProcessors }).getTracer('test').startSpan('a').end();
    await t.settled();
    const run = { status: 'complete', spans: [{ name: 'a', status: 'complete' }] };
    expect(treesOf(t.emulator)).toEqual([run, run]);
  });
});

describe('requests of a client are no spans', () => {
  test.each(['fetch', 'global fetch'])('whoever instruments them: %s', async (way) => {
    const t = await harness();
    useContexts();
    const { fetch: realFetch } = globalThis;
    let requests = 0;
    const instrumented = async (request: Request | string | URL, init?: RequestInit) => {
      requests++;
      const span = tracer.startSpan('POST', { kind: SpanKind.CLIENT });
      return context.with(trace.setSpan(context.active(), span), async () => {
        await Promise.resolve();
        // Those of sockets and so on, which start later.
        tracer.startSpan('connect').end();
        const response = await t.emulator.fetch(request, init);
        span.end();
        return response;
      });
    };
    const client = t.newClient({ fetch: way === 'fetch' ? instrumented : undefined });
    globalThis.fetch = instrumented;
    const processor = new PrefactorSpanProcessor(client);
    const provider = new BasicTracerProvider({ spanProcessors: [processor] });
    const tracer = provider.getTracer('test');
    try {
      tracer.startSpan('agent').end();
      await t.settled();
      await t.pass(60_000);
      expect(spansOf(t.emulator).map(({ payload }) => Object(payload).name)).toEqual(['agent']);
      expect(requests).toBeLessThanOrEqual(3);
    } finally {
      globalThis.fetch = realFetch;
    }
  });

  test('those of other code are', async () => {
    const t = await tracedProgram();
    t.tracer.startActiveSpan('agent', (root) => {
      t.tracer.startSpan('GET').end();
      root.end();
    });
    await t.settled();
    expect(spansOf(t.emulator)).toHaveLength(2);
  });

  test('nothing is recorded where tracing is suppressed', async () => {
    const t = await tracedProgram();
    context.with(suppressTracing(context.active()), () => t.tracer.startSpan('quiet').end());
    await t.settled();
    expect(t.sent).toEqual([]);
  });
});
