// How much the package adds to somebody's bundle: each entry of dist/ with all its dependencies,
// minified, and gzipped.
//   node scripts/size.ts             ends with 1 where an entry is above its goal, or above its limit
//   node scripts/size.ts --ratchet   ends with 1 only where one is above its limit, or far below it
// Builds first where dist/ is missing or older than src/.
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../tools/run.ts';
import { buildIfStale, entriesOf } from './fresh-build.ts';

/**
 * What an entry may weigh, in bytes, minified and gzipped: the goal that was set before there was any
 * code, and the limit, which only falls: in steps, to the next one above the weight.
 */
const bounds: Readonly<Record<string, { readonly goal?: number; readonly limit: number }>> = {
  '.': { goal: 22_000, limit: 82_500 },
  './coalescer': { limit: 29_000 },
  './testing': { limit: 18_000 },
};
const STEP = 500;
const SHOWN = 12;

interface Weight {
  readonly entry: string;
  readonly minBytes: number;
  readonly gzipBytes: number;
  /** The minified bytes of each file, by its path in the repository. */
  readonly files: ReadonlyMap<string, number>;
}

const { values } = parseArgs({ options: { ratchet: { type: 'boolean', default: false } } });
const entries = await entriesOf();
await buildIfStale(entries.map(({ path }) => path));
const weights: Weight[] = [];
for (const { name, path } of entries) weights.push(await weigh(name, path));

table([
  ['entry (1 kB = 1,000 bytes)', 'min', 'min + gz', 'limit', 'goal'],
  ...weights.map(({ entry, minBytes, gzipBytes }) => [
    entry,
    kB(minBytes),
    kB(gzipBytes),
    kB(bounds[entry]?.limit),
    kB(bounds[entry]?.goal),
  ]),
]);
const main = weights.find(({ entry }) => entry === '.');
if (main) explain(main);

for (const weight of weights) for (const problem of problemsOf(weight)) fail(problem);

/** With --ratchet a goal that is missed is only told, not failed. */
function problemsOf({ entry, gzipBytes }: Weight): string[] {
  const { goal, limit } = bounds[entry] ?? {};
  if (limit === undefined) {
    return [`The entry "${entry}" has no limit: give it one in scripts/size.ts.`];
  }
  const problems: string[] = [];
  if (goal !== undefined && gzipBytes > goal) {
    const missed = `The goal of the entry "${entry}" is missed by ${kB(gzipBytes - goal)} (docs/decisions/size.md says why).`;
    if (values.ratchet) console.log(`\n${missed}`);
    else problems.push(missed);
  }
  if (gzipBytes > limit) {
    problems.push(
      `The entry "${entry}" is ${gzipBytes - limit} bytes above its limit of ${kB(limit)} ` +
        'minified and gzipped: make it smaller, or say in docs/decisions/size.md why it may grow.',
    );
  } else if (limit - gzipBytes >= 2 * STEP) {
    problems.push(
      `The entry "${entry}" has become ${limit - gzipBytes} bytes smaller than its limit: ` +
        `lower the limit to ${Math.ceil(gzipBytes / STEP) * STEP} in scripts/size.ts, so that it stays so.`,
    );
  }
  return problems;
}

function fail(problem: string): void {
  process.exitCode = 1;
  console.log(`\n${problem}`);
}

async function weigh(entry: string, path: string): Promise<Weight> {
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
  return {
    entry,
    minBytes: file.contents.length,
    gzipBytes: gzipSync(file.contents, { level: 9 }).length,
    files: new Map(
      Object.entries(output.inputs).map(([input, { bytesInOutput }]) => [input, bytesInOutput]),
    ),
  };
}

/** What the minified bytes are made of. Gzipped ones cannot be shared out among files. */
function explain({ entry, minBytes, files }: Weight): void {
  const own = [...files].filter(([path]) => path.startsWith('dist/'));
  const share = ([name, bytes]: readonly [string, number]): string[] => [
    name,
    kB(bytes),
    `${((100 * bytes) / minBytes).toFixed(1)} %`,
  ];
  const groups = sumBy([...files], groupOf);
  console.log(`\nThe entry "${entry}" by package, and by own folder, minified:`);
  table(groups.slice(0, SHOWN).map(share));
  console.log(`\nIts largest own files, of ${own.length}:`);
  table(sumBy(own, sourceOf).slice(0, SHOWN).map(share));
}

/** A package, or a folder of src/. */
function groupOf(path: string): string {
  const [, name] = /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
  return name ?? sourceOf(path).replace(/[^/]+$/, '');
}

function sourceOf(path: string): string {
  return path.replace(/^dist\//, 'src/').replace(/\.js$/, '.ts');
}

/** The bytes of each name, the largest first. */
function sumBy(
  files: readonly (readonly [string, number])[],
  nameOf: (path: string) => string,
): [string, number][] {
  const sums = new Map<string, number>();
  for (const [path, bytes] of files) {
    const name = nameOf(path);
    sums.set(name, (sums.get(name) ?? 0) + bytes);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}

function kB(bytes: number | undefined): string {
  return bytes === undefined ? 'none' : `${(bytes / 1_000).toFixed(2)} kB`;
}

/** Names to the left, numbers to the right. */
function table(rows: readonly string[][]): void {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join('  '));
  }
}
