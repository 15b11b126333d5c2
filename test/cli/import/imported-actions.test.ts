import { statSync, truncateSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { formats } from '../../../src/cli/import/formats/tables.ts';
import { ImportedActions } from '../../../src/cli/import/imported-actions.ts';
import { ActionFileError, openActionFile } from '../../../src/recordings/actions/action-file.ts';
import { fileWith } from '../run-cli.ts';

const SPANS = 5_000;
/** Of 100 characters, so that each record has as many bytes. */
const spans = Array.from({ length: SPANS }, (_, index) => {
  const [traceId, spanId] = [(index % 50) + 1, index + 1].map((id) => String(id).padStart(16, '0'));
  const time = '1788249600000000000';
  return JSON.stringify({ traceId, spanId, startTimeUnixNano: time, endTimeUnixNano: time });
});
const bytesOfSpan = (spans[0] ?? '').length;

async function importedActions(path: string, maxSpans?: number): Promise<ImportedActions> {
  const file = await openActionFile(path, Readable.from([]));
  return new ImportedActions(file, { format: formats.otlp, maxSpans });
}

test('a span is read when it is its turn, and not before', async () => {
  const path = fileWith(`{"spans":[${spans.join(',')}]}`);
  const { size } = statSync(path);
  const source = await importedActions(path);
  let given = 0;
  let isAhead = false;
  for await (const line of source.lines()) {
    if (line.kind === 'action' && line.action.type === 'agent_spans/create') given++;
    // The registration of a run needs its first span.
    if (source.bytesRead - size > (given + 1) * bytesOfSpan) isAhead = true;
  }
  source.close();
  expect({ given, isAhead, bytesRead: source.bytesRead, size: source.size }).toEqual({
    given: SPANS,
    isAhead: false,
    bytesRead: size + SPANS * bytesOfSpan,
    size: size + SPANS * bytesOfSpan,
  });
});

describe('a file that changes between the two readings', () => {
  const before = spans.slice(0, 20).join('\n');

  test.each([
    [
      'is written again, with other spans of the same length',
      (path: string) => writeFileSync(path, spans.slice(50, 70).join('\n')),
    ],
    [
      'is written again, with other times',
      (path: string) => writeFileSync(path, before.replaceAll('17882', '17872')),
    ],
    ['is no JSON any more', (path: string) => writeFileSync(path, 'x'.repeat(before.length))],
    ['is cut', (path: string) => truncateSync(path, 10)],
  ])('ends the import where it %s', async (_how, change) => {
    const path = fileWith(before);
    const source = await importedActions(path);
    const given: unknown[] = [];
    const reading = (async () => {
      for await (const line of source.lines()) {
        // The first line comes when the first span has been read again.
        if (given.push(line) === 1) change(path);
      }
    })();
    await expect(reading).rejects.toThrow(
      new ActionFileError(
        `${path} has changed since it was read the first time. Import it again when nothing writes to it: what was sent is not sent twice.`,
      ),
    );
    source.close();
  });
});

describe('what is around spans', () => {
  const resource = (name: number, ...its: string[]) =>
    `{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"${name}${'x'.repeat(500)}"}}]},"scopeSpans":[{"scope":{"name":"s"},"spans":[${its.join(',')}]}]}`;
  const file = (...resources: string[]) =>
    fileWith(resources.map((one) => `{"resourceSpans":[${one}]}`).join('\n'));

  async function readAgain(path: string) {
    const source = await importedActions(path);
    for await (const line of source.lines()) expect(line.kind).toBe('action');
    source.close();
    return source.bytesRead - statSync(path).size;
  }

  test('is read when it is the turn of a span in it: only its place is kept', async () => {
    const some = spans.slice(0, 1_000);
    const bytes = await readAgain(file(...some.map((span, index) => resource(index, span))));
    expect(bytes).toBeGreaterThan(1_000 * 500);
  });

  test('is not read for each span of it', async () => {
    const bytes = await readAgain(file(resource(1, ...spans.slice(0, 1_000))));
    expect(bytes).toBeLessThan(1_000 * bytesOfSpan + 1_000);
  });

  test('counts: of a file with too much of it nothing is sent', async () => {
    const path = file(...Array.from({ length: 6 }, (_, index) => resource(index)));
    const source = await importedActions(path, 5);
    await expect(source.lines().next()).rejects.toThrow(/more than 10 resources and scopes/);
    source.close();
  });
});

test('of a file with too many spans nothing is sent', async () => {
  const source = await importedActions(fileWith(spans.join('\n')), SPANS - 1);
  const given: unknown[] = [];
  const reading = (async () => {
    for await (const line of source.lines()) given.push(line);
  })();
  await expect(reading).rejects.toThrow(/more than 4,999 spans/);
  expect(given).toEqual([]);
  source.close();
});
