/**
 * The user's own code, wherever the client calls it: now and then it calls the client back, aborts,
 * closes, throws, or gives back what rejects.
 */
import type { AutobatchClient, AutobatchEvents } from '../../src/index.ts';
import type { Caller } from './caller.ts';
import { Chance } from './chance.ts';
import type { Dimension } from './dimensions.ts';
import type { Plan, What } from './plan.ts';
import type { Signals } from './signals.ts';
import type { Story } from './story.ts';

/** What is at hand when the world is built. */
export interface Hands {
  readonly client: AutobatchClient;
  readonly caller: Caller;
  readonly signals: Signals;
  /** Looks at the books. */
  readonly look: () => void;
}

export const EVENTS: readonly (keyof AutobatchEvents)[] = [
  'dispatch',
  'response',
  'requeue',
  'retry',
  'pause',
  'outage',
  'recovery',
  'failure',
  'terminate',
  'idle',
];

const WHATS: readonly What[] = [
  'register',
  'create',
  'create',
  'finishSpan',
  'finishRun',
  'quality',
  'submit',
];

/** More failures than any run has calls. */
const MOST_PERSISTED = 300;

export class Meddler {
  hands: Hands | undefined;
  /** A listener of `failure` is running. */
  isInFailure = false;
  /** The logger is running, perhaps to say that such a listener has failed. */
  isLogging = false;
  readonly #plan: Plan;
  readonly #story: Story;
  readonly #chances = new Map<Dimension, Chance>();
  readonly #removers: (() => void)[] = [];
  #left: number;
  #depth = 0;
  #names = 0;
  #persisted = 0;

  constructor(plan: Plan, story: Story) {
    this.#plan = plan;
    this.#story = story;
    this.#left = plan.meddlings;
  }

  /** User code runs here. It may throw, where throwing is drawn and `mayThrow`. */
  run(place: Dimension, mayThrow = true): void {
    const { hands } = this;
    hands?.look();
    const { dimensions } = this.#plan;
    if (hands === undefined || !dimensions.has(place)) return;
    if (hands.caller.isInClose && !dimensions.has('withinClose')) return;
    const isPerhapsInFailure = this.isInFailure || (this.isLogging && dimensions.has('throwing'));
    if (isPerhapsInFailure && !dimensions.has('causedFailures')) return;
    const chance = this.#chanceOf(place);
    if (this.#left > 0 && this.#depth < 3 && chance.is(0.2)) {
      this.#left--;
      this.#depth++;
      this.#act(place, chance, hands);
      this.#depth--;
      hands.look();
    }
    if (mayThrow && this.#plan.dimensions.has('throwing') && chance.is(0.04)) {
      this.#story.tell(() => `user code throws in ${place}`);
      throw new Error(`user code in ${place}`);
    }
  }

  /** As `run`, for code that a call runs before it is entered. A throw makes that call invalid. */
  within(place: Dimension): undefined {
    const making = this.hands?.caller.making;
    try {
      this.run(place);
    } catch (error) {
      if (making !== undefined) making.isInvalid = true;
      throw error;
    } finally {
      this.hands?.caller.passed();
    }
  }

  /** What user code gives back where nobody wants anything of it. */
  result(place: Dimension): unknown {
    const { dimensions } = this.#plan;
    if (!dimensions.has('rejecting') || !dimensions.has(place)) return undefined;
    const chance = this.#chanceOf(place);
    return chance.is(0.05) ? rejecting(chance) : undefined;
  }

  /** Adds a listener that meddles, or takes one away. */
  listen(chance: Chance): void {
    const { hands } = this;
    if (hands === undefined) return;
    if (this.#removers.length > 0 && chance.is(0.4)) {
      chance.pick(this.#removers)();
      return;
    }
    const event = chance.pick(EVENTS);
    this.#removers.push(hands.client.on(event, () => this.heard(event)));
  }

  /** The body of the logger. */
  logged(): unknown {
    const before = this.isLogging;
    this.isLogging = true;
    try {
      this.run('logger');
    } finally {
      this.isLogging = before;
    }
    return this.result('logger');
  }

  /** The body of each listener. */
  heard(event: keyof AutobatchEvents): unknown {
    const before = this.isInFailure;
    this.isInFailure = event === 'failure';
    try {
      if (event === 'failure') this.#persist();
      this.run('listeners');
    } finally {
      this.isInFailure = before;
    }
    return this.result('listeners');
  }

  /** Some call again whenever a call fails, also when the client is closed: that must not go on for ever. */
  #persist(): void {
    const { caller } = this.hands ?? {};
    const { dimensions, seed } = this.#plan;
    const isPersistent = dimensions.has('listeners') && new Chance(seed, 'persists').is(0.2);
    if (!isPersistent || caller === undefined || caller.closedAt === Number.POSITIVE_INFINITY)
      return;
    if (caller.isInClose && !dimensions.has('withinClose')) return;
    if (++this.#persisted > MOST_PERSISTED) {
      if (this.#persisted === MOST_PERSISTED + 1) {
        this.#story.fail('endless', 'each call of a listener of `failure` fires `failure`');
      }
      return;
    }
    caller.do('register', `p${this.#persisted}`);
  }

  #act(place: Dimension, chance: Chance, { caller, client, signals }: Hands): void {
    const { dimensions } = this.#plan;
    const mayRepeat = caller.making === undefined || dimensions.has('repeatsWithin');
    const what = chance.weighed({
      call: 6,
      abort: dimensions.has('aborts') ? 2 : 0,
      flush: 1,
      ready: 0.5,
      close: dimensions.has('closes') ? 0.12 : 0,
      bulk: dimensions.has('bulk') ? 0.5 : 0,
      repeat: dimensions.has('ownKeys') && mayRepeat ? 1 : 0,
      listen: dimensions.has('listeners') ? 1 : 0,
      stats: 1,
    });
    const name = `m${++this.#names}`;
    this.#story.tell(() => `user code in ${place}: ${what} ${name}`);
    if (what === 'call') caller.do(chance.pick(WHATS), name);
    else if (what === 'abort') signals.abortOne(chance);
    else if (what === 'stats') client.stats();
    else if (what === 'listen') this.listen(chance);
    else caller.do(what, name);
  }

  #chanceOf(place: Dimension): Chance {
    let chance = this.#chances.get(place);
    if (chance === undefined) {
      chance = new Chance(this.#plan.seed, `meddle ${place}`);
      this.#chances.set(place, chance);
    }
    return chance;
  }
}

/** Promises of any make. */
export function rejecting(chance: Chance): unknown {
  const error = new Error('user code rejects');
  return chance.pick([
    () => Promise.reject(error),
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: a promise of another make
      then: (_: unknown, reject?: (error: unknown) => void) => void reject?.(error),
    }),
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: as above
      then() {
        throw error;
      },
    }),
    () => ({
      // biome-ignore lint/suspicious/noThenProperty: as above
      get then() {
        throw error;
      },
    }),
  ])();
}
