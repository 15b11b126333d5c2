// Does the package do what it says in every runtime that it is for? Packs it (build first), installs the
// tarball into an empty project, and runs one suite (test/runtimes) on it in each set-up, a few at a time,
// against servers in this process. `npm run runtimes -- Bun Deno` only those. The last line counts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { browsers, servePages } from './runtimes/browsers.ts';
import type { Result, SetUp } from './runtimes/play.ts';
import { play } from './runtimes/play.ts';
import { bun, deno, node } from './runtimes/processes.ts';
import { installBrowsers, installRuntimes, makeProject, program } from './runtimes/project.ts';
import { Stage } from './runtimes/stage.ts';
import { workerd } from './runtimes/workerd.ts';

/** More at once take no less time on two cores. */
const AT_ONCE = 3;

const setUps: readonly SetUp[] = [
  node('22.13', program('node22/bin/node')),
  node('24', process.execPath),
  node('26', program('node26/bin/node')),
  bun,
  deno,
  workerd('2026-04-01', []),
  workerd('2026-04-01', ['nodejs_compat']),
  workerd('2024-09-23', ['nodejs_compat']),
  ...browsers,
];

const { positionals } = parseArgs({ allowPositionals: true });
const chosen = setUps.filter(
  ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
const folder = mkdtempSync(join(tmpdir(), 'runtimes-'));
let stage: Stage | undefined;
let results: readonly Result[] = [];
try {
  const [project] = await Promise.all([makeProject(folder), installRuntimes(), installBrowsers()]);
  const packed = join(project, 'node_modules/prefactor-autobatch/dist/testing/index.js');
  const { Emulator } = (await import(packed)) as typeof import('../src/testing/index.ts');
  const { checks } = (await import(join(project, 'checks/all.mjs'))) as { checks: object };
  stage = new Stage((options) => new Emulator({ strict: true, ...options }));
  await stage.open();
  await servePages(stage, project);
  const where = { origin: stage.origin, project, stage };
  const titles = Object.keys(checks);
  results = await severalAtOnce(chosen, (setUp) => play(setUp, where, titles));
} finally {
  stage?.close();
  rmSync(folder, { recursive: true, force: true });
}
const count = (of: (result: Result) => readonly unknown[]): number =>
  results.reduce((sum, result) => sum + of(result).length, 0);
const failed = count((result) => result.failed) + (results.length === 0 ? 1 : 0);
const skipped = count((result) => result.skipped);
console.log(
  `${count((result) => result.passed)} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exitCode = failed > 0 ? 1 : 0;

async function severalAtOnce(
  waiting: readonly SetUp[],
  playOne: (setUp: SetUp) => Promise<Result>,
): Promise<Result[]> {
  const left = [...waiting];
  const over: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let setUp = left.shift(); setUp !== undefined; setUp = left.shift()) {
      const result = await playOne(setUp);
      show(result);
      over.push(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return over;
}

function show({ name, passed, skipped, failed, seconds }: Result): void {
  const rest = `${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`;
  console.log(
    `${failed.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${rest} (${seconds.toFixed(1)} s)`,
  );
  for (const [title, why] of failed)
    console.log(`  FAIL ${title}\n    ${why.replaceAll('\n', '\n    ')}`);
}
