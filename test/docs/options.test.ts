import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../src/client/parse-options.ts';
import type { Field } from './declared.ts';
import { fieldsOf } from './declared.ts';
import { documentAt, rowsOf, spansOf } from './markdown.ts';

interface Option extends Field {
  /** As users write it: `batch.maxItems`. */
  readonly path: string;
}

interface Row {
  readonly path: string;
  readonly type: string;
  readonly defaultsTo: string;
  readonly remarks: string;
}

const rows = rowsOf(documentAt('docs/reference/options.md')).map(
  ([option = '', type = '', defaultsTo = '', remarks = '']): Row => ({
    path: spansOf(option)[0] ?? option,
    type,
    defaultsTo,
    remarks,
  }),
);

const sections: Readonly<Record<string, string>> = {
  batch: 'BatchOptions',
  queue: 'QueueOptions',
  retry: 'RetryOptions',
};
const options = fieldsOf('client/client-options.ts', 'AutobatchOptions').flatMap(
  (field): Option[] => {
    const section = sections[field.name];
    if (section === undefined) return [{ ...field, path: field.name }];
    return fieldsOf('client/client-options.ts', section).map((part) => ({
      ...part,
      path: `${field.name}.${part.name}`,
    }));
  },
);

test('each option has one row, and each row is about an option', () => {
  expect(rows.map(({ path }) => path).sort()).toEqual(options.map(({ path }) => path).sort());
});

describe.each(options)('$path', ({ path, type, doc, defaultsTo }) => {
  const row = rows.find((one) => one.path === path);

  test('the table has its type', () => {
    expect(row?.type).toMatch(wordingOf(type));
  });

  test('the table has the default that its declaration names', () => {
    expect(plain(row?.defaultsTo ?? '')).toBe(plain(defaultsTo ?? 'none'));
  });

  const [bounds] = /^[\d,]+ (?:to [\d,]+|or more)/.exec(row?.remarks ?? '') ?? [];
  if (bounds !== undefined) {
    test('its declaration has the bounds that the table shows', () => {
      expect(doc).toContain(bounds);
    });
  }
});

describe('values that the table shows', () => {
  const numeric = options.filter(({ type }) => /\bnumber\b/.test(type));

  test.each(numeric)('$path has the default that is shown', ({ path }) => {
    const shown = rows.find((row) => row.path === path)?.defaultsTo ?? '';
    const value = read(parseOptions({ apiToken: 'test-token' }), path);
    expect(typeof value === 'string' ? `'${value}'` : value).toBe(
      shown.includes("'") ? plain(shown) : numberIn(shown),
    );
  });

  test.each(numeric)('$path takes its bounds, and nothing beyond', ({ path }) => {
    const { least, most } = boundsIn(rows.find((row) => row.path === path)?.remarks ?? '');
    const accepts = (value: number): boolean => {
      try {
        parseOptions({ apiToken: 'test-token', ...given(path, value) });
        return true;
      } catch {
        return false;
      }
    };
    expect({ least: accepts(least), below: accepts(least - 1) }).toEqual({
      least: true,
      below: false,
    });
    if (most === undefined) return;
    expect({ most: accepts(most), above: accepts(most + 1) }).toEqual({ most: true, above: false });
  });
});

/** How the table words a type of the source. */
function wordingOf(type: string): RegExp {
  const bare = type.replace(/ \| undefined$/, '');
  const words = bare.match(/'[^']+'/g);
  if (words !== null) return new RegExp(words.map((word) => `\`${word}\``).join('.*'));
  if (bare === 'boolean') return /^boolean$/;
  if (bare === 'number') return /\b(?:milliseconds|items|bytes|requests|attempts)\b/;
  if (bare === 'readonly string[]') return /^array of /;
  if (bare.includes('=>')) return /=>/;
  const named: Readonly<Record<string, RegExp>> = {
    string: /^string$/,
    ApiToken: /^string, or `\(\) => string \| Promise<string>`$/,
    BatchWindow: /^`'tick'`, milliseconds, or `\(flush\) => void`$/,
    Fetch: /^function$/,
    HeaderFields: /^object of strings, `Headers`, `Map`, or pairs$/,
    'Logger | false': /^`\{ debug, info, warn, error \}`, or `false`$/,
  };
  const wording = named[bare];
  if (wording === undefined) throw new Error(`say how the table words the type "${bare}"`);
  return wording;
}

/** Without marks of Markdown, links in parentheses, and marks between digits. */
function plain(text: string): string {
  return text
    .replace(/ \(\[[^)]+\)\)/g, '')
    .replace(/\benv |`/g, '')
    .replace(/(?<=\d)[,_](?=\d)/g, '')
    .replace(/'(https:[^']+)'/g, '$1')
    .trim();
}

function numberIn(text: string): number {
  return Number(/^[\d,]+/.exec(text)?.[0].replaceAll(',', ''));
}

function boundsIn(remarks: string): { least: number; most: number | undefined } {
  const [, least = '', most] = /^([\d,]+) (?:to ([\d,]+)|or more)/.exec(remarks) ?? [];
  return {
    least: numberIn(least),
    most: most === undefined ? undefined : numberIn(most),
  };
}

function given(path: string, value: number): Record<string, unknown> {
  const [first = '', second] = path.split('.');
  return second === undefined ? { [first]: value } : { [first]: { [second]: value } };
}

function read(from: object, path: string): unknown {
  return path.split('.').reduce((value: unknown, step) => Reflect.get(Object(value), step), from);
}
