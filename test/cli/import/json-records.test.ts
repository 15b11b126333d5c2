import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonRecord, RecordProblem } from '../../../src/cli/import/json-records.ts';
import { RecordScanner } from '../../../src/cli/import/json-records.ts';

const kinds = { top: { list: 'inner', one: 'top' }, inner: { list: 'inner' } };

function scanned(text: string, cuts: readonly number[] = [], maxBytes = 1_000) {
  const scanner = new RecordScanner({ kinds, top: 'top', maxBytes });
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length];
  const sorted = places.toSorted((a, b) => a - b);
  const found = sorted.slice(1).flatMap((end, at) => {
    // Whoever reads a file may use the same buffer again.
    const chunk = Buffer.from(bytes.subarray(sorted[at], end));
    const ended = [...scanner.scan(chunk)];
    chunk.fill(0x7b);
    return ended;
  });
  const end = scanner.end();
  return { bytes, found: end === undefined ? found : [...found, end] };
}

function textsOf(text: string): unknown[] {
  return scanned(text).found.map((one) =>
    one.kind === undefined ? `${one.line}: ${one.problem}` : JSON.parse(one.text.toString()),
  );
}

describe('records are cut out of', () => {
  test.each([
    ['one text', '{"a":1}'],
    ['a list', '[{"a":1}]'],
    ['lists in lists', '[[{"a":1}],[]]'],
    ['an object over several lines', '{\n  "a": 1\n}\n'],
    ['a text with a byte order mark', '\ufeff{"a":1}'],
    ['a list in a record', '{"list":[{"a":1}]}'],
  ])('%s', (_what, text) => {
    expect(textsOf(text)).toContainEqual({ a: 1 });
  });

  test('one text a line, with blank lines and line breaks of Windows', () => {
    expect(textsOf('{"a":1}\r\n\r\n{"a":2}\n{"a":3}')).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  test('texts one after the other', () => {
    expect(textsOf('{"a":1}{"a":\n2} {"a":3}')).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });
});

test('a record comes after those in it, and has null in their place', () => {
  const { bytes, found } = scanned('{"a":"}","list":[{"list":[{"b":[{}]}]},7,"x"],"one":{"c":{}}}');
  const records = found as JsonRecord[];
  expect(records.map(({ text, number, within }) => [text.toString(), number, within])).toEqual([
    ['{"b":[{}]}', 2, 1],
    ['{"list":null}', 1, 0],
    ['{"c":{}}', 3, 0],
    ['{"a":"}","list":null,"one":null}', 0, undefined],
  ]);
  for (const { text, pieces } of records) {
    const parts = pieces.flatMap((offset, at) =>
      at % 2 === 0 ? [bytes.toString('utf8', offset, offset + (pieces[at + 1] ?? 0))] : [],
    );
    expect(parts.join('null')).toBe(text.toString());
  }
});

test('a field that is no list of records is left as it is', () => {
  expect(textsOf('{"list":"none","one":7,"lists":[{"a":1}]}')).toEqual([
    { list: 'none', one: 7, lists: [{ a: 1 }] },
  ]);
});

test('what is found does not depend on how the bytes come', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.constant(null),
      fc.array(tie('record'), { maxLength: 3 }),
      tie('record'),
    ),
    record: fc.dictionary(fc.constantFrom('a', 'list', 'one', '"', '\\', 'ü'), tie('any'), {
      maxKeys: 4,
    }),
  })).record;
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 4 }),
      fc.constantFrom(undefined, 1),
      fc.array(fc.nat(), { maxLength: 20 }),
      (values, indent, cuts) => {
        const text = values.map((one) => JSON.stringify(one, null, indent)).join('\n');
        const { found } = scanned(text, cuts, 1e6);
        expect(found).toEqual(scanned(text, [], 1e6).found);
        expect(found.filter(({ kind }) => kind === undefined)).toEqual([]);
        const numbers = found.map((one) => ('number' in one ? one.number : undefined));
        expect(numbers.toSorted()).toEqual([...numbers.keys()].toSorted());
        for (const one of found as JsonRecord[]) JSON.parse(one.text.toString());
        expect(found.filter((one) => 'within' in one && one.within === undefined).length).toBe(
          values.length,
        );
      },
    ),
    { seed: 17, numRuns: 300 },
  );
});

describe('what is no JSON', () => {
  test.each([
    ['a word', '{"a":1}\nnonsense\n{"a":2}\n'],
    ['a text that does not end', '{"a":1}\n{"b":"x\n{"a":2}\n'],
    ['an object that does not end', '{"a":1}\n{"b":{"c":1\n{"a":2}\n'],
    ['a line that went on with the next one', '{"a":1}\n{"li{"list":[{"b":1}]}\n{"a":2}\n'],
    ['a bracket of the other kind', '{"a":1}\n{"list":[}\n{"a":2}\n'],
    ['a missing value', '{"a":1}\n{"b":}\n{"a":2}\n'],
    ['a missing colon', '{"a":1}\n{"b" 1}\n{"a":2}\n'],
    ['a missing comma', '{"a":1}\n{"b":1 "c":2}\n{"a":2}\n'],
  ])('%s: costs its line only', (_what, text) => {
    const found = textsOf(text);
    expect(found).toEqual([{ a: 1 }, '2: This is no line of JSON.', { a: 2 }]);
  });

  test('ends the reading where it stands within a text of several lines; what was before counts', () => {
    expect(textsOf('{"list":[\n{"a":1},\n{"a":2}}\n,{"a":3}]}')).toEqual([
      { a: 1 },
      { a: 2 },
      '3: From here on it is no JSON; if each line is a text of its own, line 1 is cut: take it out.',
    ]);
  });

  test('ends where the file does: what was before counts', () => {
    expect(textsOf('{"list":[\n{"a":1},\n{"a":')).toEqual([
      { a: 1 },
      '3: The file ends in the middle of what begins in line 1; if each line is a text of its own, line 1 is cut: take it out.',
    ]);
  });
});

test('where each text had a line, one over several lines is still read', () => {
  expect(textsOf('{"a":1}\n{\n  "a": {\n}\n}\n{"a":2}')).toEqual([{ a: 1 }, { a: {} }, { a: 2 }]);
});

test('a record that is too long is a problem, and costs no other', () => {
  const long = `{"list":[{"a":1}],"b":"${'x'.repeat(1_000)}"}`;
  expect(textsOf(`${long}\n{"a":2}`)).toEqual([
    { a: 1 },
    '1: A record is longer than 1,000 bytes.',
    { a: 2 },
  ]);
});

test('of 200,000 records in one text, no more are held than end in a chunk', () => {
  const scanner = new RecordScanner({ kinds, top: 'top', maxBytes: 1_000 });
  const record = JSON.stringify({ name: 'x'.repeat(100) });
  let records = 0;
  let mostBytes = 0;
  const scan = (text: string): void => {
    const found: readonly (JsonRecord | RecordProblem)[] = scanner.scan(Buffer.from(text));
    records += found.length;
    const bytes = found.reduce(
      (sum, one) => sum + (one.kind === undefined ? 0 : one.text.length),
      0,
    );
    mostBytes = Math.max(mostBytes, bytes);
  };
  scan('{"list":[');
  for (let chunk = 0; chunk < 2_000; chunk++) scan(`${record},`.repeat(100));
  scan(`${record}]}`);
  expect(records).toBe(200_002);
  expect(mostBytes).toBeLessThanOrEqual(record.length * 100);
});
