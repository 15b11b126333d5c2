import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openActionFile } from '../../../src/recordings/actions/action-file.ts';
import { fileWith } from '../../cli/run-cli.ts';
import { create, ndjson, run } from './lines.ts';

const nothing = Readable.from([]);

async function readAll(path: string, stdin: Readable = nothing) {
  const lines = [];
  const file = await openActionFile(path, stdin);
  for await (const line of file.lines()) lines.push(line);
  return { lines, bytesRead: file.bytesRead, size: file.origin.size };
}

const text = ndjson(...run('r', ['a', 'b']));
const actions = text
  .trimEnd()
  .split('\n')
  .map((line): unknown => JSON.parse(line));

describe.each([
  ['plain', Buffer.from(text)],
  ['packed', gzipSync(text)],
])('%s', (_kind, bytes) => {
  test('a file gives its actions by line, and how much of it was read', async () => {
    const { lines, bytesRead, size } = await readAll(fileWith(bytes));
    expect(lines).toEqual(
      actions.map((action, index) => ({
        number: index + 1,
        text: JSON.stringify(action),
        kind: 'action',
        action,
      })),
    );
    expect(bytesRead).toBe(bytes.length);
    expect(size).toBe(bytes.length);
  });

  test('so does the standard input, byte by byte, whose size nobody knows', async () => {
    const pieces = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
    const { lines, bytesRead, size } = await readAll('-', pieces);
    expect(lines).toHaveLength(actions.length);
    expect(bytesRead).toBe(bytes.length);
    expect(size).toBeUndefined();
  });
});

test('blank lines, line ends of Windows, a byte order mark and a missing last line end do no harm', async () => {
  const { lines } = await readAll(fileWith(`\uFEFF\r\n${text.replaceAll('\n', '\r\n').trimEnd()}`));
  expect(lines.map(({ number }) => number)).toEqual(actions.map((_, index) => index + 2));
});

test('a character that is cut in two by the reading stays whole', async () => {
  const bytes = Buffer.from(ndjson({ ...create('r', 'a'), payload: { said: '€'.repeat(9) } }));
  const { lines } = await readAll(
    '-',
    Readable.from([...bytes].map((byte) => Buffer.from([byte]))),
  );
  expect(lines).toMatchObject([{ action: { payload: { said: '€€€€€€€€€' } } }]);
});

test('an empty file has no lines', async () => {
  expect((await readAll(fileWith(''))).lines).toEqual([]);
});

describe('a bad line says what is wrong with it, and the next one is read', () => {
  test.each([
    ['{"t":', 'This is no line of JSON.'],
    ['[1]', 'This is no object of JSON.'],
    [
      '{"t":1,"instance":"r"}',
      '"type" must be one of agent_instances/register, agent_instances/start, agent_instances/record_quality, agent_instances/finish, agent_spans/create, agent_spans/finish.',
    ],
    ['{"t":"1","type":"agent_instances/start","instance":"r"}', '"t" must be a number.'],
    [
      '{"t":1e300,"type":"agent_instances/start","instance":"r"}',
      '"t" is no time that a date can be.',
    ],
    [
      '{"t":-1e16,"type":"agent_instances/start","instance":"r"}',
      '"t" is no time that a date can be.',
    ],
    ['{"type":"agent_instances/register"}', '"instance" is missing.'],
    ['{"type":"agent_instances/finish","instance":""}', '"instance" is empty.'],
    [
      '{"type":"agent_instances/register","instance":"r","payload":{"agent_version":{"name":1}}}',
      '"payload.agent_version.name" must be text.',
    ],
    [
      '{"type":"agent_spans/finish","instance":"r","span":"a","timestamp":"yesterday"}',
      '"timestamp" must be a time such as 2026-09-01T08:00:00.000Z.',
    ],
    [
      '{"type":"agent_spans/finish","instance":"r","span":"a","result_payload":[1]}',
      '"result_payload" must be an object.',
    ],
    [
      '{"type":"agent_spans/finish","instance":"r","span":"a","sensitive_encoding":"yes"}',
      '"sensitive_encoding" must be true or false.',
    ],
    [
      '{"type":"agent_spans/finish","instance":"r","span":"a","idempotency_key":"short"}',
      '"idempotency_key" must be text of 8 to 64 characters.',
    ],
    [
      '{"type":"agent_spans/finish","instance":"r","span":"a","output":{}}',
      '"output" is no field of agent_spans/finish; --ignore output leaves it out.',
    ],
    [
      '{"type":"agent_instances/register","instance":"r","payload":{"agent_version":{"colour":"red"}}}',
      '"payload.agent_version.colour" is no field of agent_instances/register; --ignore payload.agent_version.colour leaves it out.',
    ],
  ])('%s', async (line, problem) => {
    const { lines } = await readAll(fileWith(`${text}${line}\n${text}`));
    expect(lines[actions.length]).toMatchObject({ kind: 'problem', problem });
    expect(lines).toHaveLength(1 + 2 * actions.length);
  });

  test('bytes that are no UTF-8', async () => {
    const wrong = Buffer.concat([
      Buffer.from('{"t":1,"type":"'),
      Buffer.from([0xe9]),
      Buffer.from('"}\n'),
    ]);
    const { lines } = await readAll(
      fileWith(Buffer.concat([Buffer.from(text), wrong, Buffer.from(text)])),
    );
    expect(lines[actions.length]).toMatchObject({ problem: 'This is no text in UTF-8.' });
    expect(lines).toHaveLength(1 + 2 * actions.length);
  });

  test('what is ignored is left out where it stands', async () => {
    const line = { ...create('r', 'a'), tags: ['x'], payload: { tags: ['kept'] } };
    const file = await openActionFile(fileWith(ndjson(line)), nothing);
    const { value: first } = await file.lines(new Set(['tags'])).next();
    expect(first).toMatchObject({ kind: 'action', action: { payload: { tags: ['kept'] } } });
    expect(first).not.toHaveProperty('action.tags');
  });
});

test('null is as good as nothing, but for the payload of a quality', async () => {
  const quality = {
    type: 'agent_instances/record_quality',
    instance: 'r',
    name: 'q',
    payload: null,
  };
  const nulls = { parent: null, payload: null, result_payload: null, started_at: null, t: null };
  const { lines } = await readAll(fileWith(ndjson({ ...create('r', 'a'), ...nulls }, quality)));
  expect(lines).toMatchObject([{ kind: 'action' }, { action: quality }]);
  for (const name of Object.keys(nulls)) expect(lines[0]).not.toHaveProperty(`action.${name}`);
});

describe('what is no action file says what it is', () => {
  const langfuse = '{"id":"1","traceId":"t","projectId":"p"}\n';
  const otlp = '{"resourceSpans":[{"scopeSpans":[]}]}\n';
  test.each([
    ['UTF-16 with a mark', Buffer.from(`\ufeff${text}`, 'utf16le'), /UTF-16; .*iconv/],
    ['UTF-16 without', Buffer.from(text, 'utf16le'), /UTF-16/],
    ['a zip archive', Buffer.from([0x50, 0x4b, 3, 4, 0, 0]), /packed by zip/],
    ['a binary', Buffer.from([0, 0, 0, 1, 2, 200, 10, 0]), /no text/],
    ['a list', '[\n  {"a":1}\n]\n', /one JSON text.*jq -c/],
    ['a list in one line', '[{"a":1},\n{"a":2}]\n', /one JSON text/],
    ['an object over several lines', '{\n  "a": 1\n}\n', /one JSON text/],
    ['an OTLP export', otlp, /OpenTelemetry \(OTLP\); "import otlp" reads it/],
    ['a Langfuse export', langfuse, /Langfuse; "import langfuse" reads it/],
    ['runs of LangSmith', '{"run_type":"llm"}\n', /"import langsmith" reads it/],
    ['a page', '<!DOCTYPE html>\n', /HTML/],
  ])('%s', async (_what, content, says) => {
    await expect(readAll(fileWith(content))).rejects.toThrow(says);
  });
});

test('a file that is cut in the middle of a line is not read to its end', async () => {
  await expect(readAll(fileWith(text.slice(0, -9)))).rejects.toThrow(
    `runs.ndjson ends in the middle of line ${actions.length}.`,
  );
});

describe('a file that cannot be read says so in a sentence', () => {
  test('there is none', async () => {
    await expect(readAll('nowhere.ndjson')).rejects.toThrow('There is no file "nowhere.ndjson".');
  });

  test('it is a folder', async () => {
    await expect(readAll('.')).rejects.toThrow('"." is a folder; name a file in it.');
  });

  test('it ends too early', async () => {
    const packed = gzipSync(text);
    const path = fileWith(packed.subarray(0, packed.length - 12), 'cut.gz');
    await expect(readAll(path)).rejects.toThrow(/cut\.gz cannot be read after line \d+: .+\.$/);
  });

  test('its packing is damaged from the start', async () => {
    const path = fileWith(Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), 'bad.gz');
    await expect(readAll(path)).rejects.toThrow(/bad\.gz cannot be read at its first line: .+\.$/);
  });

  test('it is no text, but one line without an end', async () => {
    const megabyte = Buffer.alloc(1_000_000, 'x');
    const endless = Readable.from(
      (function* () {
        for (;;) yield megabyte;
      })(),
    );
    await expect(readAll('-', endless)).rejects.toThrow(
      'Standard input cannot be read at its first line: a line is longer than 64,000,000 bytes.',
    );
  });
});
