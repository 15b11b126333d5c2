import { expect, test } from 'vitest';
import { findPrograms } from '../../scripts/fences.ts';

const places = (markdown: string) => findPrograms(markdown).map(({ line, run }) => ({ line, run }));

test('each ts fence is a program of its own, at the lines that it has in the document', () => {
  const [first, second] = findPrograms(
    '# A\n```ts\nlet a = 1;\n```\ntext\n```ts\nlet b = 2;\n```\n',
  );
  expect(first?.code).toBe('\n\nlet a = 1;\nexport {};\n');
  expect(second?.code).toBe('\n\n\n\n\n\nlet b = 2;\nexport {};\n');
});

test('a fence marked no-run is not run', () => {
  expect(places('```ts no-run\n```\n```ts\n```')).toEqual([
    { line: 1, run: false },
    { line: 3, run: true },
  ]);
});

test('a fence marked continue is appended to the one before', () => {
  const [only, ...others] = findPrograms(
    '```ts\na();\n```\n```sh\nls\n```\n```ts continue\nb();\n```',
  );
  expect(only?.code).toBe('\na();\n\n\n\n\n\nb();\nexport {};\n');
  expect(others).toEqual([]);
});

test('other languages, and what stands in a longer fence, are ignored', () => {
  expect(places('```js\n```\n```\n```\n~~~~md\n```ts\n```\n~~~~\n```json\n```')).toEqual([]);
});

test('a fence within a list loses the indent of the list', () => {
  expect(findPrograms('- a\n\n  ```ts\n  if (a) {\n    b();\n  }\n  ```')[0]?.code).toBe(
    '\n\n\nif (a) {\n  b();\n}\nexport {};\n',
  );
});

test.each([
  ['```typescript\n```', 'line 1: write "ts", so that it is checked'],
  ['\n```ts norun\n```', 'line 2: "norun" is neither no-run nor continue'],
  ['```ts continue\n```', 'line 1: no ts fence to continue'],
  ['```ts\n', 'the last fence is never closed'],
])('%j is refused: %s', (markdown, message) => {
  expect(() => findPrograms(markdown)).toThrow(message);
});
