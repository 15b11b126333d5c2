/** Cuts a failing schedule down, as long as the same thing breaks. */
import { PLAIN_OPTIONS, PLAIN_SERVER } from './plain.ts';
import type { Plan, PlannedOptions, PlannedServer, Step } from './plan.ts';
import type { ClientClass } from './simulate.ts';
import { simulate } from './simulate.ts';
import type { InvariantName } from './violation.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly story: readonly string[];
}

/** Tries for so long, in milliseconds of real time. */
const PATIENCE_MS = 20_000;

export async function shrink(
  Client: ClientClass,
  found: Plan,
  name: InvariantName,
): Promise<Shrunk> {
  const until = performance.now() + PATIENCE_MS;
  let plan = found;
  let isSmaller = true;
  while (isSmaller) {
    isSmaller = false;
    for (const smaller of reductionsOf(plan)) {
      if (performance.now() > until) break;
      if (!(await breaks(Client, smaller, name))) continue;
      plan = smaller;
      isSmaller = true;
      break;
    }
  }
  const { story } = await simulate(Client, plan.seed, plan, true);
  return { plan, story };
}

async function breaks(Client: ClientClass, plan: Plan, name: InvariantName): Promise<boolean> {
  const { violations } = await simulate(Client, plan.seed, plan);
  return violations.some((violation) => violation.name === name);
}

/** Plans that have a little less, the greatest cuts first. */
function* reductionsOf(plan: Plan): Iterable<Plan> {
  for (const agents of withoutSome(plan.agents)) yield { ...plan, agents };
  for (const outages of withoutSome(plan.outages)) yield { ...plan, outages };
  for (const freezes of withoutSome(plan.freezes)) yield { ...plan, freezes };
  for (const tokenFaults of withoutSome(plan.tokenFaults)) yield { ...plan, tokenFaults };
  for (const faults of withoutSome(plan.faults)) yield { ...plan, faults };
  for (const [at, steps] of plan.agents.entries()) {
    for (const fewer of withoutSome(steps)) yield { ...plan, agents: plan.agents.with(at, fewer) };
  }
  for (const [name, value] of Object.entries(PLAIN_SERVER)) {
    if (!isSame(plan.server[name as keyof PlannedServer], value)) {
      yield { ...plan, server: { ...plan.server, [name]: value } };
    }
  }
  for (const [name, value] of Object.entries(PLAIN_OPTIONS)) {
    if (!isSame(plan.options[name as keyof PlannedOptions], value)) {
      yield { ...plan, options: { ...plan.options, [name]: value } };
    }
  }
  for (const [at, steps] of plan.agents.entries()) {
    for (const [place, step] of steps.entries()) {
      for (const plainer of plainerThan(step)) {
        yield { ...plan, agents: plan.agents.with(at, steps.with(place, plainer)) };
      }
    }
  }
}

/** The list without each of its halves, quarters, ..., single elements. */
function* withoutSome<T>(list: readonly T[]): Iterable<readonly T[]> {
  for (let size = list.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < list.length; from += size) {
      yield [...list.slice(0, from), ...list.slice(from + size)];
    }
  }
}

function* plainerThan(step: Step): Iterable<Step> {
  for (const name of ['fate', 'abortAfterMs', 'hasOwnKey', 'hook', 'parent']) {
    if (Reflect.get(step, name) === undefined) continue;
    const { [name as keyof Step]: _, ...rest } = step;
    yield rest as Step;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
