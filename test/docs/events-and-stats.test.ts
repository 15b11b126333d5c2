import { describe, expect, test } from 'vitest';
import { AutobatchClient } from '../../src/index.ts';
import { fieldsIn, fieldsOf, wordsIn, wordsOf } from './declared.ts';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const document = documentAt('docs/reference/events-and-stats.md');

const events = [
  ...fieldsOf('coalescer/ports/events.ts', 'EngineEvents'),
  ...fieldsOf('client/client-events.ts', 'AutobatchEvents'),
]
  // A client says more of the error of a `failure` than the engine can.
  .filter(({ type }) => !type.startsWith('EngineEvents['))
  .map(({ name, type }) => ({
    name,
    details: type.startsWith('{') ? fieldsIn(type.slice(1, -1)) : [],
  }));
const eventRows = rowsOf(sectionOf(document, '## Events')).map(([event = '', , details = '']) => ({
  name: spansOf(event)[0],
  details: wordsInSpans(details),
}));

describe('events', () => {
  test('the table has those that a client tells of, each once', () => {
    expect(eventRows.map(({ name }) => name).sort()).toEqual(events.map(({ name }) => name).sort());
  });

  test.each(events)('$name has the details that the table lists', ({ name, details }) => {
    expect(eventRows.find((row) => row.name === name)?.details).toEqual(
      details.map((detail) => detail.name),
    );
  });

  test('the reasons of a dispatch are listed', () => {
    const reasons = listAfter('Reasons of `dispatch`:');
    expect(reasons.sort()).toEqual(wordsOf('coalescer/ports/events.ts', 'DispatchReason').sort());
  });

  test('the reasons of a retry are listed', () => {
    const retry = events.find(({ name }) => name === 'retry');
    const reason = retry?.details.find(({ name }) => name === 'reason');
    const reasons = listAfter('Reasons of `retry`:').filter((word) => !word.includes('.'));
    expect(reasons.slice(0, 4).sort()).toEqual(wordsIn(reason?.type ?? '').sort());
  });
});

describe('stats()', () => {
  const client = new AutobatchClient({ apiToken: 'test-token', logger: false });

  test('the tables have all of its fields, each once', () => {
    const rows = rowsOf(sectionOf(document, '## `stats()`'));
    const named = rows.flatMap(([field = '']) => spansOf(field));
    expect(named.sort()).toEqual(Object.keys(client.stats()).sort());
  });

  test('the table of the ledger has all of its columns, each once', () => {
    const rows = rowsOf(sectionOf(document, '## The ledger'));
    const named = rows.flatMap(([column = '']) => spansOf(column));
    expect(named.sort()).toEqual(Object.keys(client.stats().ledger).sort());
  });
});

/** The words at the start of the code spans: `systemic` of `systemic: true`. */
function wordsInSpans(text: string): string[] {
  return spansOf(text).map((span) => /^\w+/.exec(span)?.[0] ?? span);
}

/** The code spans of the list item that begins so. */
function listAfter(start: string): string[] {
  const [, item = ''] = document.split(`\n- ${start}`);
  return spansOf(item.split(/\n- |\n\n/)[0] ?? '');
}
