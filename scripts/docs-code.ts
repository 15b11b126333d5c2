// Checks and runs the code of the documentation, so that no sample can rot:
//   node scripts/docs-code.ts [--project DIR] [--node PATH] [FILE.md ...]
// Without files: all documents, but for those that need other packages, which `npm run packed` runs. Without a project the code sees the built package of this checkout
// (run the build first); with one, the package that is installed there. A program that runs has an emulator
// of its own in PREFACTOR_API_URL and PREFACTOR_API_TOKEN, and has to print what its document says.
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { capture, root } from '../tools/run.ts';
import type { Sample } from './docs-code/fences.ts';
import { findSamples } from './docs-code/fences.ts';
import { pagesWithPackages } from './docs-code/pages-with-packages.ts';
import { isPrinted } from './docs-code/printed.ts';
import { link, makeProject, shellEnv } from './docs-code/project.ts';
import { captureWithEmulator } from './lib/with-emulator.ts';

const { values, positionals } = parseArgs({
  options: { project: { type: 'string' }, node: { type: 'string', default: process.execPath } },
  allowPositionals: true,
});
const documents =
  positionals.length > 0
    ? positionals
    : [
        'README.md',
        'CONTRIBUTING.md',
        'examples/README.md',
        // The reports of public names have ts fences that are no programs.
        ...globSync('docs/**/*.md', {
          cwd: root,
          exclude: ['docs/api/**', ...Object.keys(pagesWithPackages)],
        }).sort(),
      ];
const node = resolve(values.node);
/** Nodes before 22.18 strip types only where they are told to. */
const stripTypes = '--experimental-strip-types';
const project = values.project ? resolve(values.project) : makeProject();
const folder = mkdtempSync(join(project, 'docs-'));

interface Written extends Sample {
  /** Its place, as it is printed: README.md:45 */
  readonly place: string;
  /** The name of its file in the folder. */
  readonly file: string;
}

try {
  const { text: major } = await capture(node, ['-p', "process.versions.node.split('.')[0]"]);
  const samples = documents.flatMap(extract);
  const typeErrors = await checkTypes(samples.filter(({ language }) => language === 'ts'));
  let failures = 0;
  for (const sample of samples) {
    const runs = sample.node !== undefined && sample.node <= Number(major);
    const problem =
      sample.language === 'json'
        ? jsonProblem(sample.code)
        : (typeErrors.get(sample.file) ?? (runs ? await runProblem(sample) : undefined));
    if (problem) failures++;
    console.log(
      problem
        ? `FAIL ${sample.place}\n${indent(problem)}`
        : `ok   ${sample.place}${seen(sample, runs)}`,
    );
  }
  console.log(`${samples.length - failures} of ${samples.length} samples are right`);
  process.exitCode = failures > 0 ? 1 : 0;
} finally {
  rmSync(values.project ? folder : project, { recursive: true, force: true });
}

/** Says what was left out. */
function seen({ language }: Sample, runs: boolean): string {
  if (runs || language === 'json') return '';
  return language === 'ts' ? ' (types only)' : ' (not run)';
}

function extract(document: string): Written[] {
  let samples: readonly Sample[];
  try {
    samples = findSamples(readFileSync(join(root, document), 'utf8'));
  } catch (error) {
    throw new Error(`${document}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return samples.map((sample) => {
    const file = `${document.replace(/[^\w]+/g, '-')}.${sample.line}.${sample.language}`;
    if (sample.language !== 'json') writeFileSync(join(folder, file), sample.code);
    return { ...sample, file, place: `${document}:${sample.line}` };
  });
}

/** One run of the compiler for all; its messages by file. */
async function checkTypes(samples: readonly Written[]): Promise<Map<string, string>> {
  const errors = new Map<string, string>();
  if (samples.length === 0) return errors;
  // Samples of how to test with the emulator may name a test runner, or fake timers.
  for (const name of ['vitest', '@sinonjs/fake-timers', '@types/sinonjs__fake-timers']) {
    link(project, name, join(root, 'node_modules', name));
  }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      // Node runs the files as they stand.
      compilerOptions: { skipLibCheck: true, erasableSyntaxOnly: true },
      include: ['*.ts'],
    }),
  );
  const { code, text } = await capture('tsc', ['-p', '.', '--pretty', 'false'], { cwd: folder });
  let file = '';
  for (const line of text.split('\n')) {
    // A line without a place goes on with the message of the line before it.
    file = /^([\w.-]+\.ts)\(\d+,\d+\): /.exec(line)?.[1] ?? file;
    if (file) errors.set(file, errors.has(file) ? `${errors.get(file)}\n${line}` : line);
  }
  if (code !== 0 && errors.size === 0) throw new Error(`tsc failed:\n${text}`);
  return errors;
}

/** Undefined when all went well, else what went wrong. */
async function runProblem({ language, file, output }: Written): Promise<string | undefined> {
  const { code, text, stdout } =
    language === 'ts'
      ? await captureWithEmulator(node, [stripTypes, file], folder)
      : await captureWithEmulator('sh', ['-e', join(folder, file)], project, shellEnv(node));
  if (code !== 0) return `exit code ${code}\n${text}`;
  if (output ? isPrinted(stdout, output) : stdout === '') return undefined;
  return `printed${output ? '' : ', and no "text output" says so'}:\n${stdout}`;
}

/** A sample is one JSON value, or one on each line. */
function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    try {
      for (const line of text.trim().split('\n')) JSON.parse(line);
    } catch (error) {
      return String(error);
    }
  }
  return undefined;
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '     ');
}
