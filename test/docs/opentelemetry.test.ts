import { describe, expect, test } from 'vitest';
import type { ValueName } from '../../src/genai/naming-families.ts';
import { namingFamilies } from '../../src/genai/naming-families.ts';
import { observedMetrics, requestMetrics } from '../../src/otel/metrics.ts';
import { fieldsOf } from './declared.ts';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const guide = documentAt('docs/guide/opentelemetry.md');
const tables = rowsOf(sectionOf(guide, '## The table of names'));

function names(values: readonly ValueName[]): string[] {
  return values.flatMap((value) => (typeof value === 'string' ? value : Object.values(value)));
}

describe('the table of names is that of the source', () => {
  test.each(namingFamilies)('$family', (family) => {
    const { types, input, output, model, tokens, failure } = family;
    const columns = {
      type: Object.keys(types),
      input: names(input),
      output: names(output),
      model: names(model),
      'prompt tokens': tokens.promptTokens,
      'completion tokens': tokens.completionTokens,
      'total tokens': tokens.totalTokens,
      ...(failure && { failure: [failure.name, failure.value, failure.message] }),
    };
    const rows = tables.filter(([name]) => name === family.family);
    const shown = rows.map(([, column = '', by = '']) => [column, spansOf(by)]);
    expect(Object.fromEntries(shown)).toEqual(columns);
  });

  test('families stand in their order', () => {
    const shown = tables.filter((cells) => cells.length === 3).map(([family]) => family);
    expect([...new Set(shown)]).toEqual(namingFamilies.map(({ family }) => family));
  });
});

test('each value of a type has its place', () => {
  const shown = tables
    .filter((cells) => cells.length === 2)
    .flatMap(([type = '', values = '']) =>
      spansOf(values).map((value) => `${value} is ${spansOf(type)[0]}`),
    );
  const said = namingFamilies.flatMap(({ types }) =>
    Object.values(types).flatMap((byValue) =>
      Object.entries(byValue).map(([value, type]) => `${value} is ${type}`),
    ),
  );
  expect(shown.sort()).toEqual([...new Set(said)].sort());
});

test('each option of the processor has a row, with its default', () => {
  const options = fieldsOf('otel/processor-options.ts', 'SpanProcessorOptions');
  const rows = rowsOf(sectionOf(guide, '## Which agent it is'));
  expect(rows.map(([name = '']) => spansOf(name)[0])).toEqual(options.map(({ name }) => name));
  const timeout = rows.find(([name = '']) => name.includes('flushTimeoutMs'))?.at(-1);
  expect(timeout).toBe('30,000');
});

test('each metric has a row, with its unit and kind', () => {
  const shown = rowsOf(sectionOf(guide, '## Metrics')).map(([name = '', unit = '', kind]) => [
    spansOf(name)[0],
    spansOf(unit)[0],
    kind,
  ]);
  const observed = Object.entries(observedMetrics).map(([name, { unit, kind }]) => [
    name,
    unit,
    kind,
  ]);
  const measured = Object.entries(requestMetrics).map(([name, { unit }]) => [
    name,
    unit,
    'histogram',
  ]);
  expect(shown).toEqual([...observed, ...measured]);
});
