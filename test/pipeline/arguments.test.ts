import { describe, expect, test } from 'vitest';
import { failureOf, RUN, resources, SPAN_A } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;

describe('a wrong argument of create is named, with what was wanted and what came', () => {
  test.each<[object, string, string]>([
    [
      { schemaName: undefined },
      'schemaName',
      'must be a string of 1 to 200 characters, but it is missing',
    ],
    [{ schemaName: '' }, 'schemaName', 'must be a string of 1 to 200 characters, but it is empty'],
    [{ status: 7 }, 'status', 'must be a non-empty string, but it is a number'],
    [{ payload: [1] }, 'payload', 'must be an object, but it is an array'],
    [{ payload: null }, 'payload', 'must be an object, but it is null'],
    [{ payload: 'secret' }, 'payload', 'must be an object, but it is a string'],
    [{ resultPayload: () => 1 }, 'resultPayload', 'must be an object, but it is a function'],
    [{ id: 5 }, 'id', 'must be a string of 1 to 200 characters, but it is a number'],
    [
      { sensitiveEncoding: 'yes' },
      'sensitiveEncoding',
      'must be true or false, but it is a string',
    ],
    [
      { startedAt: 'yesterday' },
      'startedAt',
      'must be a Date, or a string in the form of 2026-09-01T08:00:00.000Z (ISO 8601), but it is a string',
    ],
    [
      { finishedAt: new Date(Number.NaN) },
      'finishedAt',
      'must be a Date, or a string in the form of 2026-09-01T08:00:00.000Z (ISO 8601), but it is an invalid Date',
    ],
    [{ shemaName: 'a' }, 'shemaName', 'is not known here; the nearest is schemaName'],
    [
      { output: {} },
      'output',
      'is not known here; known are agentInstanceId, schemaName, status, payload, resultPayload, id, parentSpanId, startedAt, finishedAt, sensitiveEncoding, idempotencyKey',
    ],
    [
      { agent_instance_id: 'a' },
      'agent_instance_id',
      'is not known here; the nearest is agentInstanceId',
    ],
  ])('%j', async (wrong, path, message) => {
    const { spans, engine } = resources();
    const call = spans.create({ ...root, ...wrong });
    expect(await failureOf(call)).toMatchObject({
      name: 'PrefactorInvalidArgumentError',
      code: 'INVALID_ARGUMENT',
      maybeApplied: false,
      idempotencyKey: call.idempotencyKey,
      message: `Invalid call of agentSpans.create: ${path} ${message}.`,
      issues: [{ path, message }],
    });
    expect(engine.entries).toEqual([]);
    expect(engine.declined).toMatchObject([
      { key: call.idempotencyKey, type: 'agent_spans/create' },
    ]);
  });
});

test('all that is wrong is named at once', async () => {
  const { spans } = resources();
  const call = spans.create({ ...root, schemaName: '', payload: [], id: '' });
  expect(await failureOf(call)).toMatchObject({
    issues: [{ path: 'schemaName' }, { path: 'payload' }, { path: 'id' }],
  });
});

test('the other calls check theirs', async () => {
  const { spans, instances } = resources();
  const pathsOf = async (call: Promise<unknown>) => {
    const error = Object(await failureOf(call)) as { issues: { path: string }[] };
    return error.issues.map(({ path }) => path);
  };
  const bad = (params: object) => params as never;
  expect(await pathsOf(spans.finish(SPAN_A, bad({ status: '', resultPayload: 1 })))).toEqual([
    'status',
    'resultPayload',
  ]);
  expect(await pathsOf(instances.start(RUN, bad({ timestamp: 1 })))).toEqual(['timestamp']);
  expect(await pathsOf(instances.finish(RUN, bad({ status: 1 })))).toEqual(['status']);
  expect(await pathsOf(instances.recordQuality(RUN, bad({ name: 'a' })))).toEqual(['payload']);
  expect(await pathsOf(instances.register(bad({ agentId: 1, purpose: '' })))).toEqual([
    'agentId',
    'purpose',
  ]);
  expect(
    await pathsOf(
      instances.register(
        bad({
          agentVersion: { external_identifier: 'a', name: 1 },
          agentSchemaVersion: { spanTypeSchemas: {}, quality_schemas: [] },
        }),
      ),
    ),
  ).toEqual([
    'agentVersion.name',
    'agentVersion.external_identifier',
    'agentSchemaVersion.spanTypeSchemas',
    'agentSchemaVersion.quality_schemas',
  ]);
});

test('what is wrong in a runtime environment is named, beside what else is wrong', async () => {
  const { instances } = resources();
  const runtimeEnvironment = { agentSdk: ['ai@7', ''], prefactorSDK: [], os: 7 };
  const wrong = { agentVersion: { nam: 'Shop', runtimeEnvironment } } as never;
  const names = 'an array of which each is a string of 1 to 200 characters';
  expect(await failureOf(instances.register(wrong))).toMatchObject({
    issues: [
      { path: 'agentVersion.nam', message: 'is not known here; the nearest is name' },
      {
        path: 'agentVersion.runtimeEnvironment.agentSdk',
        message: `must be ${names}, but it is an array`,
      },
      {
        path: 'agentVersion.runtimeEnvironment.os',
        message: 'must be a string of 1 to 200 characters, but it is a number',
      },
      {
        path: 'agentVersion.runtimeEnvironment.prefactorSDK',
        message: 'is not known here; the nearest is prefactorSdk',
      },
    ],
  });
});

test.each([undefined, null, 7, 'text', []])('parameters that are %j reject', async (params) => {
  const { spans } = resources();
  expect(await failureOf(spans.create(params as never))).toMatchObject({
    issues: [{ path: 'params', message: expect.stringMatching(/^must be an object, but it is/) }],
  });
});

test.each<[string, object, string]>([
  ['a promise', Promise.resolve({ status: 'failed' }), 'a promise: await it first'],
  ['a promise of another make', Object.create(Promise.prototype), 'a promise: await it first'],
  ['a Map', new Map([['status', 'failed']]), 'a collection, such as a Map'],
  ['a form', new URLSearchParams({ status: 'failed' }), 'a collection, such as a Map'],
])('parameters that are %s, of which no field could be seen, reject', async (_, params, kind) => {
  const { spans, instances, engine } = resources();
  const message = `must be an object of named fields, but it is ${kind}`;
  for (const call of [
    spans.finish(SPAN_A, params),
    instances.register(params),
    instances.start(RUN, params),
    instances.finish(RUN, params),
  ]) {
    expect(await failureOf(call)).toMatchObject({ issues: [{ path: 'params', message }] });
  }
  expect(engine.entries).toEqual([]);
});

test('parameters of a class are seen', () => {
  class Params {
    readonly idempotencyKey = 'a key of mine';
    get status() {
      return 'failed' as const;
    }
  }
  const { spans, engine } = resources();
  void spans.finish(SPAN_A, new Params());
  expect(engine.item(0)).toMatchObject({ status: 'failed', idempotency_key: 'a key of mine' });
});

test('options are checked', async () => {
  const { spans } = resources();
  const options = { signal: 'no', timeout: 1 } as never;
  expect(await failureOf(spans.create(root, options))).toMatchObject({
    issues: [{ path: 'options.signal' }, { path: 'options.timeout' }],
  });
});

test('a signal goes to the engine', () => {
  const { spans, engine } = resources();
  const { signal } = new AbortController();
  void spans.create(root, { signal });
  expect(engine.submissions[0]?.signal).toBe(signal);
});

test('no call throws, whatever the arguments do', async () => {
  const thrown = new Error('trap');
  const trap = new Proxy(
    {},
    {
      get() {
        throw thrown;
      },
      ownKeys() {
        throw thrown;
      },
      getOwnPropertyDescriptor() {
        throw thrown;
      },
    },
  ) as never;
  const { spans, instances, pipeline, bulk } = resources();
  for (const call of [
    spans.create(trap),
    spans.create({ ...root, agentInstanceId: trap }),
    spans.create(root, trap),
    spans.finish(trap, trap),
    instances.register(trap),
    pipeline.submit(trap, trap),
    bulk.execute(trap, trap),
  ]) {
    expect(await failureOf(call)).toMatchObject({ name: 'PrefactorInvalidArgumentError' });
  }
});
