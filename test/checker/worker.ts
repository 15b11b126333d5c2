/** Runs its share of the seeds in a process of its own, since all of a run shares one clock. */
import { AutobatchClient } from '../../src/index.ts';
import type { Dimension } from './dimensions.ts';
import { dimensionsOf } from './dimensions.ts';
import { MUTANTS } from './mutants.ts';
import type { Plan } from './plan.ts';
import { planFrom } from './plan.ts';
import { check } from './run.ts';
import { PLAIN } from './seams.ts';
import { shrink } from './shrink.ts';
import type { Rule, Violation } from './story.ts';

/** What a worker is to do. */
export interface Share {
  readonly seeds: readonly number[];
  readonly dimensions: readonly Dimension[];
  /** Each seed has all of them, and not some. */
  readonly isExact: boolean;
  /** By its name; none: the client as it is. */
  readonly mutant: string | undefined;
  /** Stops at the first failure of that rule; without one, at none. */
  readonly until: Rule | undefined;
  /** Failures that are cut down and told. */
  readonly told: number;
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Cut down: what is left of the plan, and what happens. */
  readonly plan: Pick<Plan, 'settings' | 'ways'> | undefined;
  readonly dimensions: readonly Dimension[];
  readonly story: readonly string[];
}

export interface Found {
  readonly ran: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

// Listening keeps the process alive until the other side hangs up.
process.on('message', (share: Share) => {
  void workOn(share).then((found) => process.send?.(found));
});

async function workOn(share: Share): Promise<Found> {
  const seams = MUTANTS.find(({ name }) => name === share.mutant)?.seams ?? PLAIN;
  const counts: Record<string, number> = {};
  const failures: Failure[] = [];
  let ran = 0;
  for (const seed of share.seeds) {
    const { dimensions, isExact } = share;
    const plan = planFrom(seed, isExact ? new Set(dimensions) : dimensionsOf(seed, dimensions));
    const result = await check(AutobatchClient, plan, { seams });
    ran++;
    for (const [what, count] of Object.entries(result.counts)) {
      counts[what] = (counts[what] ?? 0) + count;
    }
    const [first] = result.violations.filter(
      ({ rule }) => share.until === undefined || rule === share.until,
    );
    if (first === undefined) continue;
    const least = failures.length < share.told ? await shrink(plan, first.rule, seams) : undefined;
    failures.push({
      seed,
      violations: result.violations,
      plan: least?.plan,
      dimensions: [...(least?.plan ?? plan).dimensions],
      story: least?.story ?? [],
    });
    if (share.until !== undefined) break;
  }
  return { ran, counts, failures };
}
