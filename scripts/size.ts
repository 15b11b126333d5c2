// How much the package adds to somebody's bundle: each entry of dist/ with all its dependencies,
// minified, and gzipped. Builds first where dist/ is missing or older than src/. Ends with 1 where an
// entry is above its limit.
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { buildIfStale, entriesOf } from './fresh-build.ts';
import { root } from './run.ts';

/** The most that an entry may weigh, in bytes, minified and gzipped. */
const limits: Readonly<Record<string, number>> = {
  // The goal is 22 kB. Our own code alone is 31 kB, zod's compiler 10: this only keeps it from growing.
  '.': 60_000,
  // A tenth above what they were when they got a limit.
  './coalescer': 15_600,
  './testing': 15_300,
};
const SHOWN = 12;

interface Weight {
  readonly entry: string;
  readonly minBytes: number;
  readonly gzipBytes: number;
  /** The minified bytes of each file, by its path in the repository. */
  readonly files: ReadonlyMap<string, number>;
}

const entries = await entriesOf();
await buildIfStale(entries.map(({ path }) => path));
const weights: Weight[] = [];
for (const { name, path } of entries) weights.push(await weigh(name, path));

table([
  ['entry (1 kB = 1,000 bytes)', 'min', 'min + gz', 'limit'],
  ...weights.map(({ entry, minBytes, gzipBytes }) => [
    entry,
    kB(minBytes),
    kB(gzipBytes),
    kB(limits[entry]),
  ]),
]);
const main = weights.find(({ entry }) => entry === '.');
if (main) explain(main);

for (const { entry, gzipBytes } of weights) {
  const limit = limits[entry];
  if (limit !== undefined && gzipBytes <= limit) continue;
  process.exitCode = 1;
  console.log(
    limit === undefined
      ? `\nThe entry "${entry}" has no limit: give it one in scripts/size.ts.`
      : `\nThe entry "${entry}" is ${gzipBytes - limit} bytes above its limit of ${kB(limit)} ` +
          'minified and gzipped: make it smaller, or say in scripts/size.ts why it may grow.',
  );
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
