/** Runs its share of the schedules in a process of its own, since all of it shares one clock. */
import { pathToFileURL } from 'node:url';
import { Coverage } from './coverage.ts';
import { HAPPY_PLAN } from './plain.ts';
import { planFrom } from './planner.ts';
import type { Shrunk } from './shrink.ts';
import { shrink } from './shrink.ts';
import type { ClientClass } from './simulate.ts';
import { simulate } from './simulate.ts';
import type { InvariantName, Violation } from './violation.ts';

/** What a worker is to do. */
export interface Share {
  /** The package's sources: the real ones, or those of a mutant. */
  readonly src: string;
  readonly seeds: readonly number[];
  /** Stops at the first violation of that name; without one, at any. */
  readonly until: InvariantName | undefined;
  /** Whether a failure is cut down to a short story. */
  readonly shrinks: boolean;
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly shrunk: Shrunk | undefined;
}

export interface Found {
  readonly ran: number;
  readonly requests: number;
  readonly counts: readonly (readonly [string, number])[];
  readonly failure: Failure | undefined;
  /** What broke in the plainest of runs: in a mutant that is worth its while, nothing. */
  readonly happy: readonly Violation[];
}

// Listening keeps the process alive until the other side hangs up.
process.on('message', (share: Share) => {
  void workOn(share).then((found) => process.send?.(found));
});

async function workOn({ src, seeds, until, shrinks }: Share): Promise<Found> {
  const module: { AutobatchClient: ClientClass } = await import(
    pathToFileURL(`${src}/index.ts`).href
  );
  const Client = module.AutobatchClient;
  const coverage = new Coverage();
  const happy = await simulate(Client, HAPPY_PLAN.seed, HAPPY_PLAN);
  let ran = 0;
  let requests = 0;
  let failure: Failure | undefined;
  for (const seed of seeds) {
    const result = await simulate(Client, seed);
    ran++;
    requests += result.requests;
    coverage.add(result.counts);
    const violation = result.violations.find(({ name }) => until === undefined || name === until);
    if (violation === undefined) continue;
    const shrunk = shrinks ? await shrink(Client, planFrom(seed), violation.name) : undefined;
    failure = { seed, violations: result.violations, shrunk };
    break;
  }
  return { ran, requests, counts: coverage.entries, failure, happy: happy.violations };
}
