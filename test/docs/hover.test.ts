// What an editor shows of a public name: the comments of the declarations, which are in the package.
import { globSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documentAt } from './markdown.ts';

const root = new URL('../../', import.meta.url);
const source = globSync('src/**/*.ts', { cwd: root }).map((path) => path.replaceAll('\\', '/'));

/** As the reports of the public names have them. */
const publicNames = new Set(
  globSync('docs/api/*.api.md', { cwd: root }).flatMap((report) =>
    [
      ...documentAt(report).matchAll(
        /^export (?:abstract )?(?:class|interface|type|const|function) (\w+)/gm,
      ),
    ].map(([, name = '']) => name),
  ),
);

interface Comment {
  readonly at: string;
  readonly text: string;
  /** The line of code that it is about. */
  readonly about: string;
}

test('what is shown of a public name cites no page: none is in the package', () => {
  const shown = source.flatMap(publicCommentsOf);
  expect(shown.length).toBeGreaterThan(200);
  expect(shown.filter(({ text }) => /\w\.md\b/.test(text))).toEqual([]);
});

test('a default stands at the option that it is about', () => {
  const told = source.flatMap((path) => commentsOf(documentAt(path), path));
  const defaults = told.filter(({ text }) => text.includes('@default'));
  expect(defaults.length).toBeGreaterThan(50);
  expect(defaults.filter(({ about }) => !/^(?:readonly )?\w+(?:\??: |\?\()/.test(about))).toEqual(
    [],
  );
  const elsewhere = told.filter(({ text }) => /@param \w+\.\w+/.test(text));
  expect(elsewhere).toEqual([]);
});

test('comments are found with what they are about', () => {
  const code =
    '/** One.\n * @default 1 */\nreadonly one?: number;\n// no\n/** Two. */\n#two(): void {';
  expect(commentsOf(code, 'x.ts').map(({ about }) => about)).toEqual([
    'readonly one?: number;',
    '#two(): void {',
  ]);
});

/** Those before and within the declarations of public names, but for what is private in classes. */
function publicCommentsOf(path: string): Comment[] {
  const declared =
    /^(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?export (?:abstract )?(?:class|interface|type|const|function) (\w+)[\s\S]*?(?=^export |^\/\*\*|^function |^const |^interface |^type |^class |(?![\s\S]))/gm;
  return [...documentAt(path).matchAll(declared)]
    .filter(([, name = '']) => publicNames.has(name))
    .flatMap(([text]) => commentsOf(text, path))
    .filter(({ about }) => !/^(?:readonly |async |get |static )*#/.test(about));
}

function commentsOf(code: string, at: string): Comment[] {
  return [...code.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/)\s*(.*)/g)].map(
    ([, text = '', about = '']) => ({ at, text, about }),
  );
}
