// Does the tree of src/ tell where things are? `node scripts/tree-quiz.ts SEED` prints the tree and 24 declarations, 16
// of client and engine, for somebody who has not seen the code: in which file does each stand? With `--key`, the answers.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/testing/lib/random.ts';
import { root } from '../tools/run.ts';
import { wholeNumber } from './lib/whole-number.ts';

const CORE = /^src\/(client|resources|pipeline|schemas|errors|ids|transport|coalescer|lib)\//;
const DECLARATION = /^(export )?(abstract )?(async )?(function\*?|class|interface|type|const) \w/;

const { values, positionals } = parseArgs({
  options: { key: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const seed = wholeNumber(positionals[0] ?? '1', 'SEED');
const files = globSync('src/**/*.ts', { cwd: root }).sort();
const all = files.filter((file) => !file.endsWith('index.ts')).flatMap(declarationsIn);
const random = new Random(seed);
const core = shuffled(all.filter(({ file }) => CORE.test(file))).slice(0, 16);
const others = shuffled(all.filter(({ file }) => !CORE.test(file))).slice(0, 8);
console.log(`seed ${seed}\n\n${values.key ? '' : `${files.join('\n')}\n`}`);
for (const [index, { file, line }] of shuffled([...core, ...others]).entries()) {
  console.log(`${index + 1}. ${values.key ? `${file}: ` : ''}${line}`);
}

function declarationsIn(file: string): { readonly file: string; readonly line: string }[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  return lines.filter((line) => DECLARATION.test(line)).map((line) => ({ file, line }));
}

function shuffled<T>(list: readonly T[]): T[] {
  const keys = new Map(list.map((one) => [one, random.next()]));
  return [...list].sort((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
}
