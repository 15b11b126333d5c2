/** What a seed stands for: the client's settings, the server's ways, and what is called when. */
import { Chance } from './chance.ts';
import type { Dimension } from './dimensions.ts';

/** Nobody but the server may ever read it. */
export const TOKEN = 'secret-that-nobody-says';

/** One that the token function may give instead, which nobody says either. */
export const OTHER_TOKEN = 'token-of-yesterday';

/** How keys begin of items that a caller packed. */
export const PACKED = 'bulk-';

export interface Plan {
  readonly seed: number;
  readonly dimensions: ReadonlySet<Dimension>;
  readonly settings: Settings;
  readonly ways: ServerWays;
  readonly steps: readonly Step[];
  /** How often user code calls back, in all. */
  readonly meddlings: number;
  /** How the run ends: by a flush and then a close, or by a close that cuts things off. */
  readonly ending: { readonly flushes: boolean; readonly closeMs: number };
}

interface Settings {
  readonly window: 'tick' | number | 'function';
  readonly maxItems: number;
  readonly maxBytes: number;
  readonly concurrency: number;
  readonly maxWaitMs: number;
  readonly maxItemBytes: number;
  readonly onSkipped: 'requeue' | 'reject';
  readonly ids: 'client' | 'server';
  readonly queueItems: number;
  readonly queueBytes: number;
  readonly limit: number;
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  readonly maxPauseMs: number | undefined;
  readonly itemCodes: readonly string[] | undefined;
  readonly attemptTimeoutMs: number;
  readonly deliveryTimeoutMs: number;
}

export interface ServerWays {
  readonly repeats: 'replay' | 'refuse';
  readonly takenId: 'item' | '409';
  /** Bytes and items of a request that it takes. */
  readonly maxBytes: number;
  readonly maxItems: number;
  readonly latencyMs: readonly [number, number];
  /** Of the requests, those with a fault. */
  readonly faults: number;
  /** Of the items, those with a fate of their own. */
  readonly fates: number;
  /** Milliseconds from the start between which nothing gets through. */
  readonly outage: readonly [number, number] | undefined;
}

/** One thing that an agent does; what exactly is drawn when its time comes. */
interface Step {
  /** Its chance and the marks of its calls hang on it, so that steps can be left out. */
  readonly name: string;
  readonly at: number;
  readonly what: What;
}

export type What =
  | 'register'
  | 'start'
  | 'create'
  | 'tree'
  | 'finishSpan'
  | 'finishRun'
  | 'quality'
  | 'submit'
  | 'bulk'
  | 'repeat'
  | 'twin'
  | 'foreign'
  | 'flush'
  | 'ready'
  | 'close'
  | 'abort'
  | 'listen'
  | 'invalid'
  | 'stop';

export function planFrom(seed: number, dimensions: ReadonlySet<Dimension>): Plan {
  return {
    seed,
    dimensions,
    settings: settingsFrom(seed, dimensions),
    ways: waysFrom(seed, dimensions),
    steps: stepsFrom(seed, dimensions),
    meddlings: new Chance(seed, 'meddlings').from(0, 40),
    ending: endingFrom(seed),
  };
}

function settingsFrom(seed: number, dimensions: ReadonlySet<Dimension>): Settings {
  const chance = new Chance(seed, 'settings');
  const window = chance.pick<Settings['window']>(['tick', 'tick', 'tick', 0, 1, 15, 'function']);
  const corners = new Chance(seed, 'corners');
  const isCornered = dimensions.has('corners') && corners.is(0.4);
  const hasty = new Chance(seed, 'hasty');
  const isHasty = dimensions.has('noDelay') && hasty.is(0.3);
  const small = new Chance(seed, 'queue');
  const isSmall = dimensions.has('smallQueue') && small.is(0.35);
  const minDelayMs = chance.pick([20, 100, 250]);
  return {
    window: window === 'function' && !dimensions.has('window') ? 'tick' : window,
    maxItems: chance.pick([1, 2, 3, 4, 5, 8, 100]),
    maxBytes: chance.pick([1_024, 1_500, 3_000, 20_000, 1_000_000]),
    concurrency: chance.from(1, 4),
    maxWaitMs: chance.pick([0, 5, 20, 50]),
    maxItemBytes: chance.pick([1_200, 4_000, 8_000_000]),
    onSkipped: chance.pick(['requeue', 'requeue', 'requeue', 'reject']),
    ids: chance.pick(['client', 'server']),
    queueItems: isSmall ? small.from(1, 12) : 100_000,
    queueBytes: isSmall && small.is(0.4) ? small.from(300, 4_000) : 64_000_000,
    limit: isCornered ? corners.pick([1, 1, 2, 3]) : chance.pick([4, 10, 10]),
    minDelayMs: isHasty ? 0 : minDelayMs,
    maxDelayMs: isHasty ? hasty.pick([0, 1, 100]) : chance.pick([500, 5_000, 30_000]),
    maxPauseMs: isCornered ? corners.pick([0, 1, 50]) : chance.pick([undefined, 1_000, 60_000]),
    itemCodes: isCornered ? corners.pick([[], ['not_found'], undefined]) : undefined,
    attemptTimeoutMs: chance.pick([300, 1_000, 5_000]),
    deliveryTimeoutMs: chance.is(0.6) ? 300_000 : chance.pick([1, 700, 5_000, 30_000]),
  };
}

function waysFrom(seed: number, dimensions: ReadonlySet<Dimension>): ServerWays {
  const chance = new Chance(seed, 'ways');
  const refuses = chance.is(0.4);
  const sizes = new Chance(seed, 'sizes');
  const isNarrow = dimensions.has('refusals') && sizes.is(0.3);
  const outageAt = chance.from(0, 400);
  const hasOutage = chance.is(0.15) && dimensions.has('lostRequests');
  return {
    repeats: refuses && dimensions.has('repeatsRefused') ? 'refuse' : 'replay',
    takenId: chance.pick(['item', '409']),
    maxBytes: isNarrow ? sizes.pick([500, 1_000, 2_500, 1_000_000]) : 10_000_000,
    maxItems: isNarrow ? sizes.pick([1, 2, 3, 1_000]) : 1_000,
    latencyMs: chance.pick([
      [1, 3],
      [5, 40],
      [20, 300],
    ]),
    faults: chance.pick([0, 0.1, 0.25, 0.5]),
    fates: chance.pick([0, 0.1, 0.25]),
    outage: hasOutage ? [outageAt, outageAt + chance.pick([500, 5_000, 60_000])] : undefined,
  };
}

const WEIGHTS: Readonly<Record<What, number>> = {
  register: 2,
  start: 2,
  create: 6,
  tree: 3,
  finishSpan: 5,
  finishRun: 2,
  quality: 2,
  submit: 3,
  bulk: 1.5,
  repeat: 3,
  twin: 1,
  foreign: 1.5,
  flush: 0.7,
  ready: 0.7,
  close: 0.15,
  abort: 2,
  listen: 1,
  invalid: 0.5,
  stop: 0.3,
};

/** What is left out where its dimension is. */
const NEEDS: Partial<Readonly<Record<What, Dimension>>> = {
  bulk: 'bulk',
  repeat: 'ownKeys',
  twin: 'twins',
  foreign: 'foreign',
  close: 'closes',
  abort: 'aborts',
  listen: 'listeners',
  stop: 'stops',
};

function stepsFrom(seed: number, dimensions: ReadonlySet<Dimension>): Step[] {
  const chance = new Chance(seed, 'steps');
  const count = chance.from(4, 34);
  const gaps = chance.pick([[0], [0, 0, 0, 1, 30], [0, 2, 100], [0, 0, 500]]);
  const steps: Step[] = [];
  let at = 0;
  for (let number = 0; number < count; number++) {
    at += chance.pick(gaps);
    const what = number < 2 ? 'register' : chance.weighed(WEIGHTS);
    const needed = NEEDS[what];
    if (needed === undefined || dimensions.has(needed)) {
      steps.push({ name: `s${number}`, at, what });
    }
  }
  return steps;
}

function endingFrom(seed: number): Plan['ending'] {
  const chance = new Chance(seed, 'ending');
  return { flushes: chance.is(0.7), closeMs: chance.pick([0, 10, 1_000, 10_000, 400_000]) };
}
