// docs/guide/importing.md, "What becomes of what": a file for each answer.
import { describe, expect, test } from 'vitest';
import { at, imported, traceFile } from './imported.ts';

const TRACE = '5b8efff798038103d269b633813fc60c';

/** The one run of a file, of which nothing fails. */
async function runOf(name: string) {
  const { code, summary, runs } = await imported('otlp', traceFile(`${name}.json`));
  expect({ code, failures: summary.failures, problems: summary.problems }).toEqual({
    code: 0,
    failures: [],
    problems: [],
  });
  expect(runs).toHaveLength(1);
  const [run] = runs;
  if (run === undefined) throw new Error('There is no run.');
  return { ...run, found: summary.found, leftOpen: summary.leftOpen };
}

test('a trace becomes a run and its spans become spans, as recorded', async () => {
  const { spans, ...run } = await runOf('trace');
  expect(run).toMatchObject({ run: TRACE, status: 'complete', times: [at('000'), at('500')] });
  expect(spans).toEqual({
    'invoke_agent shop': {
      parent: undefined,
      schema: 'agent:agent',
      status: 'complete',
      times: [at('000'), at('500')],
      payload: {
        name: 'invoke_agent shop',
        inputs: {},
        metadata: {
          otel: {
            trace_id: TRACE,
            span_id: '00f067aa0ba90201',
            kind: 'internal',
            scope: 'test',
            start_time_unix_nano: '1788249600000000000',
            resource: { 'service.name': 'shop', 'service.version': '1.4.2' },
          },
        },
      },
      result: { metadata: { otel: { end_time_unix_nano: '1788249600500000000' } } },
    },
    'chat mock-1': {
      parent: 'invoke_agent shop',
      schema: 'agent:llm',
      status: 'complete',
      times: [at('100'), at('400')],
      payload: {
        name: 'chat mock-1',
        inputs: { input: [{ role: 'user', content: 'Weather in Bern?' }] },
        metadata: {
          model: 'mock-1',
          otel: expect.objectContaining({ parent_span_id: '00f067aa0ba90201', kind: 'client' }),
        },
      },
      result: {
        result: [{ role: 'assistant', content: 'Sunny.' }],
        token_usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: null },
        metadata: { otel: { end_time_unix_nano: '1788249600400000000' } },
      },
    },
    'execute_tool weather': expect.objectContaining({
      parent: 'invoke_agent shop',
      schema: 'agent:tool',
      payload: expect.objectContaining({ inputs: { city: 'Bern' } }),
      result: expect.objectContaining({ sky: 'clear' }),
    }),
  });
});

test('a span that has ended is created in one item, complete', async () => {
  const { summary } = await imported('otlp', traceFile('trace.json'));
  expect(summary.actions).toBe(6); // register, start, three spans, finish
});

test('a run ends with the last of its spans, also where that is later than the root', async () => {
  const { times, spans } = await runOf('span-after-root');
  expect(times).toEqual([at('000'), at('400')]);
  expect(spans['late child']).toMatchObject({ parent: 'root', times: [at('200'), at('300')] });
  expect(spans['outlives all']).toMatchObject({
    parent: 'late child',
    times: [at('090'), at('400')],
  });
});

test('a parent may start later than its child', async () => {
  const { spans, found } = await runOf('late-parent');
  expect(found).toMatchObject({ withoutParent: 0 });
  expect(spans).toMatchObject({ early: { parent: 'late' }, late: { parent: 'root' } });
});

test('a span whose parent is in another process is a root, with a note', async () => {
  const { spans, found } = await runOf('remote-parent');
  expect(found).toMatchObject({ withoutParent: 1 });
  expect(spans['inner']?.parent).toBe('handle');
  expect(spans['handle']).toMatchObject({
    parent: undefined,
    payload: {
      metadata: {
        otel: { parent_span_id: 'a3ce929d0e0e4736', is_remote_parent: true },
        note: 'Imported as a root: its parent a3ce929d0e0e4736 is not in the file.',
      },
    },
  });
});

test('a span whose parent was not sampled, or is missing, is a root, with a note', async () => {
  const { spans, found } = await runOf('missing-parent');
  expect(found).toMatchObject({ spans: 3, withoutParent: 1 });
  expect(spans['child of one that was not sampled']).toMatchObject({
    parent: undefined,
    payload: { metadata: { note: expect.stringContaining('00f067aa0ba90209 is not in the file') } },
  });
  expect(spans['its child']?.parent).toBe('child of one that was not sampled');
  expect(spans['root']?.payload).not.toHaveProperty('metadata.note');
});

test('several roots are roots of one run, which has failed if one of them has', async () => {
  const { status, times, spans } = await runOf('several-roots');
  expect({ status, times }).toEqual({ status: 'failed', times: [at('000'), at('150')] });
  expect(spans['second']).toMatchObject({
    parent: undefined,
    status: 'failed',
    result: { error_type: 'Error', message: 'no seat left' },
  });
});

test('what never ends stays open, as does its run, and is counted', async () => {
  const { status, times, spans, found, leftOpen } = await runOf('never-ends');
  expect({ status, times }).toEqual({ status: 'active', times: [at('000'), null] });
  expect(found).toMatchObject({ neverEnded: { spans: 2, traces: 1 } });
  expect(leftOpen).toEqual({ spans: 2, runs: 1 });
  expect(spans['waits for a human']).toMatchObject({ status: 'active', times: [at('000'), null] });
  expect(spans['done']).toMatchObject({ status: 'complete', times: [at('020'), at('030')] });
  expect(spans['also open']).toMatchObject({
    result: null,
    payload: { metadata: { result: { metadata: { otel: { events: [{ name: 'asked' }] } } } } },
  });
});

test('a file without a span says so, and sends nothing', async () => {
  const { code, summary, runs } = await imported('otlp', traceFile('no-spans.json'));
  expect({ code, runs, problems: summary.problems }).toEqual({
    code: 1,
    runs: [],
    problems: [`${traceFile('no-spans.json')} has no span of otlp.`],
  });
});

test('links and events are kept with their attributes and times, as are counts of what was dropped', async () => {
  const { spans } = await runOf('links-events');
  expect(spans['root']?.payload).toHaveProperty('metadata.otel.links', [
    { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), attributes: { why: 'retried' } },
  ]);
  expect(spans['root']?.result).toEqual({
    metadata: {
      otel: {
        end_time_unix_nano: '1788249600100000000',
        events: [
          {
            name: 'cache.miss',
            time_unix_nano: '1788249600005000007',
            attributes: { key: 'k1', tries: 2 },
          },
        ],
        dropped_attributes_count: 3,
        dropped_events_count: 1,
      },
    },
  });
});

test('an exception fails its span with a status of error; one that was caught does not', async () => {
  const { status, spans } = await runOf('exceptions');
  expect(status).toBe('failed');
  expect(spans['root']).toMatchObject({
    status: 'failed',
    result: {
      error_type: 'TimeoutError',
      message: 'the model is away',
      stacktrace: expect.stringContaining('at run'),
    },
  });
  expect(spans['caught']).toMatchObject({
    status: 'complete',
    result: { metadata: { otel: { events: [{ name: 'exception' }] } } },
  });
});

test('nanoseconds are texts, and times are cut after microseconds, not rounded', async () => {
  const { times, spans } = await runOf('nanoseconds');
  expect(times).toEqual([at('000123'), at('100999')]);
  expect(spans['root']).toMatchObject({
    times: [at('000123'), at('100999')],
    payload: { metadata: { otel: { start_time_unix_nano: '1788249600000123456' } } },
    result: { metadata: { otel: { end_time_unix_nano: '1788249600100999999' } } },
  });
  expect(spans['within a microsecond']?.times).toEqual([at('000123'), at('000123')]);
});

test('integers of 64 bits are texts where a number would round them', async () => {
  const { spans } = await runOf('integers');
  expect(spans['root']?.payload).toHaveProperty('metadata.attributes', {
    big: '9223372036854775807',
    odd: '9007199254740993',
    small: 42,
    'in.json': { id: '9007199254740993' },
    share: 0.5,
    on: true,
    list: ['-9223372036854775808', 'x'],
    map: { n: 1 },
  });
});

test('of a span that is there more than once, the record that tells most counts', async () => {
  const { spans, found } = await runOf('duplicates');
  expect(found).toMatchObject({ spans: 2, duplicates: 2 });
  expect(spans['child']).toMatchObject({ status: 'complete', times: [at('010'), at('020')] });
});

test('a circle of parents is cut above the span that began first', async () => {
  const { spans, found } = await runOf('circle');
  expect(found).toMatchObject({ inCircles: 2 });
  const parents = Object.entries(spans).map(([name, { parent }]) => [name, parent]);
  expect(Object.fromEntries(parents)).toEqual({
    two: undefined,
    one: 'two',
    three: 'one',
    beside: 'one',
    'its own parent': undefined,
  });
  expect(spans['two']?.payload).toHaveProperty(
    'metadata.note',
    'Imported as a root: its parent 00f067aa0ba90203 is one of its own descendants.',
  );
});

test('spans of HTTP and of databases are imported like any other', async () => {
  const { spans } = await runOf('http-spans');
  expect(spans).toMatchObject({
    'POST /chat': { schema: 'agent:chain', payload: { metadata: { otel: { kind: 'server' } } } },
    SELECT: { parent: 'POST /chat', schema: 'agent:chain' },
  });
});

describe('spans that an SDK has written one by one', () => {
  test('JSON of the spans of JavaScript', async () => {
    const { spans, status } = await runOf('sdk-js');
    expect(status).toBe('failed');
    expect(spans).toMatchObject({
      root: {
        status: 'failed',
        times: [at('000'), at('500')],
        payload: {
          metadata: {
            otel: { kind: 'internal', links: [{ span_id: 'b'.repeat(16) }], resource: {} },
          },
        },
        result: {
          message: 'no seat left',
          metadata: { otel: { events: [{ time_unix_nano: '1788249600005000007' }] } },
        },
      },
      chat: {
        parent: 'root',
        schema: 'agent:llm',
        times: [at('100'), at('400')],
        payload: {
          metadata: { otel: { kind: 'client', start_time_unix_nano: '1788249600100000001' } },
        },
      },
    });
  });

  test('the console exporter of JavaScript', async () => {
    const { spans } = await runOf('sdk-js-console');
    expect(spans['root']).toMatchObject({
      times: [at('000'), at('500')],
      result: { metadata: { otel: { end_time_unix_nano: '1788249600500000250' } } },
    });
  });

  test('the console exporter of Python', async () => {
    const { spans } = await runOf('sdk-python');
    expect(spans).toMatchObject({
      root: { status: 'complete', times: [at('000'), at('500')] },
      chat: {
        parent: 'root',
        schema: 'agent:llm',
        status: 'failed',
        times: [at('100001'), at('400')],
        payload: { metadata: { otel: { kind: 'client' } } },
        result: {
          message: 'no seat left',
          metadata: { otel: { events: [{ time_unix_nano: '1788249600150000000' }] } },
        },
      },
    });
  });

  test('JSON of Protocol Buffers, with ids in base64 and bare integers', async () => {
    const { spans, run } = await runOf('protobuf');
    expect(run).toBe(TRACE);
    expect(spans['root']).toMatchObject({
      times: [at('000'), at('500')],
      payload: {
        metadata: {
          attributes: { big: '9223372036854775807' },
          otel: {
            span_id: '00f067aa0ba90201',
            kind: 'server',
            start_time_unix_nano: '1788249600000000001',
          },
        },
      },
    });
  });
});
