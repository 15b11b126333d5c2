/** Cuts a failing plan down to what still breaks the same rule, so that its story is short. */
import { AutobatchClient } from '../../src/index.ts';
import type { Plan } from './plan.ts';
import { planFrom } from './plan.ts';
import { check } from './run.ts';
import type { Seams } from './seams.ts';
import type { Rule } from './story.ts';

/** Runs that it may cost. */
const MOST_RUNS = 150;
/** Lines of a story that anybody reads. */
const MOST_LINES = 80;

export interface Least {
  readonly plan: Plan;
  readonly story: readonly string[];
}

export async function shrink(plan: Plan, rule: Rule, seams: Seams): Promise<Least> {
  let runs = 0;
  const breaks = async (candidate: Plan): Promise<boolean> => {
    if (++runs > MOST_RUNS) return false;
    const { violations } = await check(AutobatchClient, candidate, { seams });
    return violations.some((violation) => violation.rule === rule);
  };
  let least = await withoutSteps(plan, breaks);
  for (const dimension of plan.dimensions) {
    const dimensions = new Set([...least.dimensions].filter((other) => other !== dimension));
    const { settings, ways } = planFrom(plan.seed, dimensions);
    const candidate = { ...least, dimensions, settings, ways };
    if (await breaks(candidate)) least = candidate;
  }
  for (const meddlings of [0, 1, 3, 8]) {
    if (meddlings >= least.meddlings) break;
    const candidate = { ...least, meddlings };
    if (!(await breaks(candidate))) continue;
    least = candidate;
    break;
  }
  least = await withoutSteps(least, breaks);
  const { story } = await check(AutobatchClient, least, { seams, isTold: true });
  return { plan: least, story: story.slice(-MOST_LINES) };
}

/** Leaves out halves, quarters, and single steps, as long as it breaks all the same. */
async function withoutSteps(
  plan: Plan,
  breaks: (candidate: Plan) => Promise<boolean>,
): Promise<Plan> {
  let least = plan;
  for (let size = Math.ceil(plan.steps.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < least.steps.length; ) {
      const steps = least.steps.filter((_, at) => at < from || at >= from + size);
      const candidate = { ...least, steps };
      if (await breaks(candidate)) least = candidate;
      else from += size;
    }
  }
  return least;
}
