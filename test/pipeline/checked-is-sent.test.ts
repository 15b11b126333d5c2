// What was checked is what is sent, whatever the caller's objects say when they are read again.
import { describe, expect, test } from 'vitest';
import type { Action } from '../../src/schemas/action.ts';
import { failureOf, RUN, resources, SPAN_A, SPAN_Z } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;
const details = {
  agent_instance_id: RUN,
  schema_name: 'a',
  status: 'active',
  payload: {},
} as const;
const create = { _type: 'agent_spans/create', details };

/** What somebody would like to be sent instead. */
const other = {
  _type: 'agents/list',
  idempotency_key: 'key-of-another-call',
  details: { ...details, id: SPAN_Z, agent_instance_id: SPAN_Z },
};

/** Gives one value the first time that it is read, another one from then on. */
function changing(first: unknown, later: unknown): () => unknown {
  let reads = 0;
  return () => (reads++ === 0 ? first : later);
}

function withGetter(fields: object, name: string, get: () => unknown): never {
  return Object.defineProperty({ ...fields }, name, { get, enumerable: true }) as never;
}

/** The only item, which must be that of the call, and of what the engine was told. */
function onlyItem({ engine }: ReturnType<typeof resources>) {
  expect(engine.entries).toHaveLength(1);
  const [{ key, type, makes, uses } = {}] = engine.submissions;
  const item = engine.item(0);
  expect(item).toMatchObject({ _type: type, idempotency_key: key });
  expect(item.details?.['id']).toBe(typeof makes === 'string' ? makes : undefined);
  expect(item.details?.['agent_instance_id']).toBe(uses?.[0]);
  return item;
}

describe('what the hook returns', () => {
  test.each<[string, (action: Action) => object]>([
    ['a toJSON of its own', (action) => ({ ...action, toJSON: () => other })],
    [
      'a toJSON in its details',
      (action) => ({
        ...action,
        details: { ...Object(action['details']), toJSON: () => other.details },
      }),
    ],
    [
      'a class with a toJSON',
      (action) =>
        Object.assign(
          new (class {
            toJSON() {
              return other;
            }
          })(),
          action,
        ),
    ],
    [
      'details that are others when read again',
      (action) =>
        withGetter(action, 'details', changing(action['details'], { ...other.details, id: 7 })),
    ],
    [
      'an id that is another when read again',
      (action) => ({
        ...action,
        details: withGetter(Object(action['details']), 'id', changing(SPAN_A, 7)),
      }),
    ],
    [
      'a type and a key that are others when read again',
      (action) =>
        withGetter(
          withGetter(action, '_type', changing(action._type, other._type)),
          'idempotency_key',
          changing(action.idempotency_key, other.idempotency_key),
        ),
    ],
  ])('with %s', (_, beforeEnqueue) => {
    const calls = resources({ beforeEnqueue });
    const call = calls.spans.create({ ...root, id: SPAN_A });
    const item = onlyItem(calls);
    expect(item['idempotency_key']).toBe(call.idempotencyKey);
    expect(item.details).toMatchObject({ id: SPAN_A, agent_instance_id: RUN });
    expect(item).not.toHaveProperty('toJSON');
  });

  test('is refused where what is read is wrong, whatever it says later', async () => {
    const { spans } = resources({
      beforeEnqueue: (action) =>
        withGetter(action, 'details', changing({ ...details, schema_name: '' }, details)),
    });
    expect(await failureOf(spans.create(root))).toMatchObject({
      issues: [{ path: 'details.schema_name' }],
    });
  });
});

describe('an action in wire form', () => {
  test.each<[string, object]>([
    ['a toJSON of its own', { ...create, toJSON: () => other }],
    [
      'a toJSON in its details',
      { ...create, details: { ...details, toJSON: () => other.details } },
    ],
    ['a type that is another later', withGetter(create, '_type', changing(create._type, 'x/y'))],
    [
      'details that are others later',
      withGetter(create, 'details', changing(details, { ...other.details, id: 7 })),
    ],
    [
      'a key that is another later',
      withGetter(create, 'idempotency_key', changing(undefined, 'x')),
    ],
  ])('with %s', (_, action) => {
    const calls = resources();
    const call = calls.pipeline.submit(action as Action, undefined);
    const item = onlyItem(calls);
    expect(item).toMatchObject({ ...create, idempotency_key: call.idempotencyKey });
  });

  test('of a type that nobody knows', () => {
    const { pipeline, engine } = resources();
    const given = { _type: 'agents/show', agent_id: 'x', toJSON: () => other };
    const call = pipeline.submit(given, undefined);
    const { idempotencyKey } = call;
    const text = `{"_type":"agents/show","idempotency_key":"${idempotencyKey}","agent_id":"x"}`;
    expect(engine.texts).toEqual([text]);
  });

  test('may have its type from a class', () => {
    class Create {
      details = details;
      get _type() {
        return create._type;
      }
    }
    const calls = resources();
    void calls.pipeline.submit(new Create() as unknown as Action, undefined);
    expect(onlyItem(calls)).toMatchObject(create);
  });
});

describe('a batch that the caller packed', () => {
  const items = [
    { _type: 'agents/list', idempotency_key: 'key-00001' },
    { _type: 'agents/show', idempotency_key: 'key-00002', agent_id: 'x' },
  ] as const;
  const texts = items.map((item) => JSON.stringify(item));

  test.each<[string, object]>([
    ['a toJSON in an item', { items: [{ ...items[0], toJSON: () => other }, items[1]] }],
    [
      'a key that is another later',
      {
        items: [
          items[0],
          withGetter(items[1], 'idempotency_key', changing('key-00002', 'key-00001')),
        ],
      },
    ],
    [
      'a type that is none later',
      { items: [withGetter(items[0], '_type', changing('agents/list', 7)), items[1]] },
    ],
    ['items that are others later', withGetter({}, 'items', changing(items, [other]))],
  ])('with %s', async (_, request) => {
    const { bulk, engine } = resources();
    await bulk.execute(request as never);
    expect(engine.batches).toMatchObject([{ keys: ['key-00001', 'key-00002'] }]);
    const sent = engine.batches[0]?.texts.map((text) => JSON.parse(text));
    expect(sent).toEqual(texts.map((text) => JSON.parse(text)));
  });
});

test('the id of a call that is no text when it is read again rejects the call', async () => {
  const { spans, engine } = resources();
  const params = withGetter(root, 'id', changing(SPAN_A, 7));
  expect(await failureOf(spans.create(params))).toMatchObject({
    issues: [{ path: 'id', message: 'must be a string of 1 to 200 characters' }],
  });
  expect(engine.entries).toEqual([]);
});

describe('a payload', () => {
  test('may write itself', () => {
    const { spans, engine } = resources();
    void spans.create({ ...root, payload: { secret: 1, toJSON: () => ({ said: true }) } });
    expect(engine.item(0).details?.['payload']).toEqual({ said: true });
  });

  test('that reaches out while it is written changes nothing of its item', () => {
    const action = { ...create, details: { ...details, payload: {} } };
    action.details.payload = {
      toJSON() {
        Object.assign(action, other);
        Object.assign(action.details, other.details);
        return {};
      },
    };
    const calls = resources();
    void calls.pipeline.submit(action, undefined);
    expect(onlyItem(calls)).toMatchObject(create);
  });

  test.each<[string, object, string]>([
    ['a text', { toJSON: () => 'text' }, 'an object whose toJSON gives something else'],
    ['nothing', { toJSON: () => undefined }, 'an object whose toJSON gives something else'],
    ['a list', { toJSON: () => [1] }, 'an object whose toJSON gives something else'],
    ['a time', new Date(0), 'a Date'],
  ])('that writes %s is no object', async (_, payload, kind) => {
    const { spans, engine } = resources();
    const message = `must be an object, but it is ${kind}`;
    expect(await failureOf(spans.create({ ...root, payload }))).toMatchObject({
      issues: [{ path: 'payload', message }],
    });
    expect(await failureOf(spans.finish(SPAN_A, { resultPayload: payload }))).toMatchObject({
      issues: [{ path: 'resultPayload', message }],
    });
    expect(engine.entries).toEqual([]);
  });
});
