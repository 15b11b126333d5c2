/** Draws a schedule from a seed. Most have few kinds of faults, so that each can be told from others. */
import type { Random } from '../helpers/random.ts';
import { pick, randomFrom } from '../helpers/random.ts';
import type { Theme } from './agent-draft.ts';
import { AgentDraft } from './agent-draft.ts';
import { drawFaults, drawSpoilt, drawTimes, withSpoilt } from './fault-draft.ts';
import type { Fate, How, Plan, PlannedOptions, PlannedServer, Step } from './plan.ts';

export function planFrom(seed: number): Plan {
  const random = randomFrom(seed);
  // Kinds of faults that came later draw from a stream of their own: so the plan of a seed stays what
  // it was but for them.
  const later = randomFrom(seed ^ 0x1a7e);
  const options = drawOptions(random);
  const theme = drawTheme(random);
  const agents = Math.ceil(random() * 3);
  const calls = Math.ceil(drawBetween(random, 6, 34) / agents);
  const slots = { next: 0 };
  return {
    seed,
    options,
    server: drawServer(random, later, randomFrom(seed ^ 0x07d3)),
    faults: withSpoilt(drawFaults(random, options), drawSpoilt(later)),
    tokenFaults:
      options.token === 'function' && random() < 0.6
        ? drawTimes(random, 12, 0.25).map((at) => ({
            at,
            what: pick(random, ['throws', 'is stale']),
          }))
        : [],
    outages: drawOutages(random),
    freezes: drawFreezes(later, options),
    agents: withHook(later, [
      ...Array.from({ length: agents }, () => new AgentDraft(random, theme, slots).steps(calls)),
      ...(random() < 0.03 ? [drawFlood(random)] : []),
    ]),
  };
}

function drawOptions(random: Random): PlannedOptions {
  const often = <T>(usual: T, ...others: readonly T[]): T =>
    random() < 0.6 ? usual : pick(random, others);
  const minDelayMs = often(250, 20, 50);
  return {
    window: often<PlannedOptions['window']>('tick', 0, 5, 40, 'function'),
    maxItems: pick(random, [1, 2, 3, 5, 8, 20, 100]),
    maxBytes: often(1_000_000, 1_024, 2_000, 4_000),
    concurrency: pick(random, [1, 2, 4, 16]),
    maxWaitMs: often(20, 0, 5, 100),
    onSkipped: often<PlannedOptions['onSkipped']>('requeue', 'requeue', 'reject'),
    ids: pick(random, ['client', 'server']),
    queueItems: often(100_000, 100_000, 5, 10, 20),
    queueBytes: often(64_000_000, 64_000_000, 64_000_000, 3_000, 6_000),
    retry: {
      limit: often(10, 1, 2, 3, 4),
      minDelayMs,
      maxDelayMs: often(30_000, minDelayMs, 1_000),
      maxPauseMs: often(300_000, 200, 2_000),
    },
    attemptTimeoutMs: often(30_000, 150, 1_000),
    deliveryTimeoutMs: often(300_000, 300, 2_000, 15_000, 60_000, Number.POSITIVE_INFINITY),
    token: pick(random, ['fixed', 'function']),
  };
}

function drawServer(random: Random, later: Random, last: Random): PlannedServer {
  const least = pick(random, [1, 5, 20, 80]);
  const rarely = <T>(...values: readonly T[]): T | undefined =>
    random() < 0.1 ? pick(random, values) : undefined;
  return {
    latencyMs: [least, least * pick(random, [1, 1, 1.5, 4])],
    itemMs: pick(random, [0, 0, 0.2, 2]),
    maxItems: rarely(1, 2, 5),
    maxBytes: rarely(700, 1_500, 3_000),
    maxInFlight: rarely(1, 2),
    maxPerSecond: rarely(2, 5, 10),
    storeErrors: random() < 0.2,
    repeats: later() < 0.25 ? 'refuse' : 'replay',
    outputs: last() < 0.3 ? 'reversed' : 'in order',
  };
}

const FATES: readonly Fate[] = [
  'refused',
  'passes once',
  'passes twice',
  'never passes',
  'poison 400',
  'poison 422',
  'poison 500',
  'poison drop',
];

function drawTheme(random: Random): Theme {
  const fates = random() < 0.5 ? [] : random() < 0.8 ? [pick(random, FATES)] : FATES;
  return {
    fates,
    fateRate: fates.length === 0 ? 0 : pick(random, [0.05, 0.05, 0.15, 0.15, 0.4, 0.95]),
    abortRate: random() < 0.6 ? 0 : pick(random, [0.1, 0.4]),
    ownKeyRate: pick(random, [0, 0.1, 0.5]),
    waitRate: pick(random, [0, 0.1, 0.4]),
    waitMs: pick(random, [3, 40, 600]),
    how: pick<readonly How[]>(random, [
      ['reference'],
      ['reference', 'reference', 'id'],
      ['reference', 'id', 'result'],
    ]),
    hasClose: random() < 0.08,
    hasHide: random() < 0.05,
  };
}

function drawOutages(random: Random): Plan['outages'] {
  if (random() < 0.85) return [];
  const fromMs = random() < 0.5 ? 0 : Math.floor(random() * 400);
  return [{ fromMs, toMs: fromMs + pick(random, [50, 500, 4_000, 20_000]) }];
}

function drawFreezes(random: Random, options: PlannedOptions): Plan['freezes'] {
  if (random() >= 0.1) return [];
  const { attemptTimeoutMs, deliveryTimeoutMs } = options;
  const times = random() < 0.8 ? 1 : 2;
  return Array.from({ length: times }, () => ({
    atMs: Math.floor(random() * pick(random, [5, 60, 600])),
    forMs: pick(random, [
      500,
      3_000,
      attemptTimeoutMs + 2_000,
      Math.min(deliveryTimeoutMs, 300_000) + 3_000,
    ]),
  }));
}

const HOOKED: readonly Step['do'][] = [
  'register',
  'start',
  'end',
  'quality',
  'create',
  'finish',
  'recreate',
  'submit',
];

/** Lets `beforeEnqueue` do something with some of the calls. */
function withHook(random: Random, agents: readonly (readonly Step[])[]): Plan['agents'] {
  const acts = (['leaves out', 'redacts', 'throws', 'rejects', 'calls'] as const).filter(
    () => random() < 0.07,
  );
  if (acts.length === 0) return agents;
  const rate = pick(random, [0.05, 0.2]);
  return agents.map((steps) =>
    steps.map((step) =>
      HOOKED.includes(step.do) && random() < rate
        ? ({ ...step, hook: pick(random, acts) } as Step)
        : step,
    ),
  );
}

/** Calls that have nothing to do with each other, and are refused all alike. */
function drawFlood(random: Random): Step[] {
  const fate = pick<Fate>(random, ['poison 400', 'poison 422']);
  return Array.from({ length: 12 }, () => ({
    do: 'submit',
    makes: undefined,
    changes: undefined,
    uses: [],
    fate,
  }));
}

function drawBetween(random: Random, least: number, most: number): number {
  return least + random() * (most - least);
}
