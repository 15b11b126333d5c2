// What JSON writes as {}, though it holds something, is told to whoever debugs.
import { describe, expect, test } from 'vitest';
import type { JsonLosses } from '../../src/pipeline/json-problems.ts';
import { RUN, resources, SPAN_A } from './recording-engine.ts';

const root = { agentInstanceId: RUN, schemaName: 'a', status: 'active' } as const;

/** What is told of such a call. */
function toldOf(call: (calls: ReturnType<typeof resources>) => Promise<unknown>): JsonLosses[] {
  const told: JsonLosses[] = [];
  const calls = resources({ onJsonLosses: (emptied) => told.push(emptied) });
  void call(calls);
  expect(calls.engine.declined).toEqual([]);
  expect(calls.engine.submissions).toHaveLength(1);
  return told;
}

class Doc {
  readonly #text = 'secret';
  get text(): string {
    return this.#text;
  }
}

describe('is told by kind and place', () => {
  test.each<[string, object, string]>([
    ['a Map', new Map([['secret', 1]]), 'is a Map'],
    ['a Set', new Set(['secret']), 'is a Set'],
    ['an Error', new Error('secret'), 'is an Error'],
    ['a TypeError', new TypeError('secret'), 'is a TypeError'],
    ['a promise', Promise.resolve({ secret: 1 }), 'is a Promise'],
    ['headers', new Headers({ secret: '1' }), 'is a Headers'],
    ['an ArrayBuffer', new ArrayBuffer(3), 'is an ArrayBuffer'],
    ['an expression', /secret/, 'is a RegExp'],
    ['a document with fields of its own', new Doc(), 'is a Doc'],
    ['an object of a class without a name', new (class {})(), 'is an object of a class'],
  ])('%s', (_, payload, kind) => {
    for (const [given, path] of [
      [payload, 'details.payload'],
      [{ list: [1, { deep: payload }] }, 'details.payload.list.1.deep'],
    ] as const) {
      const told = toldOf(({ spans }) => spans.create({ ...root, payload: given }));
      expect(told).toEqual([
        { key: expect.any(String), type: 'agent_spans/create', emptied: [`${path} ${kind}`] },
      ]);
      expect(JSON.stringify(told)).not.toContain('secret');
    }
  });
});

test('of many the first five are told', () => {
  const payload = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`m${n}`, new Map()]));
  const [told] = toldOf(({ spans }) => spans.create({ ...root, payload }));
  expect(told?.emptied).toHaveLength(5);
});

test('so it is of a finish, of a quality, and of an action in wire form', () => {
  const a = { error: new Error('no') };
  const places = [
    toldOf(({ spans }) => spans.finish(SPAN_A, { resultPayload: a })),
    toldOf(({ instances }) => instances.recordQuality(RUN, { name: 'a', payload: a })),
    toldOf(({ pipeline }) => pipeline.submit({ _type: 'agents/create', details: a }, undefined)),
  ].map(([told]) => told?.emptied);
  expect(places).toEqual([
    ['result_payload.error is an Error'],
    ['payload.error is an Error'],
    ['details.error is an Error'],
  ]);
});

describe('nothing is told of', () => {
  test.each<[string, object | undefined]>([
    ['no payload', undefined],
    ['an empty one', {}],
    ['empty objects and lists', { a: {}, b: [{}], c: [] }],
    ['an empty one without a prototype', Object.create(null)],
    ['an error with fields', Object.assign(new Error('no'), { code: 'E' })],
    ['a document with a toJSON', { doc: { toJSON: () => ({}) } }],
    ['a Date', { at: new Date(0), empty: {} }],
    ['a text that looks like it', { text: '{}' }],
  ])('%s', (_, payload) => {
    expect(toldOf(({ spans }) => spans.create({ ...root, payload }))).toEqual([]);
  });
});
