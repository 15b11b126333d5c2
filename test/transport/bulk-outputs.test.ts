// Outputs are read one by one, where that says what JSON.parse of the whole answer says.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOutputs } from '../../src/transport/bulk-transport.ts';

const KEYS = ['key-of-a', 'key-of-b', 'key-of-c'];

function whole(outputs: string): string {
  return `{"status":"success","outputs":{${outputs}}}`;
}

describe('are read one by one', () => {
  test.each<[string, string, unknown[]]>([
    ['all of them', whole('"key-of-a":{"n":1},"key-of-b":{},"key-of-c":{}'), [{ n: 1 }, {}, {}]],
    ['before the status', '{"outputs":{"key-of-a":{}},"status":"success"}', [{}]],
    ['without a status', '{"outputs":{"key-of-a":{}}}', [{}]],
    ['in any order', whole('"key-of-b":{"n":2},"key-of-a":{"n":1}'), [{ n: 1 }, { n: 2 }]],
    ['where there are none', whole(''), []],
    ['the last one null', whole('"key-of-a":{},"key-of-b":null'), [{}, null]],
    ['nested', whole('"key-of-a":{"a":[{},"b",{}],"c":{}}'), [{ a: [{}, 'b', {}], c: {} }]],
    [
      'with what looks like the next one in a text',
      whole('"key-of-a":{"a":"},\\"key-of-b\\":{"},"key-of-b":{}'),
      [{ a: '},"key-of-b":{' }, {}],
    ],
  ])('%s', (_, text, outputs) => {
    expect(readOutputs(text, KEYS)).toEqual(outputs);
    expectSame(text, KEYS);
  });

  test('under keys that every object has', () => {
    const keys = ['__proto__', 'constructor'];
    const text = whole('"__proto__":{"n":1},"constructor":{"__proto__":{"n":2}}');
    expect(readOutputs(text, keys)).toHaveLength(2);
    expectSame(text, keys);
  });

  test('under the name of a status', () => {
    const text = '{"outputs":{"status":{}},"status":"success"}';
    expect(readOutputs(text, ['status'])).toEqual([{}]);
  });

  test('whatever they hold and whatever their order', () => {
    fc.assert(
      fc.property(usual, ({ keys, outputs, order }) => {
        const map = Object.fromEntries(order.map((place) => [keys[place], outputs[place]]));
        const text = JSON.stringify({ status: 'success', outputs: map });
        expect(JSON.stringify(readOutputs(text, keys))).toBe(JSON.stringify(outputs));
      }),
      { numRuns: 500 },
    );
  });
});

describe('are left to JSON.parse of the whole', () => {
  test.each<[string, string]>([
    ['another member before', '{"_":1,"outputs":{"key-of-a":{}}}'],
    ['another member behind', '{"outputs":{"key-of-a":{}},"control":{}}'],
    ['another status', '{"status":"partial","outputs":{"key-of-a":{}}}'],
    ['two maps', '{"outputs":{"key-of-a":{"n":1}},"outputs":{"key-of-a":{"n":2}}}'],
    ['two maps, of which the last has no form', '{"outputs":{"key-of-a":{}},"outputs":{}}'],
    ['a name that ends as the right one', '{"\\"outputs":{"key-of-a":{}}}'],
    ['a name that is written with escapes', '{"\\u006futputs":{"key-of-a":{}}}'],
    ['outputs within another member', '{"_":{"outputs":{"key-of-a":{}}}}'],
    ['outputs by another name', '{"outputz":{"key-of-a":{"outputs":{}}}}'],
    ['no map', '{"outputs":[{"key-of-a":{}}]}'],
    ['a space before', ` ${whole('"key-of-a":{}')}`],
    ['a space in between', whole('"key-of-a":{}, "key-of-b":{}')],
    ['a space before a colon', whole('"key-of-a" :{}')],
    ['a line behind', `${whole('"key-of-a":{}')}\n`],
    ['many lines', JSON.stringify({ outputs: { 'key-of-a': {} } }, undefined, 1)],
    ['a key that comes twice', whole('"key-of-a":{"n":1},"key-of-a":{"n":2}')],
    ['a key that comes twice, apart', whole('"key-of-a":{},"key-of-b":{},"key-of-a":7')],
    [
      'a key that comes twice, and one that is missing',
      whole('"key-of-c":{},"key-of-a":{},"key-of-a":{}'),
    ],
    ['a key of nobody first', whole('"key-of-x":{},"key-of-a":{}')],
    ['a key of nobody in between', whole('"key-of-a":{},"key-of-x":{},"key-of-b":{}')],
    ['a key of nobody last', whole('"key-of-a":{},"key-of-x":{}')],
    ['a key that is written with escapes', whole('"key\\u002dof-a":{}')],
    ['none for the first', whole('"key-of-b":{}')],
    ['none in between', whole('"key-of-a":{},"key-of-c":{}')],
    ['null before others', whole('"key-of-a":null,"key-of-b":{}')],
    ['a key of the batch within an output', whole('"key-of-a":{"a":{},"key-of-b":{}}')],
  ])('where there is %s', (_, text) => {
    expect(() => JSON.parse(text)).not.toThrow();
    expect(readOutputs(text, KEYS)).toBeUndefined();
  });

  test.each<[string, string]>([
    ['nothing', ''],
    ['a page', '<html></html>'],
    ['half an answer', whole('"key-of-a":{}').slice(0, -1)],
    ['half an output', whole('"key-of-a":{"n":')],
    ['a brace too many', whole('"key-of-a":{}}')],
    ['a brace too few', whole('"key-of-a":{"n":{},"key-of-b":{}')],
    ['a comma too many', whole('"key-of-a":{},')],
    ['a comma first', whole(',"key-of-a":{}')],
    ['a colon too few', whole('"key-of-a"{}')],
    ['no colon', whole('"key-of-a";{}')],
    ['a key without an output', whole('"key-of-a":')],
    ['a key without quotes', whole('_key-of-a":{}')],
    ['a key without an end', whole('"key-of-a')],
    ['a control character in a text', whole('"key-of-a":{"a":"\n"}')],
    ['more behind', `${whole('"key-of-a":{}')}}}`],
  ])('where it is no JSON: %s', (_, text) => {
    expect(readOutputs(text, KEYS)).toBeUndefined();
    expect(() => JSON.parse(text)).toThrow();
  });

  test.each([
    ['a quote', 'key"of-a', '"key\\"of-a"'],
    ['a backslash', 'key\\bof-a', '"key\\bof-a"'],
    ['a control character', 'key\tof-a', '"key\tof-a"'],
  ])('where a key has %s, which JSON writes otherwise', (_, key, written) => {
    expect(readOutputs(whole(`${written}:{}`), [key])).toBeUndefined();
  });
});

test('none say anything else than JSON.parse of the whole does', () => {
  fc.assert(
    fc.property(odd, ({ text, keys }) => expectSame(text, keys)),
    { numRuns: 10_000 },
  );
});

/** Where they are read one by one, the whole is JSON, and says that these keys have these outputs. */
function expectSame(text: string, keys: readonly string[]): void {
  const list = readOutputs(text, keys);
  if (list === undefined) return;
  const { outputs } = JSON.parse(text) as { outputs: Record<string, unknown> };
  const asked = keys.slice(0, list.length);
  expect(Object.keys(outputs).sort()).toEqual(asked.toSorted());
  for (const [place, key] of asked.entries()) {
    expect(isDeepStrictEqual(list[place], outputs[key]), `${key} in ${text}`).toBe(true);
  }
}

/** Answers as the API gives them: so many of the first items, in whatever order. */
const usual = fc
  .uniqueArray(fc.stringMatching(/^[\w.:~é-]{8,20}$/), { minLength: 1, maxLength: 8 })
  .chain((keys) =>
    fc
      .array(fc.dictionary(fc.string({ maxLength: 7 }), fc.jsonValue()), { maxLength: keys.length })
      .chain((outputs) => {
        const places = [...outputs.keys()];
        const order = fc.shuffledSubarray(places, { minLength: places.length });
        return fc.record({ keys: fc.constant(keys), outputs: fc.constant(outputs), order });
      }),
  );

const ODD_KEYS = [
  ...KEYS,
  '__proto__',
  'outputs',
  'status',
  '},"key-o',
  'a":1,"b0',
  'key"\\x00',
  'ké\u2028茶key',
  'key\tof-a',
];
const oddKey = fc.constantFrom(...ODD_KEYS);

/** Values in which keys, and what stands around them, turn up everywhere. */
const { oddValue } = fc.letrec<{ oddValue: unknown }>((tie) => ({
  oddValue: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<unknown>(null, 7, '', '}}', {}),
    oddKey.map((key) => `},"${key}":{`),
    fc.array(tie('oddValue'), { maxLength: 2 }),
    fc.dictionary(fc.oneof(oddKey, fc.constantFrom('a', 'b')), tie('oddValue'), { maxKeys: 3 }),
  ),
}));

const oddFrame = fc.oneof(
  { weight: 4, arbitrary: fc.constant(['{"status":"success","outputs":{', '}}']) },
  {
    weight: 1,
    arbitrary: fc.tuple(
      fc.constantFrom(
        '{"outputs":{',
        '{"outputs":{},"outputs":{',
        '{"\\"outputs":{',
        '{"a":{"outputs":{',
      ),
      fc.constantFrom(
        '}}',
        '},"status":"success"}',
        '},"control":{"a":{}}}',
        '},"outputs":{}}',
        '}}}',
      ),
    ),
  },
);

/** Which keys are there: so many of the first, in order or not; or any, and some of them twice. */
const oddOrder = fc.oneof(
  fc.nat(4).map((count) => [...Array(count).keys()]),
  fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
  fc.array(fc.nat(3), { maxLength: 4 }),
);

/** What went wrong on the way: a place, so much that is missing there, and what stands there instead. */
const slip = fc.tuple(fc.nat(500), fc.nat(2), fc.constantFrom('', '"', '{', '}', ',', ':', ' '));

/** Answers that are nearly as they should be, and the keys of their batch. */
const odd = fc
  .record({
    keys: fc.shuffledSubarray(ODD_KEYS, { minLength: 1, maxLength: 4 }),
    order: oddOrder,
    values: fc.array(oddValue, { minLength: 5, maxLength: 5 }),
    stranger: fc.option(oddKey, { freq: 6 }),
    frame: oddFrame,
    comma: fc.oneof({ weight: 9, arbitrary: fc.constant(',') }, fc.constant(', ')),
    slip: fc.option(slip, { freq: 3 }),
  })
  .map(({ keys, order, values, stranger, frame: [head, tail], comma, slip }) => {
    const named = order.flatMap((place) => keys[place] ?? []);
    if (stranger !== null) named.push(stranger);
    const parts = named.map((key, at) => `${JSON.stringify(key)}:${JSON.stringify(values[at])}`);
    const text = head + parts.join(comma) + tail;
    if (slip === null) return { keys, text };
    const [place, missing, instead] = slip;
    const at = place % text.length;
    return { keys, text: text.slice(0, at) + instead + text.slice(at + missing) };
  });
