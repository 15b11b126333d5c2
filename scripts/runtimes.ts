// Does the package do what it says in every runtime that it is for? Packs it (build first), installs the
// tarball into an empty project, and runs one suite (test/runtimes) on it in each set-up, a few at a time,
// against servers in this process. `npm run runtimes -- Bun Deno` only those. The last line counts.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { browsers, servePages } from './runtimes/browsers.ts';
import { bun, deno, node } from './runtimes/processes.ts';
import { installBrowsers, installRuntimes, makeProject, program } from './runtimes/project.ts';
import type { Result, SetUp } from './runtimes/set-up.ts';
import { runSetUp } from './runtimes/set-up.ts';
import { SuiteServer } from './runtimes/suite-server.ts';
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
let server: SuiteServer | undefined;
const results: Result[] = [];
try {
  const [project] = await Promise.all([makeProject(folder), installRuntimes(), installBrowsers()]);
  const packed = join(project, 'node_modules/prefactor-autobatch/dist/testing/index.js');
  const { Emulator } = (await import(packed)) as typeof import('../src/testing/index.ts');
  const { checks } = (await import(join(project, 'checks/all.mjs'))) as { checks: object };
  server = new SuiteServer((options) => new Emulator({ strict: true, ...options }));
  await server.open();
  await servePages(server, project);
  const where = { project, server };
  const waiting = chosen.values();
  const worker = async (): Promise<void> => {
    for (const setUp of waiting) {
      const result = await runSetUp(setUp, where, Object.keys(checks));
      show(result);
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
} finally {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
}
const sum = (counts: readonly number[]): number => counts.reduce((all, count) => all + count, 0);
const failed = results.length === 0 ? 1 : sum(results.map((result) => result.failed.length));
const skipped = sum(results.map((result) => result.skipped));
console.log(
  `${sum(results.map((result) => result.passed))} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
);
process.exitCode = failed > 0 ? 1 : 0;

function show({ name, passed, skipped, failed, seconds }: Result): void {
  const rest = `${passed} passed, ${failed.length} failed, ${skipped} skipped`;
  console.log(
    `${failed.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${rest} (${seconds.toFixed(1)} s)`,
  );
  for (const { title, error = '' } of failed)
    console.log(`  FAIL ${title}\n    ${error.replaceAll('\n', '\n    ')}`);
}
