// How much the package adds to a user's bundle: each entry of dist/ with all its dependencies,
// minified, and gzipped.
//   node scripts/size.ts             ends with 1 where an entry is above its goal, or above its limit
//   node scripts/size.ts --ratchet   ends with 1 only where one is above its limit, or far below it
// Builds first where dist/ is missing or older than src/.
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../tools/run.ts';
import { buildIfStale, entriesOf } from './lib/fresh-build.ts';

/**
 * What an entry may weigh, in bytes, minified and gzipped: the goal that was set before there was any
 * code, and the limit, which only falls: in steps, to the next one above the weight.
 */
const bounds: Readonly<Record<string, { readonly goal?: number; readonly limit: number }>> = {
  '.': { goal: 22_000, limit: 81_000 },
  './coalescer': { limit: 29_000 },
  './testing': { limit: 17_500 },
};
const STEP = 500;
const SHOWN = 12;

type Files = readonly (readonly [path: string, bytes: number])[];

const { values } = parseArgs({ options: { ratchet: { type: 'boolean', default: false } } });
const entries = await entriesOf();
await buildIfStale(entries.map(({ path }) => path));
const weights: Record<string, Record<string, number | undefined>> = {};
const problems: string[] = [];
for (const { name, path } of entries) {
  const { code, files } = await bundle(name, path);
  const gzipped = gzipSync(code, { level: 9 }).length;
  weights[name] = { minified: code.length, gzipped, ...bounds[name] };
  problems.push(...problemsOf(name, gzipped));
  if (name !== '.') continue;
  console.log('The main entry in minified bytes, by package and own folder, and by own file:');
  console.table(largest(files, groupOf));
  console.table(
    largest(
      files.filter(([file]) => file.startsWith('dist/')),
      sourceOf,
    ),
  );
}
console.log('What each entry adds to a bundle, in bytes:');
console.table(weights);
for (const problem of problems) console.log(problem);
if (problems.length > 0) process.exitCode = 1;

/** With --ratchet a missed goal is printed, but is no failure. */
function problemsOf(entry: string, bytes: number): string[] {
  const { goal, limit = 0 } = bounds[entry] ?? {};
  const found: string[] = [];
  if (goal !== undefined && bytes > goal) {
    const missed = `The goal of the entry "${entry}" is missed by ${bytes - goal} bytes (docs/decisions/size.md says why).`;
    if (values.ratchet) console.log(missed);
    else found.push(missed);
  }
  if (bytes > limit) {
    found.push(
      `The entry "${entry}" is ${bytes - limit} bytes above its limit: make it smaller, or raise the limit ` +
        'in scripts/size.ts and say in docs/decisions/size.md why it may grow.',
    );
  } else if (limit - bytes >= 2 * STEP) {
    found.push(
      `The entry "${entry}" has become ${limit - bytes} bytes smaller than its limit: ` +
        `lower the limit to ${Math.ceil(bytes / STEP) * STEP} in scripts/size.ts, so that it stays so.`,
    );
  }
  return found;
}

/** An entry with all that it imports, minified, and what each file has in it. */
async function bundle(entry: string, path: string): Promise<{ code: Uint8Array; files: Files }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [path],
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser', // the main entry must do without Node
    external: entry === './testing' ? ['node:*'] : [],
  });
  const [output] = Object.values(metafile.outputs);
  const [file] = outputFiles;
  if (!output || !file) throw new Error(`esbuild made nothing of ${path}`);
  const inputs = Object.entries(output.inputs);
  return {
    code: file.contents,
    files: inputs.map(([name, { bytesInOutput }]) => [name, bytesInOutput]),
  };
}

/** The bytes of each name, the largest first. Gzipped ones cannot be shared out among files. */
function largest(files: Files, nameOf: (path: string) => string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [path, bytes] of files) sums[nameOf(path)] = (sums[nameOf(path)] ?? 0) + bytes;
  const sorted = Object.entries(sums).sort(([, a], [, b]) => b - a);
  return Object.fromEntries(sorted.slice(0, SHOWN));
}

/** A package, or a folder of src/. */
function groupOf(path: string): string {
  const [, name] = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return name ?? dirname(sourceOf(path));
}

function sourceOf(path: string): string {
  return path.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts');
}
