// The first of docs/internals/api.md, "Worked examples", byte for byte.
import { withGlobal } from '@sinonjs/fake-timers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf, RUN, resources, SPAN_A, SPAN_Z } from './recording-engine.ts';

const NOW = '2026-09-01T08:00:00.320Z';
const timers = withGlobal(globalThis);
let clock: ReturnType<typeof timers.install>;

beforeEach(() => {
  clock = timers.install({ now: Date.parse(NOW), toFake: ['Date'] });
});
afterEach(() => clock.uninstall());

test('a span that has ended', () => {
  const { spans, engine } = resources({ ids: 'server' });
  void spans.create({
    agentInstanceId: RUN,
    schemaName: 'shop:price_lookup',
    status: 'complete',
    payload: { sku: 'TEA-40' },
    resultPayload: { price: 4.2 },
    startedAt: '2026-09-01T08:00:00.000Z',
    finishedAt: new Date('2026-09-01T08:00:00.310Z'),
    idempotencyKey: '5b0c9f1e-0001-4a6d-9a51-3f2b6d1c7e01',
  });
  expect(engine.texts).toEqual([
    `{"_type":"agent_spans/create","idempotency_key":"5b0c9f1e-0001-4a6d-9a51-3f2b6d1c7e01","details":{"agent_instance_id":"${RUN}","schema_name":"shop:price_lookup","status":"complete","payload":{"sku":"TEA-40"},"result_payload":{"price":4.2},"parent_span_id":null,"started_at":"2026-09-01T08:00:00.000Z","finished_at":"2026-09-01T08:00:00.310Z"}}`,
  ]);
});

test('a span that runs, begun at the time of the call', () => {
  const { spans, engine } = resources({ ids: 'server' });
  void spans.create({
    agentInstanceId: RUN,
    schemaName: 'shop:reply',
    status: 'active',
    sensitiveEncoding: true,
    payload: { question: { $sensitive: 'string', value: 'where is my order' } },
    idempotencyKey: '5b0c9f1e-0002-4a6d-9a51-3f2b6d1c7e02',
  });
  // The example leaves the parent out; TS sends an explicit null for roots, and so do we (docs/internals/api.md,
  // "Creating a span").
  expect(engine.texts).toEqual([
    `{"_type":"agent_spans/create","idempotency_key":"5b0c9f1e-0002-4a6d-9a51-3f2b6d1c7e02","details":{"agent_instance_id":"${RUN}","schema_name":"shop:reply","status":"active","sensitive_encoding":true,"payload":{"question":{"$sensitive":"string","value":"where is my order"}},"parent_span_id":null,"started_at":"${NOW}"}}`,
  ]);
});

test('a finish', () => {
  const { spans, engine } = resources();
  void spans.finish(SPAN_Z, {
    status: 'complete',
    timestamp: '2026-09-01T08:00:00.400Z',
    resultPayload: { ok: true },
    idempotencyKey: '5b0c9f1e-0003-4a6d-9a51-3f2b6d1c7e03',
  });
  expect(engine.texts).toEqual([
    `{"_type":"agent_spans/finish","idempotency_key":"5b0c9f1e-0003-4a6d-9a51-3f2b6d1c7e03","agent_span_id":"${SPAN_Z}","status":"complete","timestamp":"2026-09-01T08:00:00.400Z","result_payload":{"ok":true}}`,
  ]);
});

test('the calls of an instance', () => {
  const { instances, engine } = resources();
  const spanTypeSchemas = [{ name: 'agent:llm', params_schema: { type: 'object' } }];
  const key = (n: number) => ({ idempotencyKey: `key-0000${n}` });
  void instances.register({
    agentId: 'agent',
    environmentId: 'env',
    agentVersion: {
      externalIdentifier: 'v1',
      name: 'Shop',
      description: '',
      runtimeEnvironment: {
        agentSdk: ['ai@7.0.0'],
        os: 'linux',
        prefactorSdk: ['prefactor-autobatch@0.1.0'],
        runtime: 'node@24.21.0',
      },
    },
    externalIdentifier: 'ticket-7',
    agentSchemaVersion: { externalIdentifier: 's1', spanTypeSchemas },
    updateCurrentVersion: false,
    purpose: 'eval',
    ...key(1),
  });
  void instances.start(RUN, key(2));
  void instances.recordQuality(RUN, { name: 'helpful', payload: null, ...key(3) });
  void instances.finish(RUN, { status: 'failed', ...key(4) });
  expect(engine.texts).toEqual([
    '{"_type":"agent_instances/register","idempotency_key":"key-00001","agent_id":"agent","environment_id":"env","agent_version":{"external_identifier":"v1","name":"Shop","description":"","runtime_environment":{"agent_sdk":["ai@7.0.0"],"os":"linux","prefactor_sdk":["prefactor-autobatch@0.1.0"],"runtime":"node@24.21.0"}},"agent_schema_version":{"external_identifier":"s1","span_type_schemas":[{"name":"agent:llm","params_schema":{"type":"object"}}]},"external_identifier":"ticket-7","update_current_version":false,"purpose":"eval"}',
    `{"_type":"agent_instances/start","idempotency_key":"key-00002","agent_instance_id":"${RUN}","timestamp":"${NOW}"}`,
    `{"_type":"agent_instances/record_quality","idempotency_key":"key-00003","agent_instance_id":"${RUN}","name":"helpful","payload":null}`,
    `{"_type":"agent_instances/finish","idempotency_key":"key-00004","agent_instance_id":"${RUN}","status":"failed","timestamp":"${NOW}"}`,
  ]);
});

test.each(['complete', 'failed', 'cancelled', 'terminated'] as const)(
  'a span that is created as %s has ended at the time of the call',
  (status) => {
    const { spans, engine } = resources();
    void spans.create({ agentInstanceId: RUN, schemaName: 'a', status });
    expect(engine.item(0).details).toMatchObject({ started_at: NOW, finished_at: NOW });
  },
);

test.each(['active', 'pending', 'waiting' as 'pending'] as const)(
  'a span that is created as %s has not',
  (status) => {
    const { spans, engine } = resources();
    void spans.create({ agentInstanceId: RUN, schemaName: 'a', status });
    expect(engine.item(0).details).not.toHaveProperty('finished_at');
  },
);

test('a caller who says that a span has no end is not corrected', () => {
  const { spans, engine } = resources();
  void spans.create({
    agentInstanceId: RUN,
    schemaName: 'a',
    status: 'complete',
    finishedAt: null,
  });
  expect(engine.item(0).details).toHaveProperty('finished_at', null);
});

test('a payload is an empty object by default, and fields that are undefined are left out', () => {
  const { spans, engine } = resources({ ids: 'server' });
  void spans.create({
    agentInstanceId: RUN,
    schemaName: 'a',
    status: 'active',
    payload: undefined,
    resultPayload: undefined,
    parentSpanId: undefined,
  });
  expect(Object.keys(engine.item(0).details ?? {})).toEqual([
    'agent_instance_id',
    'schema_name',
    'status',
    'payload',
    'parent_span_id',
    'started_at',
  ]);
  expect(engine.item(0).details?.['payload']).toEqual({});
});

test('what is changed after the call changes nothing', () => {
  const { spans, engine } = resources();
  const payload = { steps: ['a'] };
  const startedAt = new Date(NOW);
  void spans.create({
    agentInstanceId: RUN,
    schemaName: 'a',
    status: 'active',
    payload,
    startedAt,
  });
  const [before] = engine.texts;
  payload.steps.push('b');
  startedAt.setTime(0);
  expect(engine.texts).toEqual([before]);
  expect(before).toContain('"payload":{"steps":["a"]}');
});

test('what the caller gave is not changed', () => {
  const { spans, engine } = resources();
  const parent = spans.create({ agentInstanceId: RUN, schemaName: 'a', status: 'active' });
  const params = Object.freeze({
    agentInstanceId: RUN,
    parentSpanId: parent,
    schemaName: 'a',
    status: 'complete',
    payload: Object.freeze({ a: Object.freeze([1]) }),
  });
  void spans.create(params);
  expect(engine.declined).toEqual([]);
});

test('bytes are those of UTF-8', () => {
  const { spans, engine } = resources();
  void spans.finish(SPAN_A, { resultPayload: { text: 'é€😀' } });
  const [text = ''] = engine.texts;
  expect(engine.submissions[0]?.bytes).toBe(new TextEncoder().encode(text).length);
});

test('an item of maxItemBytes is taken; one byte more rejects, and says how large it is', async () => {
  const params = { timestamp: NOW, resultPayload: { text: '€' }, idempotencyKey: 'a key of mine' };
  const bytes = new TextEncoder().encode(
    `{"_type":"agent_spans/finish","idempotency_key":"a key of mine","agent_span_id":"${SPAN_A}","timestamp":"${NOW}","result_payload":{"text":"€"}}`,
  ).length;

  const roomy = resources({ maxItemBytes: bytes });
  void roomy.spans.finish(SPAN_A, params);
  expect(roomy.engine.submissions[0]?.bytes).toBe(bytes);

  const tight = resources({ maxItemBytes: bytes - 1 });
  expect(await failureOf(tight.spans.finish(SPAN_A, params))).toMatchObject({
    message: `Invalid call of agentSpans.finish: the item has ${bytes} bytes, more than maxItemBytes (${bytes - 1}); send less, or raise it.`,
    idempotencyKey: 'a key of mine',
  });
  expect(tight.engine.entries).toEqual([]);
});
