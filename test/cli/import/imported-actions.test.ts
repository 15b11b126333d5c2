import { statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { formats } from '../../../src/cli/import/formats/tables.ts';
import { ImportedActions } from '../../../src/cli/import/imported-actions.ts';
import { openActionFile } from '../../../src/recordings/actions/action-file.ts';
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
