import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { findSamples } from '../../scripts/docs-code/fences.ts';
import { parseOptions } from '../../src/client/parse-options.ts';
import * as names from '../../src/index.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

afterEach(() => {
  vi.unstubAllEnvs();
});

test('the table of options has each option, with the default that holds where it is left out', () => {
  for (const name of ['API_URL', 'API_TOKEN', 'AUTOBATCH_DISABLED']) {
    vi.stubEnv(`PREFACTOR_${name}`, undefined);
  }
  const defaults = flat(parseOptions({ apiToken: 'test-token' }));
  const rows = table('Options');
  expect(rows.map(([option]) => option).sort()).toEqual(
    [...defaults.keys()].map((name) => `\`${name}\``).sort(),
  );
  const wrong = rows.filter(([option = '', , cell = '']) => {
    if (option === '`apiToken`') return false; // given here, since there is no default
    const text = shown(defaults.get(option.replaceAll('`', '')));
    return text !== undefined && !cell.includes(text);
  });
  expect(wrong).toEqual([]);
});

test('the table of errors has each class', () => {
  const classes = Object.entries(names)
    .filter(([, value]) => value.prototype instanceof names.PrefactorError)
    .map(([name]) => `\`${name}\``);
  expect(
    table('Errors')
      .map(([name]) => name)
      .sort(),
  ).toEqual(classes.sort());
});

test('each fence is run, but for commands that need a clone', () => {
  const samples = findSamples(readme);
  const outputs = samples.filter(({ output }) => output !== undefined);
  // A fence of bare text is a drawing.
  const fences = [...readme.matchAll(/^ *```\w(?!ext$)/gm)];
  expect(fences.length).toBe(samples.length + outputs.length);
  const notRun = samples.filter(({ node }) => node === undefined);
  expect(notRun.map(({ language, code }) => `${language}: ${code.trim()}`)).toEqual([
    'sh: npm start',
    'sh: npm run build && npm pack',
  ]);
});

/** The cells of the table under a heading, row by row. */
function table(heading: string): string[][] {
  const [, section = ''] = readme.split(`\n## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  return text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2) // the head, and the line below it
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** `batch.maxItems`, and so on. */
function flat(options: object, path = ''): Map<string, unknown> {
  return new Map(
    Object.entries(options).flatMap(([name, value]) =>
      ['batch', 'queue', 'retry'].includes(name)
        ? [...flat(Object(value), `${name}.`)]
        : [[path + name, value] as const],
    ),
  );
}

/** How the table shows a default; undefined where it is none that can be written down. */
function shown(value: unknown): string | undefined {
  if (typeof value === 'number') return value.toLocaleString('en');
  if (typeof value === 'boolean') return `\`${value}\``;
  if (Array.isArray(value)) return `\`[${value.map((item) => `'${item}'`).join(', ')}]\``;
  if (typeof value === 'string') return value;
  return undefined;
}
