import { AutobatchClient, PrefactorInvalidArgumentError } from 'prefactor-autobatch';
import { equal, ok, outcomes, rejection, span } from '../context.mjs';

function thrown(call) {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}

export const arguments_ = {
  'an unknown option is an error that names the nearest': (t) => {
    const error = thrown(() => t.client(undefined, { apiUrll: 'x' }));
    ok(error instanceof PrefactorInvalidArgumentError, `it is ${error}`);
    equal(
      error.issues.map(({ path }) => path),
      ['apiUrll'],
      'the issues',
    );
    ok(error.message.includes('apiUrl'), error.message);
  },

  'so is a value that is none of its kind, and a missing token': () => {
    const error = thrown(
      () => new AutobatchClient({ batch: { maxItems: 0 }, retry: { limit: 'x' } }),
    );
    const paths = error.issues.map(({ path }) => path);
    for (const path of ['batch.maxItems', 'retry.limit']) ok(paths.includes(path), `${paths}`);
    const missing = thrown(() => new AutobatchClient({ apiUrl: 'http://127.0.0.1:1' }));
    equal(
      missing?.issues.map(({ path }) => path),
      ['apiToken'],
      'the issues',
    );
  },

  'bad arguments reject that call alone': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    const cyclic = {};
    cyclic.self = cyclic;
    const bad = [
      client.agentSpans.create(),
      client.agentSpans.create(span(0, { status: 7 })),
      client.agentSpans.create(span(0, { payload: 'text' })),
      client.agentSpans.create(span(0, { payload: cyclic })),
      client.agentSpans.create(span(0, { payload: { big: 1n } })),
      client.agentSpans.create(span(0, { idempotencyKey: 'short' })),
      client.agentSpans.create(span(0, { nonsense: true })),
      client.agentInstances.start(undefined),
      client.submit({}),
      client.bulk.execute({ items: [] }),
    ];
    const good = t.spans(client, 2);
    const expected = [...Array(10).fill('PrefactorInvalidArgumentError'), 'ok', 'ok'];
    equal(await outcomes([...bad, ...good]), expected, 'the outcomes');
    const error = await rejection(bad[1]);
    equal(
      error.issues.map(({ path }) => path),
      ['status'],
      'the issues',
    );
  },

  'two calls with one key are one item, or a conflict': async (t) => {
    const backend = await t.scripted();
    const client = t.client(backend);
    const startedAt = new Date(0);
    const fields = { idempotencyKey: 'a-key-of-my-own', startedAt, finishedAt: startedAt };
    const same = [
      client.agentSpans.create(span(1, fields)),
      client.agentSpans.create(span(1, fields)),
    ];
    const other = client.agentSpans.create(span(2, fields));
    const conflict = 'PrefactorIdempotencyConflictError';
    equal(await outcomes([...same, other]), ['ok', 'ok', conflict], 'the outcomes');
    equal(
      (await backend.requests()).map(({ keys }) => keys),
      [['a-key-of-my-own']],
      'the keys',
    );
  },

  'later changes to what was passed in change nothing': async (t) => {
    const backend = await t.scripted();
    const params = span(0, { payload: { list: [1] } });
    const call = t.client(backend).agentSpans.create(params);
    params.payload.list.push(2);
    params.schemaName = 'another';
    await call;
    const [{ details }] = JSON.parse((await backend.requests())[0].body).items;
    equal([details.schema_name, details.payload], ['agent:tool', { list: [1] }], 'what was sent');
  },
};
