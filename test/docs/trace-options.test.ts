import { expect, test } from 'vitest';
import type { TraceOptions } from '../../src/trace/index.ts';
import { checkTraceOptions } from '../../src/trace/trace-options.ts';
import { fieldsOf } from './declared.ts';
import { documentAt, rowsOf, sectionOf, spansOf } from './markdown.ts';

const page = documentAt('docs/guide/tracing.md');
const rows = rowsOf(sectionOf(page, '## Options of `traced`')).map(
  ([option = '', , initial = '', bounds = '']) => ({
    name: spansOf(option)[0] ?? '',
    initial: initial.replaceAll(',', ''),
    bounds: bounds.replaceAll(',', '').split(' to ').map(Number),
  }),
);

test('each option of a tracer has one row', () => {
  const declared = fieldsOf('trace/trace-options.ts', 'TraceOptions').map(({ name }) => name);
  expect(rows.map(({ name }) => name)).toEqual(declared);
});

test('the defaults are those in use, and the bounds those that are kept', () => {
  const inUse = checkTraceOptions({});
  const accepts = (options: object): boolean => {
    try {
      return checkTraceOptions(options as TraceOptions) !== undefined;
    } catch {
      return false;
    }
  };
  const numbers = rows.filter(({ bounds }) => bounds.length === 2);
  expect(numbers).toHaveLength(6);
  for (const { name, initial, bounds } of numbers) {
    expect(Reflect.get(inUse, name), name).toBe(Number(initial));
    const [min = Number.NaN, max = Number.NaN] = bounds;
    const values = [min - 1, min, max, max + 1];
    expect(
      values.map((value) => accepts({ [name]: value })),
      name,
    ).toEqual([false, true, true, false]);
  }
});

test('each counter is explained', () => {
  const counters = fieldsOf('trace/recorder.ts', 'TraceStats').map(({ name }) => name);
  expect(counters.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test('each standard type of span has a schema, which takes any payload', async () => {
  const { genAiSpanTypes } = await import('../../src/trace/index.ts');
  expect(genAiSpanTypes.map(({ name }) => name)).toContain('agent:llm');
  for (const { params_schema, result_schema } of genAiSpanTypes) {
    expect(params_schema).toMatchObject({ type: 'object', additionalProperties: true });
    expect(result_schema).toMatchObject({ type: 'object', additionalProperties: true });
  }
});
