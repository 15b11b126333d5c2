/** All rounds of a scenario, interleaved: round 1 of all contenders, round 2 of all, and so on. */

import type { EmulatorProcess } from '../src/recordings/emulator-process.ts';
import { startEmulator } from '../src/recordings/emulator-process.ts';
import { TOKEN } from './contenders/contender.ts';
import type { Load, Measured } from './job.ts';
import { runRound } from './round.ts';
import type { Entry, Scenario } from './scenarios/scenario.ts';
import type { Seen } from './server/process.ts';
import type { Server } from './server/start.ts';
import { startServer } from './server/start.ts';

/** A round of one contender: what its process measured, and what the server saw of it. */
export interface Round extends Measured {
  readonly number: number;
  readonly seen: Pick<Seen, 'requests' | 'inFlight'> & Partial<Seen>;
}

export interface Outcome {
  readonly entry: Entry;
  readonly rounds: readonly Round[];
  /** Why it has fewer rounds than it should. */
  readonly failure?: string | undefined;
}

type Run = (entry: Entry, number: number) => Promise<Round>;

export async function runScenario(scenario: Scenario): Promise<readonly Outcome[]> {
  if (scenario.server === 'emulator') return rounds(scenario.entries, againstEmulator);
  const server = await startServer(scenario.server);
  try {
    await warmUp(server, scenario);
    return await rounds(scenario.entries, (entry, number) => against(server, entry, number));
  } finally {
    server.close();
  }
}

async function rounds(entries: readonly Entry[], run: Run): Promise<readonly Outcome[]> {
  const found = new Map<Entry, { rounds: Round[]; failure?: string }>();
  for (const entry of entries) found.set(entry, { rounds: [] });
  const last = Math.max(...entries.map(({ rounds }) => rounds));
  for (let number = 1; number <= last; number++) {
    for (const entry of rotated(entries, number - 1)) {
      const so = found.get(entry);
      if (so === undefined || so.failure !== undefined || entry.rounds < number) continue;
      try {
        so.rounds.push(await run(entry, number));
      } catch (error) {
        so.failure = error instanceof Error ? error.message : String(error);
      }
    }
  }
  return entries.map((entry) => ({ entry, rounds: [], ...found.get(entry) }));
}

/** Each round begins with another contender, so that nobody always follows the same one. */
function rotated<T>(all: readonly T[], by: number): readonly T[] {
  const start = by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}

async function against(server: Server, { job }: Entry, number: number): Promise<Round> {
  await server.tell('report'); // what a round that broke down has left behind
  const measured = await runRound(job, server.url, (command) => server.tell(command));
  const seen = await server.tell('report');
  return {
    ...measured,
    number,
    seen,
    settled: measured.isUntold ? Math.min(seen.items, measured.called) : measured.settled,
  };
}

/** The first contender would else meet a server whose code is still cold. */
async function warmUp(server: Server, { grid }: Scenario): Promise<void> {
  if (grid !== undefined) return; // nothing there is that fast
  const load: Load = {
    kind: 'burst',
    calls: 2_000,
    perTurn: 1_000,
    bytes: 325,
    spans: 'complete',
  };
  await runRound({ contender: 'floor-fetch', inFlight: 4, load }, server.url, async () => {});
}

/** A fresh emulator for each round, since it keeps what it was sent. */
async function againstEmulator({ job }: Entry, number: number): Promise<Round> {
  const emulator: EmulatorProcess = await startEmulator({ token: TOKEN, latencyMs: 0 });
  try {
    const measured = await runRound(job, emulator.url, async () => {});
    const { requests, breaches, doubled } = await emulator.seen();
    const errors = [...measured.errors, ...breaches.slice(0, 1)];
    if (doubled > 0) errors.push(`${doubled} actions took effect more than once`);
    return { ...measured, errors, number, seen: { requests, inFlight: 0 } };
  } finally {
    emulator.close();
  }
}
