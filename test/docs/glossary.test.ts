import { existsSync, globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documentAt, rowsOf, spansOf } from './markdown.ts';

const source = new URL('../../src/', import.meta.url);
const code = globSync('**/*.ts', { cwd: source }).map((path) =>
  readFileSync(new URL(path.replaceAll('\\', '/'), source), 'utf8'),
);
const rows = rowsOf(documentAt('docs/reference/glossary.md'));

test('each word has one meaning', () => {
  const words = rows.map(([word]) => word);
  expect(words.length).toBeGreaterThan(50);
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
});

test('each name of code is declared in src/, and each file is there', () => {
  const named = rows.flatMap(([, , name = '']) => spansOf(name));
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !isThere(name))).toEqual([]);
});

test('what is declared is found, and what is only used is not', () => {
  expect(['ActionPromise', 'maybeApplied', 'ids/pfid.ts'].filter(isThere)).toHaveLength(3);
  expect(['Promise', 'idempotency', 'ids/none.ts'].filter(isThere)).toEqual([]);
});

/** A file, by its path in `src/`; else a type, a class or a field. */
function isThere(name: string): boolean {
  if (name.endsWith('.ts')) return existsSync(new URL(name, source));
  const declared = new RegExp(
    `^export (?:abstract )?(?:class|interface|type) ${name}\\b|^  readonly ${name}\\??:`,
    'm',
  );
  return code.some((text) => declared.test(text));
}
