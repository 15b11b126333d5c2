// How much the package adds to a user's bundle: each entry of dist/ with all that it loads, minified, and gzipped, once
// as bundlers make it for browsers and workers, and once for Node.
//   node scripts/size.ts             ends with 1 where an entry is above its goal, or above its limit
//   node scripts/size.ts --ratchet   ends with 1 only where one is above its limit, or far below it
// Builds first where dist/ is missing or older than src/.
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
  '. for browsers': { goal: 50_000, limit: 71_000 },
  '. for Node': { limit: 82_000 },
  './coalescer for browsers': { limit: 28_500 },
  './coalescer for Node': { limit: 28_500 },
  './ai for browsers': { limit: 4_500 },
  './ai for Node': { limit: 4_500 },
  './testing for browsers': { limit: 17_000 },
  './testing for Node': { limit: 17_000 },
  './trace for browsers': { limit: 11_000 },
  './trace for Node': { limit: 11_000 },
  './fetch for browsers': { limit: 13_000 },
  './fetch for Node': { limit: 13_000 },
  './register for browsers': { limit: 77_500 },
  './register for Node': { limit: 88_500 },
  './otel for browsers': { limit: 17_500 },
  './otel for Node': { limit: 17_500 },
  './inspector for browsers': { limit: 20_000 },
  './inspector for Node': { limit: 20_000 },
};
const platforms = { browsers: 'browser', Node: 'node' } as const;
const STEP = 500;

const { values } = parseArgs({ options: { ratchet: { type: 'boolean', default: false } } });
const entries = await entriesOf();
await buildIfStale(entries.map(({ path }) => path));
const weights: Record<string, Record<string, number | undefined>> = {};
const problems: string[] = [];
for (const { name: entry, path } of entries) {
  for (const [runtime, platform] of Object.entries(platforms)) {
    const name = `${entry} for ${runtime}`;
    const code = await bundle(path, platform);
    const gzipped = gzipSync(code, { level: 9 }).length;
    weights[name] = { minified: code.length, gzipped, ...bounds[name] };
    problems.push(...problemsOf(name, gzipped));
  }
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

/** An entry with all that it loads, minified. */
async function bundle(path: string, platform: 'browser' | 'node'): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [path],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform,
    external: ['node:*'],
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${path}`);
  return file.contents;
}
