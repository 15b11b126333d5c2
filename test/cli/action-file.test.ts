import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openActionFile } from '../../src/cli/actions/action-file.ts';
import { create, ndjson, run } from './lines.ts';
import { fileWith } from './run-cli.ts';

const nothing = Readable.from([]);

async function readAll(path: string, stdin: Readable = nothing) {
  const lines = [];
  const file = await openActionFile(path, stdin);
  for await (const line of file.lines()) lines.push(line);
  return { lines, bytesRead: file.bytesRead, size: file.size };
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
      actions.map((action, index) => ({ number: index + 1, kind: 'action', action })),
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
    ['[1]', 'Invalid input: expected object, received array.'],
    [
      '{"t":1,"instance":"r"}',
      'type: Invalid type: expected one of agent_instances/register, agent_instances/start, agent_spans/create, agent_spans/finish, agent_instances/finish.',
    ],
    [
      '{"t":"1","type":"agent_instances/start","instance":"r"}',
      't: Invalid input: expected number, received string.',
    ],
    [
      '{"t":1,"type":"agent_instances/start"}',
      'instance: Invalid input: expected string, received undefined.',
    ],
    [
      '{"t":1,"type":"agent_instances/finish","instance":"r","status":"done"}',
      'status: Invalid option: expected one of "complete"|"failed"|"cancelled".',
    ],
    [
      '{"t":1,"type":"agent_instances/register","instance":"r","payload":{"agent_version":{"name":1}}}',
      'payload.agent_version.name: Invalid input: expected string, received number.',
    ],
  ])('%s', async (line, problem) => {
    const { lines } = await readAll(fileWith(`${line}\n${text}`));
    expect(lines[0]).toEqual({ number: 1, kind: 'problem', problem });
    expect(lines).toHaveLength(1 + actions.length);
  });
});

describe('a file that cannot be read says so in a sentence', () => {
  test('there is none', async () => {
    await expect(readAll('nowhere.ndjson')).rejects.toThrow('There is no file "nowhere.ndjson".');
  });

  test('it is a folder', async () => {
    await expect(readAll('.')).rejects.toThrow('"." is a folder; name an action file in it.');
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
      'Standard input cannot be read at its first line: a line is longer than 64,000,000 characters.',
    );
  });
});
