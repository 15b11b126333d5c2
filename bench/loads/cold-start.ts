/** From the start of a process of its own to its first result. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { ContenderName } from '../contenders/index.ts';
import type { Measured } from '../job.ts';

/** Plain JavaScript, since to take the types out would cost more than some of them do. */
const PROGRAMS: Partial<Record<ContenderName, string>> = {
  ours: 'ours.mjs',
  'direct fetch': 'fetch.mjs',
  nothing: 'nothing.mjs',
};

export async function coldStart(contender: ContenderName, url: string): Promise<Measured> {
  const program = PROGRAMS[contender];
  if (program === undefined) throw new Error(`${contender} has no program to be started.`);
  const path = fileURLToPath(new URL(`../cold/${program}`, import.meta.url));
  const startMs = performance.now();
  const child = spawn(process.execPath, [path, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  // Each program says what CPU time it took until its first result, once it has it.
  const said = await Promise.race([once(child.stdout, 'data'), exit.then(() => [])]);
  const ms = performance.now() - startMs;
  const [code] = await exit;
  if (said.length === 0 || code !== 0) throw new Error(`${program} ended with code ${code}.`);
  return { called: 1, settled: 1, cpuMs: Number(said[0]), ms, p50Ms: ms, errors: [] };
}
