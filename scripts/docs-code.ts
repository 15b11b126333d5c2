// Checks and runs the code of the documentation, so that no sample can rot:
//   node scripts/docs-code.ts [--project DIR] [--node PATH] [FILE.md ...]
// Without files: README.md and all of docs/. Without a project the code sees the built package of
// this checkout (run the build first); with one, the package that is installed there. Each program
// runs by itself, against an emulator of its own in PREFACTOR_API_URL and PREFACTOR_API_TOKEN.
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Program } from './fences.ts';
import { findPrograms } from './fences.ts';
import { capture, root } from './run.ts';
import { captureWithEmulator } from './with-emulator.ts';

const { values, positionals } = parseArgs({
  options: { project: { type: 'string' }, node: { type: 'string', default: process.execPath } },
  allowPositionals: true,
});
const documents =
  positionals.length > 0
    ? positionals
    : ['README.md', ...globSync('docs/**/*.md', { cwd: root }).sort()];
const project = values.project ? resolve(values.project) : makeProject();
const folder = mkdtempSync(join(project, 'docs-'));

interface Sample extends Program {
  /** Where it stands, for people: README.md:45 */
  readonly place: string;
  /** The name of its file in the folder. */
  readonly file: string;
}

try {
  const samples = documents.flatMap(extract);
  const typeErrors = await checkTypes(samples);
  let failures = 0;
  for (const sample of samples) {
    const problem =
      typeErrors.get(sample.file) ?? (sample.run ? await runSample(sample) : undefined);
    if (problem) failures++;
    console.log(
      problem
        ? `FAIL ${sample.place}\n${indent(problem)}`
        : `ok   ${sample.place}${sample.run ? '' : ' (types only)'}`,
    );
  }
  console.log(`${samples.length - failures} of ${samples.length} samples are right`);
  process.exitCode = failures > 0 ? 1 : 0;
} finally {
  rmSync(values.project ? folder : project, { recursive: true, force: true });
}

/** An empty package that has this checkout's build as a dependency. */
function makeProject(): string {
  const path = mkdtempSync(join(tmpdir(), 'docs-code-'));
  writeFileSync(join(path, 'package.json'), '{ "private": true, "type": "module" }\n');
  link(path, 'prefactor-autobatch', root);
  link(path, '@types/node', join(root, 'node_modules/@types/node'));
  return path;
}

function link(path: string, name: string, target: string): void {
  const place = join(path, 'node_modules', name);
  if (existsSync(place)) return;
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(target, place, 'junction');
}

function extract(document: string): Sample[] {
  let programs: readonly Program[];
  try {
    programs = findPrograms(readFileSync(join(root, document), 'utf8'));
  } catch (error) {
    throw new Error(`${document}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return programs.map((program) => {
    const file = `${document.replace(/[^\w]+/g, '-')}.${program.line}.ts`;
    writeFileSync(join(folder, file), program.code);
    return { ...program, file, place: `${document}:${program.line}` };
  });
}

/** One run of the compiler for all; its messages by file. */
async function checkTypes(samples: readonly Sample[]): Promise<Map<string, string>> {
  const errors = new Map<string, string>();
  if (samples.length === 0) return errors;
  // Samples of how to test with the emulator may name a test runner.
  link(project, 'vitest', join(root, 'node_modules/vitest'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        target: 'es2023',
        lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
        module: 'nodenext',
        types: ['node'],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        erasableSyntaxOnly: true, // Node runs the file as it stands
      },
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
async function runSample({ file }: Sample): Promise<string | undefined> {
  const { code, text } = await captureWithEmulator(values.node, [file], folder);
  return code === 0 ? undefined : `exit code ${code}\n${text}`;
}

function indent(text: string): string {
  return text.trimEnd().replace(/^/gm, '     ');
}
