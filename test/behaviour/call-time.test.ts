// Time is taken, and arguments are checked and serialised, at the call.
import { describe, expect, test } from 'vitest';
import { START } from '../helpers/fake-time.ts';
import { harness } from '../helpers/harness.ts';
import { outcomes } from '../helpers/outcomes.ts';
import { INSTANCE, span } from '../helpers/spans.ts';

const at = (ms: number): string => new Date(START + ms).toISOString();

describe('where the caller gives no time, it is that of the call', () => {
  test('also where the item leaves much later', async () => {
    const t = await harness({ batch: { window: 1_000 } });
    const run = t.client.agentInstances.register({});
    await t.pass(100);
    void t.client.agentInstances.start(run);
    const root = t.span('root', { agentInstanceId: run, status: 'active' });
    await t.pass(100);
    void t.span('leaf', { agentInstanceId: run, parentSpanId: root, status: 'failed' });
    void t.client.agentSpans.finish(root);
    await t.pass(100);
    void t.client.agentInstances.finish(run);
    await t.settled();
    const [instance] = Object.values(t.emulator.snapshot().instances).filter(
      ({ id }) => id !== INSTANCE,
    );
    expect(instance).toMatchObject({ started_at: at(100), finished_at: at(300) });
    expect(
      Object.values(instance?.spans ?? {}).map((made) => [
        made['status'],
        made['started_at'],
        made['finished_at'],
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['complete', at(100), at(200)],
        ['failed', at(200), at(200)],
      ]),
    );
  });

  test.each([
    ['active', undefined],
    ['complete', at(0)],
    ['failed', at(0)],
    ['cancelled', at(0)],
  ] as const)('a span created as %s has the end %s', async (status, finishedAt) => {
    const t = await harness();
    void t.span('a', { status });
    await t.settled();
    expect(t.actions()[0]).toHaveProperty('details.started_at', at(0));
    if (finishedAt === undefined) {
      expect(t.actions()[0]).not.toHaveProperty('details.finished_at');
    } else expect(t.actions()[0]).toHaveProperty('details.finished_at', finishedAt);
  });
});

test('a time that is given is sent as UTC in milliseconds where it is a Date, else as it is', async () => {
  const t = await harness();
  const root = t.span('a', {
    status: 'active',
    startedAt: new Date('2026-09-01T09:00:00+01:00'),
  });
  void t.client.agentSpans.finish(root, { timestamp: '2026-09-01T10:00:00+02:00' });
  await t.settled();
  expect(t.actions()[0]).toHaveProperty('details.started_at', '2026-09-01T08:00:00.000Z');
  expect(t.actions()[1]).toHaveProperty('timestamp', '2026-09-01T10:00:00+02:00');
});

test('payload defaults to an empty object', async () => {
  const t = await harness();
  void t.span('a');
  await t.settled();
  expect(t.actions()[0]).toHaveProperty('details.payload', {});
});

test("later changes to the caller's objects change nothing", async () => {
  const t = await harness({ batch: { window: 100 } });
  const startedAt = new Date(START - 1_000);
  const payload = { list: [1, 2], deep: { text: 'before' } };
  const params = { ...span('a'), payload, startedAt };
  const a = t.client.agentSpans.create(params);
  payload.list.push(3);
  payload.deep.text = 'after';
  startedAt.setTime(0);
  params.schemaName = 'agent:other';
  await t.settled();
  expect(await a).toMatchObject({
    payload: { list: [1, 2], deep: { text: 'before' } },
    startedAt: at(-1_000),
    schemaName: 'agent:llm',
  });
});

test('nothing of what is passed in is changed: all of it may be frozen', async () => {
  const options = deepFreeze({
    batch: { maxItems: 10 },
    queue: { maxItems: 100 },
    retry: { itemCodes: ['temporarily_unavailable'] },
    headers: { 'x-team': 'shop' },
    sdk: ['my-adapter@1.0.0'],
  });
  const t = await harness(options);
  const { agentInstances, agentSpans, bulk } = t.client;
  const { signal } = new AbortController();
  const callOptions = Object.freeze({ signal });
  const run = agentInstances.register(
    deepFreeze({
      agentVersion: { name: 'Shop', externalIdentifier: 'v1' },
      agentSchemaVersion: {
        externalIdentifier: 's1',
        spanTypeSchemas: [{ name: 'agent:llm', params_schema: { type: 'object' } }],
      },
    }),
    callOptions,
  );
  const root = agentSpans.create(
    deepFreeze(span('a', { status: 'active', payload: { deep: [{ n: [null] }] } })),
  );
  const calls = [
    run,
    root,
    agentInstances.start(run, Object.freeze({})),
    agentSpans.finish(root, deepFreeze({ resultPayload: { deep: { er: 1 } } }), callOptions),
    agentInstances.recordQuality(run, deepFreeze({ name: 'tone', payload: { score: 1 } })),
    agentInstances.finish(run, deepFreeze({ status: 'failed' })),
    t.client.submit(deepFreeze({ _type: 'agent_spans/create', details: details() }), callOptions),
    bulk.execute(
      deepFreeze({
        items: [
          { _type: 'agent_spans/create', idempotency_key: 'packed-by-hand', details: details() },
        ],
      }),
    ),
  ];
  await t.settled();
  expect(await outcomes(...calls)).toEqual(calls.map(() => 'ok'));
});

test('user JSON is passed through untouched', async () => {
  const t = await harness();
  const payload = {
    camelCase: 1,
    snake_case: { $sensitive: 'string', value: 'ü "quoted" \u2028 \\ \u0000' },
    numbers: [0, -0.5, 1e21, Number.MAX_SAFE_INTEGER],
    empty: [{}, [], '', null, false],
    date: new Date(START),
    left_out: undefined,
    '__autobatch:hole': '{"0":1}',
  };
  void t.span('a', { payload, resultPayload: payload, sensitiveEncoding: true });
  await t.settled();
  const asJson = JSON.parse(JSON.stringify(payload)) as unknown;
  expect(t.actions()[0]).toMatchObject({
    details: { payload: asJson, result_payload: asJson, sensitive_encoding: true },
  });
});

function details() {
  return {
    agent_instance_id: INSTANCE,
    schema_name: 'agent:llm',
    status: 'complete',
    payload: {},
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
