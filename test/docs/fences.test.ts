import { describe, expect, test } from 'vitest';
import { findSamples } from '../../scripts/docs-code/fences.ts';

const places = (markdown: string) =>
  findSamples(markdown).map(({ language, line, node }) => ({ language, line, node }));
const outputs = (markdown: string) => findSamples(markdown).map(({ output }) => output);

test('each ts fence is a program of its own, at the lines that it has in the document', () => {
  const [first, second] = findSamples(
    '# A\n```ts\nlet a = 1;\n```\ntext\n```ts\nlet b = 2;\n```\n',
  );
  expect(first?.code).toBe('\n\nlet a = 1;\nexport {};\n');
  expect(second?.code).toBe('\n\n\n\n\n\nlet b = 2;\nexport {};\n');
});

test('a mark says whether a fence is run, and on which Node', () => {
  expect(
    places('```ts no-run\n```\n```ts\n```\n```ts node-24\n```\n```sh run\n```\n```sh no-run\n```'),
  ).toEqual([
    { language: 'ts', line: 1, node: undefined },
    { language: 'ts', line: 3, node: 0 },
    { language: 'ts', line: 5, node: 24 },
    { language: 'sh', line: 7, node: 0 },
    { language: 'sh', line: 9, node: undefined },
  ]);
});

test('a fence marked continue is appended to the program before', () => {
  const [program, commands, ...others] = findSamples(
    '```ts\na();\n```\n```sh run\nls\n```\n```ts continue\nb();\n```',
  );
  expect(program?.code).toBe('\na();\n\n\n\n\n\nb();\nexport {};\n');
  expect(commands?.code).toBe('\n\n\n\nls\n');
  expect(others).toEqual([]);
});

test('json is found, to be parsed', () => {
  expect(places('```json\n[1]\n```')).toEqual([{ language: 'json', line: 1, node: undefined }]);
});

test('other languages, and what stands in a longer fence, are for people', () => {
  expect(places('```js\n```\n```\n```\n~~~~md\n```ts\n```\n~~~~\n```text\n```')).toEqual([]);
});

test('a fence within a list loses the indent of the list', () => {
  expect(findSamples('- a\n\n  ```ts\n  if (a) {\n    b();\n  }\n  ```')[0]?.code).toBe(
    '\n\n\nif (a) {\n  b();\n}\nexport {};\n',
  );
});

describe('an output', () => {
  test('belongs to the sample before it', () => {
    expect(
      outputs(
        '```ts\na();\n```\nprints:\n```text output\n1\n\n 2\n```\n' +
          '```sh run\nls\n```\n```text output figures\n3 files\n```\n```ts\nb();\n```',
      ),
    ).toEqual([{ text: '1\n\n 2', figures: false }, { text: '3 files', figures: true }, undefined]);
  });

  test('is not shown for people only', () => {
    expect(outputs('```ts\na();\n```\n```text\na drawing\n```')).toEqual([undefined]);
  });
});

test.each([
  ['```typescript\n```', 'line 1: write "ts", so that it is checked'],
  ['```bash\n```', 'line 1: write "sh", so that it is checked'],
  ['\n```ts norun\n```', 'line 2: "norun" is none of no-run, node-N and continue'],
  ['```ts no-run node-24\n```', 'line 1: "no-run node-24" is none of'],
  ['```sh\n```', 'line 1: write "sh run" or "sh no-run"'],
  ['```json run\n```', 'line 1: "run" is no mark of json'],
  ['```ts continue\n```', 'line 1: no ts fence to continue'],
  [
    '```ts\n```\n```text output\n```\n```ts continue\n```',
    'line 5: the output of what it continues stands before it',
  ],
  ['```text outputs\n```', 'line 1: "outputs" is neither output nor output figures'],
  ['```text output\n```', 'line 1: no sample before it is run'],
  ['```ts no-run\n```\n```text output\n```', 'line 3: no sample before it is run'],
  [
    '```ts\n```\n```text output\n```\n```text output\n```',
    'line 5: the sample before it has its output already',
  ],
  ['```ts\n', 'the last fence is never closed'],
])('%j is refused: %s', (markdown, message) => {
  expect(() => findSamples(markdown)).toThrow(message);
});
