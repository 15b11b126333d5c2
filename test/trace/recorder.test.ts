// Runs and spans by explicit handles.
import { expect, onTestFinished, test, vi } from 'vitest';
import { traced } from '../../src/trace/index.ts';
import { harness } from '../helpers/harness.ts';
import { recordingLogger } from '../helpers/recording-logger.ts';
import { runsOf, spansOf, treesOf } from './trees.ts';

test('a run is registered and started, its spans are created when they start and finished when they end', async () => {
  const t = await harness();
  const run = traced(t.client).startRun({ agentVersion: { name: 'Shop assistant' } });
  const plan = run.startSpan({ name: 'a plan', type: 'agent:llm', input: { question: 'Where?' } });
  const tool = plan.startSpan({ name: 'orders.find', type: 'agent:tool', input: 4711 });
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([
    {
      status: 'active',
      spans: [
        { name: 'a plan', status: 'active', children: [{ name: 'orders.find', status: 'active' }] },
      ],
    },
  ]);
  tool.end({ output: { state: 'on its way' } });
  plan.end({ output: 'Tomorrow.', tokenUsage: { promptTokens: 7, completionTokens: 2 } });
  run.end();
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([
    {
      status: 'complete',
      spans: [
        {
          name: 'a plan',
          status: 'complete',
          children: [{ name: 'orders.find', status: 'complete' }],
        },
      ],
    },
  ]);
  expect(spansOf(t.emulator)).toMatchObject([
    {
      schema_name: 'agent:llm',
      schema_title: 'LLM',
      summary: 'a plan',
      payload: { name: 'a plan', inputs: { question: 'Where?' } },
      result_payload: {
        result: 'Tomorrow.',
        token_usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: null },
      },
    },
    {
      schema_name: 'agent:tool',
      payload: { name: 'orders.find', inputs: { input: 4711 } },
      result_payload: { state: 'on its way' },
    },
  ]);
  expect(t.client.stats().ledger.refused).toBe(0);
});

test('what was not ended ends with its run, as cancelled, children first', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const run = tracer.startRun({});
  const outer = run.startSpan('outer');
  outer.startSpan('inner');
  run.startSpan('z').end();
  run.end({ endedAt: '2026-09-01T08:00:01.000Z' });
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([
    {
      status: 'complete',
      spans: [
        { name: 'outer', status: 'cancelled', children: [{ name: 'inner', status: 'cancelled' }] },
        { name: 'z', status: 'complete' },
      ],
    },
  ]);
  expect(runsOf(t.emulator)[0]?.['finished_at']).toBe('2026-09-01T08:00:01.000Z');
  expect(spansOf(t.emulator)[1]?.['finished_at']).toBe('2026-09-01T08:00:01.000Z');
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0, forgottenSpans: 2 });
});

test.each([
  ['none has failed', () => undefined, undefined, 'complete'],
  ['a root span has failed', () => new Error('no'), undefined, 'failed'],
  ['a root span was aborted', () => new DOMException('', 'AbortError'), undefined, 'complete'],
  ['the status is given', () => new Error('no'), { status: 'cancelled' as const }, 'cancelled'],
  ['an error is given', () => undefined, { error: new Error('no') }, 'failed'],
  [
    'an abort is given',
    () => undefined,
    { error: new DOMException('', 'AbortError') },
    'cancelled',
  ],
])('the status of a run: %s', async (_, errorOf, end, status) => {
  const t = await harness();
  const run = traced(t.client).startRun({});
  run.startSpan('root').end({ error: errorOf() });
  run.end(end);
  await t.settled();
  expect(treesOf(t.emulator)[0]?.status).toBe(status);
});

test('a child that failed makes no failed run', async () => {
  const t = await harness();
  const run = traced(t.client).startRun({});
  const root = run.startSpan('root');
  root.startSpan('child').end({ error: new Error('no') });
  root.end();
  run.end();
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([
    {
      status: 'complete',
      spans: [
        { name: 'root', status: 'complete', children: [{ name: 'child', status: 'failed' }] },
      ],
    },
  ]);
});

test('the first end counts, of a span and of a run', async () => {
  const t = await harness();
  const run = traced(t.client).startRun({});
  const span = run.startSpan('span');
  span.end({ status: 'failed' });
  span.end({ status: 'complete' });
  run.end({ status: 'cancelled' });
  run.end({ status: 'complete' });
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([
    { status: 'cancelled', spans: [{ name: 'span', status: 'failed' }] },
  ]);
  expect(t.client.stats().ledger).toMatchObject({ accepted: 5, succeeded: 5 });
});

test('a child may start when its parent has ended, but not when its run has: that is told once, and counted', async () => {
  const t = await harness();
  const logger = recordingLogger();
  const tracer = traced(t.client, { logger });
  const run = tracer.startRun({});
  const parent = run.startSpan('parent');
  await t.settled();
  parent.end();
  parent.startSpan('late').end();
  run.end();
  const after = parent.startSpan('after the run');
  after.startSpan('below it').end();
  after.set({ output: 1 });
  after.end();
  run.startSpan('another');
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([
    {
      status: 'complete',
      spans: [
        { name: 'parent', status: 'complete', children: [{ name: 'late', status: 'complete' }] },
      ],
    },
  ]);
  // What is below one of them is nowhere to be counted.
  expect(tracer.stats().unrecordedSpans).toBe(2);
  expect(logger.entries).toHaveLength(1);
  expect(logger.entries[0]?.[1]).toMatch(/^A span was started in a run that has ended/);
});

test('times may be given, so that a recording keeps its own', async () => {
  const t = await harness();
  const run = traced(t.client).startRun({ startedAt: '2026-08-31T00:00:00.000Z' });
  const span = run.startSpan({ name: 'a', startedAt: new Date('2026-08-31T00:00:01.000Z') });
  span.end({ endedAt: '2026-08-31T00:00:02.000Z' });
  run.end({ endedAt: new Date('2026-08-31T00:00:03.000Z') });
  await t.settled();
  expect(runsOf(t.emulator)[0]).toMatchObject({
    started_at: '2026-08-31T00:00:00.000Z',
    finished_at: '2026-08-31T00:00:03.000Z',
  });
  expect(spansOf(t.emulator)[0]).toMatchObject({
    started_at: '2026-08-31T00:00:01.000Z',
    finished_at: '2026-08-31T00:00:02.000Z',
  });
});

test('a run ends when its root span does, at the time that is given there', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const startedAt = '2026-08-31T00:00:00.000Z';
  const endedAt = '2026-08-31T00:00:03.000Z';
  tracer.run({ name: 'a root', startedAt }, (run) => {
    run.startSpan({ name: 'forgotten', startedAt });
    run.end({ endedAt });
  });
  await t.settled();
  expect(runsOf(t.emulator)[0]).toMatchObject({ status: 'complete', finished_at: endedAt });
  expect(spansOf(t.emulator)).toMatchObject([{ finished_at: endedAt }, { finished_at: endedAt }]);
});

test('one run too many ends the one in which nothing has happened for the longest time', async () => {
  const t = await harness();
  const logger = recordingLogger();
  const tracer = traced(t.client, { maxOpenRuns: 2, logger });
  const named = (name: string) => tracer.startRun({ externalIdentifier: name });
  const busy = named('busy');
  const idle = named('idle');
  const lost = idle.startSpan('lost');
  busy.startSpan('at work').end();
  const newest = named('newest');
  lost.end();
  idle.startSpan('later');
  idle.end();
  busy.startSpan('still recorded').end();
  busy.end();
  newest.end();
  await t.settled();
  const byName = Object.fromEntries(
    runsOf(t.emulator).map((run) => [run['external_identifier'], run['status']]),
  );
  expect(byName).toEqual({ busy: 'complete', idle: 'cancelled', newest: 'complete' });
  expect(spansOf(t.emulator).map((span) => [Object(span['payload']).name, span['status']])).toEqual(
    expect.arrayContaining([
      ['lost', 'cancelled'],
      ['at work', 'complete'],
      ['still recorded', 'complete'],
    ]),
  );
  expect(spansOf(t.emulator)).toHaveLength(3);
  expect(tracer.stats()).toMatchObject({ openRuns: 0, evictedRuns: 1, unrecordedSpans: 1 });
  expect(logger.entries.map(([, message]) => message)).toEqual([
    expect.stringMatching(/^More than 2 runs are open \(maxOpenRuns\)/),
    expect.stringMatching(/^A span was started in a run that has ended/),
  ]);
});

test('one span too many ends the oldest that has no open children', async () => {
  const t = await harness();
  const logger = recordingLogger();
  const tracer = traced(t.client, { maxOpenSpans: 3, logger });
  const run = tracer.startRun({});
  const root = run.startSpan('root');
  for (const name of ['a', 'b', 'c', 'd']) root.startSpan(name);
  expect(tracer.stats()).toMatchObject({ openSpans: 3, evictedSpans: 2 });
  root.end();
  run.end();
  await t.settled();
  const statuses = treesOf(t.emulator)[0]?.spans[0]?.children?.map(({ status }) => status);
  expect(statuses).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled']);
  expect(treesOf(t.emulator)[0]?.spans[0]?.status).toBe('complete');
  expect(tracer.stats()).toMatchObject({ openSpans: 0, forgottenSpans: 2 });
  expect(logger.entries).toHaveLength(1);
});

test('to find the span that is to end takes as long however many are open', async () => {
  const t = await harness();
  const tracer = traced(t.client, { maxOpenSpans: 1_000, logger: false });
  const run = tracer.startRun({});
  const steps = vi.spyOn(Set.prototype, 'delete');
  onTestFinished(() => steps.mockRestore());
  // All but the last have open children.
  let span = run.startSpan('0');
  for (let depth = 1; depth < 2_000; depth++) span = span.startSpan(String(depth));
  expect(steps.mock.calls.length).toBeLessThan(50_000);
  steps.mockRestore();
  expect(tracer.stats()).toMatchObject({ openSpans: 1_000, evictedSpans: 1_000 });
  run.end();
  expect(tracer.stats()).toMatchObject({ openSpans: 0, forgottenSpans: 1_000 });
  await t.settled();
});

test('of the spans without open children, the one that has had none for the longest time ends', async () => {
  const t = await harness();
  const tracer = traced(t.client, { maxOpenSpans: 3, logger: false });
  const run = tracer.startRun({});
  const parent = run.startSpan('1 parent');
  const child = parent.startSpan('2 child');
  const idle = run.startSpan('3 idle');
  child.end();
  const others = [run.startSpan('4'), run.startSpan('5')];
  for (const span of [parent, idle, ...others]) span.end();
  run.end();
  await t.settled();
  expect(treesOf(t.emulator)[0]?.spans.map(({ status }) => status)).toEqual([
    'complete',
    'cancelled',
    'complete',
    'complete',
  ]);
});

test('details that were set are recorded at the end, as they were when they were set', async () => {
  const t = await harness();
  const run = traced(t.client).startRun({});
  const span = run.startSpan({ name: 'model', attributes: { model: 'm-1' } });
  const output = { text: 'first' };
  span.set({ output, tokenUsage: { totalTokens: 9 } });
  output.text = 'changed';
  span.set({ attributes: { finish: 'stop' } });
  span.end();
  const other = run.startSpan('other');
  other.set({ status: 'cancelled', output: 1 });
  other.end({ output: { status: 'open', metadata: 'its own' }, attributes: { a: 1 } });
  run.end();
  await t.settled();
  expect(spansOf(t.emulator)).toMatchObject([
    {
      payload: { name: 'model', inputs: {}, metadata: { model: 'm-1' } },
      result_payload: {
        text: 'first',
        metadata: { finish: 'stop' },
        token_usage: { prompt_tokens: null, completion_tokens: null, total_tokens: 9 },
      },
    },
    {
      status: 'cancelled',
      result_payload: { result: { status: 'open', metadata: 'its own' }, metadata: { a: 1 } },
    },
  ]);
});

test('an error is recorded as the official SDK records it, and what it has beyond that beside it', async () => {
  const t = await harness();
  const run = traced(t.client).startRun({});
  class QuotaError extends Error {
    readonly limit = 3;
  }
  run.startSpan('a').end({ error: new QuotaError('too much', { cause: new TypeError('why') }) });
  run.startSpan('b').end({ error: 'a text' });
  run.startSpan('c').end({ error: { code: 7 }, output: 'half' });
  run.startSpan('d').end({ error: null });
  run.end();
  await t.settled();
  expect(spansOf(t.emulator).map((span) => span['result_payload'])).toEqual([
    {
      error_type: 'QuotaError',
      message: 'too much',
      stacktrace: expect.stringContaining('too much'),
      cause: { name: 'TypeError', message: 'why', stack: expect.any(String) },
      fields: { limit: 3 },
    },
    { error_type: 'Error', message: 'a text', stacktrace: '' },
    {
      error_type: 'Error',
      message: 'what was thrown is no Error',
      stacktrace: '',
      thrown: { code: 7 },
      result: 'half',
    },
    {
      error_type: 'Error',
      message: 'what was thrown is no Error',
      stacktrace: '',
      thrown: null,
    },
  ]);
});

test('a text that is thrown is redacted as a message', async () => {
  const t = await harness();
  traced(t.client, { redact: ['message'] })
    .startRun({})
    .startSpan('a')
    .end({ error: 'SECRET' });
  await t.settled();
  const [span] = spansOf(t.emulator);
  expect(span?.['result_payload']).toMatchObject({ error_type: 'Error', message: '[redacted]' });
});

test('schemas of your own take the place of the standard ones', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  tracer.startRun({ agentSchemaVersion: { externalIdentifier: 'mine' } }).end();
  tracer.startRun({}).end();
  await t.settled();
  const registered = t.actions().filter(({ _type }) => _type === 'agent_instances/register');
  expect(registered.map(({ agent_schema_version }) => Object(agent_schema_version))).toMatchObject([
    { external_identifier: 'mine' },
    { external_identifier: 'prefactor-autobatch-genai-1' },
  ]);
});

test('nothing that is given can make it throw, or hurt the other spans', async () => {
  const t = await harness({ logger: false });
  const tracer = traced(t.client, { logger: false });
  const trap: never = new Proxy({} as never, {
    get() {
      throw new Error('hands off');
    },
    ownKeys() {
      throw new Error('hands off');
    },
  });
  const run = tracer.startRun({});
  const good = run.startSpan('good');
  for (const wrong of [trap, undefined as never, 7 as never, { name: 7, type: {} } as never]) {
    tracer.startRun(wrong).end(wrong);
    const span = run.startSpan(wrong);
    span.set(wrong);
    span.end(wrong);
  }
  run.startSpan({ name: 'input', input: trap }).end({ output: trap, error: trap });
  good.end();
  run.end();
  await t.settled();
  expect(treesOf(t.emulator).flatMap(({ spans }) => spans)).toEqual(
    expect.arrayContaining([
      { name: 'good', status: 'complete' },
      { name: 'input', status: 'failed' },
    ]),
  );
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0 });
});

test('a client that is closed, or whose queue is full, changes nothing for the caller', async () => {
  const t = await harness({ queue: { maxItems: 1 }, logger: false });
  const tracer = traced(t.client);
  const run = tracer.startRun({});
  run.startSpan('a').end();
  run.end();
  void t.client.close();
  await t.settled();
  const late = tracer.startRun({});
  late.startSpan('b').end();
  late.end();
  await t.settled();
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0 });
  await expect(late.instance).rejects.toMatchObject({ code: 'CLOSED' });
});

test('10,000 forgotten spans end with their run, and nothing of them is held', async () => {
  const t = await harness();
  const tracer = traced(t.client);
  const run = tracer.startRun({});
  const root = run.startSpan('root');
  for (let at = 1; at < 10_000; at++) root.startSpan('forgotten');
  expect(tracer.stats()).toMatchObject({ openRuns: 1, openSpans: 10_000, evictedSpans: 0 });
  run.end();
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0, forgottenSpans: 10_000 });
  await t.settled();
  const statuses = spansOf(t.emulator).map(({ status }) => status);
  expect(statuses).toEqual(Array.from({ length: 10_000 }, () => 'cancelled'));
});

test('getters of what is recorded may end what it is recorded in', async () => {
  const t = await harness();
  const tracer = traced(t.client, { logger: false });
  const run = tracer.startRun({});
  const span = run.startSpan('twice');
  span.end({
    output: {
      get ends() {
        span.end({ status: 'failed' });
        return 1;
      },
    },
  });
  const late = run.startSpan({
    name: 'late',
    input: {
      get ends() {
        run.end();
        return 1;
      },
    },
  });
  late.end();
  await t.settled();
  expect(treesOf(t.emulator)).toEqual([
    { status: 'complete', spans: [{ name: 'twice', status: 'complete' }] },
  ]);
  expect(tracer.stats()).toMatchObject({ openRuns: 0, openSpans: 0, unrecordedSpans: 1 });
  expect(t.client.stats().ledger).toMatchObject({ refused: 0, notAttempted: 0 });
});
