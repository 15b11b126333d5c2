// What JSON cannot write rejects that call alone, and says what it is, and where.
import { describe, expect, test } from 'vitest';
import { failureOf, RUN, resources, SPAN_A } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;
const thrown = new Error('secret');

function cycle(): object {
  const top: Record<string, unknown> = { fine: { a: 1 } };
  top['list'] = [1, { up: top }];
  return top;
}

/** So many objects within each other. */
function nested(depth: number, inmost: unknown): object {
  let value = inmost;
  for (let level = 0; level < depth; level++) value = { d: value };
  return Object(value);
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const bigInt = 'is a BigInt, which JSON cannot write: pass it as a string';
const isCycle =
  'refers back to an object that it is in, and JSON cannot write a cycle: leave it out';

describe('names what it is, and where, but no value', () => {
  test.each<[string, object, string, string]>([
    ['a BigInt', { n: 1n }, 'payload.n', bigInt],
    [
      'a BigInt in a list',
      { tokens: [{ used: 7 }, { used: 7n }] },
      'payload.tokens.1.used',
      bigInt,
    ],
    ['a BigInt in an object', { n: Object(7n) }, 'payload.n', bigInt],
    [
      'a BigInt that a toJSON gives',
      { usage: { toJSON: () => ({ in: 7n }) } },
      'payload.usage.in',
      bigInt,
    ],
    ['a cycle', cycle(), 'payload.list.1.up', isCycle],
    [
      'a cycle beside what is there twice',
      (() => {
        const twice = { a: 1 };
        return { one: twice, two: twice, three: cycle() };
      })(),
      'payload.three.list.1.up',
      isCycle,
    ],
    ['a cycle far below', nested(3_000, cycle()), `payload${'.d'.repeat(90)}`, isCycle],
    [
      'a getter that throws',
      {
        a: {
          get b() {
            throw thrown;
          },
        },
      },
      'payload.a.b',
      'cannot be read (see cause)',
    ],
    [
      'a proxy that throws',
      {
        a: new Proxy(
          {},
          {
            ownKeys() {
              throw thrown;
            },
          },
        ),
      },
      'payload.a',
      'cannot be read (see cause)',
    ],
    ['the whole, a proxy that was revoked', revoked(), 'payload', 'cannot be read (see cause)'],
    ['a proxy that was revoked', { a: [revoked()] }, 'payload.a.0', 'cannot be read (see cause)'],
    [
      'a toJSON that throws',
      {
        a: {
          toJSON() {
            throw thrown;
          },
        },
      },
      'payload.a',
      'has a toJSON that throws (see cause)',
    ],
    [
      'a toJSON of the whole that throws',
      {
        toJSON() {
          throw thrown;
        },
      },
      'payload',
      'has a toJSON that throws (see cause)',
    ],
  ])('%s', async (_, payload, path, message) => {
    const { spans, engine } = resources();
    const call = spans.create({ ...root, payload });
    const error = await failureOf(call);
    expect(error).toMatchObject({
      name: 'PrefactorInvalidArgumentError',
      idempotencyKey: call.idempotencyKey,
      issues: [{ path: expect.stringContaining(path), message }],
      cause: expect.any(Error),
    });
    expect((error as Error).message).not.toMatch(/secret|7/);
    expect(engine.entries).toEqual([]);
  });

  test('depth, which is no cycle', async () => {
    const { spans } = resources();
    const error = await failureOf(spans.create({ ...root, payload: nested(50_000, 1) }));
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /: it is nested 5000\d levels deep, more than JSON can be written here/,
      ),
      cause: expect.any(RangeError),
    });
  });

  test('what nobody can say is left to the cause', async () => {
    const { spans } = resources();
    let times = 0;
    const payload = {
      get once() {
        if (times++ === 0) throw thrown;
        return 1;
      },
    };
    expect(await failureOf(spans.create({ ...root, payload }))).toMatchObject({
      message: 'Invalid call of agentSpans.create: it cannot be written as JSON (see cause).',
      cause: thrown,
    });
  });

  test('a value that goes on for ever is looked at for a while only', async () => {
    const { spans } = resources();
    const endless = { toJSON: () => ({ next: endless }) };
    expect(await failureOf(spans.create({ ...root, payload: { endless } }))).toMatchObject({
      message: expect.stringContaining('levels deep'),
    });
  });
});

describe('by the name that the caller knows', () => {
  const n = { some_thing: 7n };

  test.each<[string, (calls: ReturnType<typeof resources>) => Promise<unknown>, string]>([
    [
      'create',
      ({ spans }) => spans.create({ ...root, resultPayload: n }),
      'resultPayload.some_thing',
    ],
    [
      'create again',
      ({ spans }) => spans.create({ ...root, payload: n, idempotencyKey: 'a key of mine' }),
      'payload.some_thing',
    ],
    [
      'finish',
      ({ spans }) => spans.finish(SPAN_A, { resultPayload: n }),
      'resultPayload.some_thing',
    ],
    [
      'recordQuality',
      ({ instances }) => instances.recordQuality(RUN, { name: 'a', payload: n }),
      'payload.some_thing',
    ],
    [
      'register',
      ({ instances }) =>
        instances.register({ agentSchemaVersion: { spanSchemas: { my_type: n } } }),
      'agentSchemaVersion.spanSchemas.my_type.some_thing',
    ],
    [
      'submit',
      ({ pipeline }) => pipeline.submit({ _type: 'agents/create', details: { n } }, undefined),
      'details.n.some_thing',
    ],
    [
      'execute',
      ({ bulk }) =>
        bulk.execute({
          items: [
            { _type: 'a', idempotency_key: 'key-00001' },
            { _type: 'a', idempotency_key: 'key-00002', n },
          ],
        }),
      'items.1.n.some_thing',
    ],
  ])('%s', async (_, call, path) => {
    const calls = resources();
    expect(await failureOf(call(calls))).toMatchObject({ issues: [{ path, message: bigInt }] });
    expect(calls.engine.entries).toEqual([]);
  });

  test('what beforeEnqueue returned has the names of the wire', async () => {
    const { spans } = resources({
      beforeEnqueue: (action) => ({
        ...action,
        details: { ...Object(action['details']), payload: n },
      }),
    });
    expect(await failureOf(spans.create(root))).toMatchObject({
      issues: [{ path: 'details.payload.some_thing' }],
    });
  });

  test('what is wrong before beforeEnqueue is asked has the names of the call', async () => {
    const { spans } = resources({ beforeEnqueue: () => null });
    const call = spans.create({ ...root, payload: n, idempotencyKey: 'key-00001' });
    expect(await failureOf(call)).toMatchObject({ issues: [{ path: 'payload.some_thing' }] });
  });
});

describe('a payload that JSON does not write in braces is refused', () => {
  const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => object };
  class Doc {
    readonly #written: unknown;
    constructor(written: unknown) {
      this.#written = written;
    }
    toJSON(): unknown {
      return this.#written;
    }
  }
  const other = 'an object whose toJSON gives something else';
  const wrapped = 'an object as which JSON writes something else';

  test.each<[string, object, string]>([
    ['a text as an object', new String('x'), wrapped],
    ['a number as an object', new Number(7), wrapped],
    ['a boolean as an object', new Boolean(false), wrapped],
    ['raw JSON', rawJSON('"x"'), wrapped],
    ['a document that writes a text', new Doc('x'), other],
    ['a document that writes a list', new Doc([1]), other],
    ['a document that writes nothing', new Doc(undefined), other],
    ['a document that writes raw JSON', new Doc(rawJSON('1')), other],
    ['an URL', new URL('http://x.example'), other],
  ])('%s', async (_, payload, kind) => {
    const { spans, instances, engine } = resources();
    const message = `must be an object, but it is ${kind}`;
    for (const [call, path] of [
      [spans.create({ ...root, payload }), 'payload'],
      [spans.create({ ...root, resultPayload: payload }), 'resultPayload'],
      [spans.finish(SPAN_A, { resultPayload: payload }), 'resultPayload'],
      [instances.recordQuality(RUN, { name: 'a', payload }), 'payload'],
    ] as const) {
      expect(await failureOf(call)).toMatchObject({ issues: [{ path, message }] });
    }
    expect(engine.entries).toEqual([]);
  });

  test.each<[string, object, string]>([
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['a document that writes an object', new Doc({ a: 1 }), '{"a":1}'],
    [
      'a class',
      new (class {
        a = 1;
      })(),
      '{"a":1}',
    ],
    ['a Buffer', Buffer.from('a'), '{"type":"Buffer","data":[97]}'],
    ['raw JSON within', { n: rawJSON('12345678901234567890') }, '{"n":12345678901234567890}'],
  ])('but not %s', (_, payload, text) => {
    const { spans, engine } = resources();
    void spans.finish(SPAN_A, { resultPayload: payload });
    expect(engine.texts[0]).toContain(`"result_payload":${text}`);
  });
});
