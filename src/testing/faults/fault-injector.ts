// Which fault fires when: those put in by hand, in their order, then those of the seeded plan.

import { hash, Random } from '../lib/random.ts';
import { checkNext, checkPoison, checkRefusal } from '../options/check-arguments.ts';
import type { Recorder, Trace } from '../report/recorder.ts';
import { errorLike, errorOutput } from '../wire/error-output.ts';
import type { EmulatedItem, ErrorOutput } from '../wire/items.ts';
import type { Route } from '../wire/routes.ts';
import type {
  Fault,
  FaultKind,
  FaultPlan,
  Faults,
  FaultTarget,
  ItemMatch,
  ItemRefusal,
} from './fault-types.ts';

interface Queued {
  readonly fault: Fault;
  readonly on: FaultTarget;
  left: number;
}

interface Refusal {
  readonly match: ItemMatch;
  readonly error: ErrorOutput;
  readonly times: number;
  readonly used: Map<string | null, number>;
}

interface Poison {
  readonly match: ItemMatch;
  readonly fault: Fault;
  left: number;
}

const RANDOM_KINDS: readonly FaultKind[] = [
  'delay',
  'dropBefore',
  'dropAfter',
  'dropMiddle',
  'truncate',
  'html',
  'endless',
  'status',
  'omit',
  'extra',
  'wrongId',
];

const REFUSED = errorOutput('validation_errors', 'Refused by the emulator');
const NOT_NOW = errorOutput('temporarily_unavailable', 'Try again');

export interface FaultSourceOptions {
  readonly plan: FaultPlan | undefined;
  /** For a plan without one. */
  readonly seed: number;
  /** Hears the kind of each fault that fires, and of which request. */
  readonly recorder: Recorder;
}

/** Keeps what `Faults` was told, and says which fault a request or an item has. */
export class FaultSource implements Faults {
  readonly #seed: number;
  readonly #random: Random;
  readonly #recorder: Recorder;
  #plan: FaultPlan | undefined;
  #queued: Queued[] = [];
  #refusals: Refusal[] = [];
  #poisons: Poison[] = [];

  constructor({ plan, seed, recorder }: FaultSourceOptions) {
    this.#plan = plan;
    this.#seed = plan?.seed ?? seed;
    this.#random = new Random(this.#seed);
    this.#recorder = recorder;
  }

  next(fault: Fault, options: { readonly times?: number; readonly on?: FaultTarget } = {}): void {
    checkNext(fault, options);
    this.#queued.push({ fault, on: options.on ?? 'bulk', left: options.times ?? 1 });
  }

  refuse(item: ItemMatch, refusal: ItemRefusal = {}): void {
    checkRefusal(item, refusal);
    this.#refusals.push({
      match: item,
      error: errorLike(refusal, REFUSED),
      times: refusal.times ?? Number.POSITIVE_INFINITY,
      used: new Map(),
    });
  }

  poison(
    item: ItemMatch,
    fault: Fault = { kind: 'status', status: 500 },
    options: { readonly times?: number } = {},
  ): void {
    checkPoison(item, fault, options);
    this.#poisons.push({
      match: item,
      fault,
      left: options.times ?? Number.POSITIVE_INFINITY,
    });
  }

  clear(): void {
    this.#plan = undefined;
    this.#queued = [];
    this.#refusals = [];
    this.#poisons = [];
  }

  /** Which fault a request that has just arrived has. */
  ofRequest(route: Route, trace: Trace): Fault | undefined {
    const queued = this.#queued.find((one) => isOn(one.on, route));
    if (queued !== undefined) {
      queued.left -= 1;
      if (queued.left <= 0) this.#queued = this.#queued.filter((one) => one !== queued);
      this.#recorder.fault(queued.fault.kind, trace);
      return queued.fault;
    }
    const plan = this.#plan;
    if (plan === undefined || !isOn(plan.on ?? 'bulk', route)) return undefined;
    return this.#draw(plan, route, trace);
  }

  /** Which fault the items of a request bring about by being in it. */
  ofItems(items: readonly EmulatedItem[], trace: Trace): Fault | undefined {
    const poison = this.#poisons.find((one) => items.some((item) => matches(one.match, item)));
    if (poison === undefined) return undefined;
    poison.left -= 1;
    if (poison.left <= 0) this.#poisons = this.#poisons.filter((one) => one !== poison);
    this.#recorder.fault('poison', trace);
    return poison.fault;
  }

  /** Which error an item gets instead of running. */
  ofItem(item: EmulatedItem, trace: Trace): ErrorOutput | undefined {
    for (const refusal of this.#refusals) {
      if (!matches(refusal.match, item)) continue;
      const used = refusal.used.get(item.key) ?? 0;
      if (used >= refusal.times) continue;
      refusal.used.set(item.key, used + 1);
      this.#recorder.fault('refuse', trace);
      return refusal.error;
    }
    return this.#plan === undefined ? undefined : this.#drawItem(this.#plan, item, trace);
  }

  #draw(plan: FaultPlan, route: Route, trace: Trace): Fault | undefined {
    let rest = this.#random.next();
    const kind = RANDOM_KINDS.find((one) => {
      rest -= plan.rates[one] ?? 0;
      return rest < 0;
    });
    if (kind === undefined || (isOfBulk(kind) && route.kind !== 'bulk')) return undefined;
    this.#recorder.fault(kind, trace);
    switch (kind) {
      case 'delay':
        return { kind, delayMs: this.#random.next() * (plan.maxDelayMs ?? 1_000) };
      case 'status':
        return this.#drawStatus(plan);
      default:
        return { kind };
    }
  }

  #drawStatus(plan: FaultPlan): Fault {
    const statuses = plan.statuses ?? [429, 500, 502, 503];
    const status = statuses[this.#random.below(statuses.length)] ?? 500;
    const mayWait = plan.retryAfter !== undefined && (status === 429 || status === 503);
    return mayWait
      ? { kind: 'status', status, retryAfter: plan.retryAfter }
      : { kind: 'status', status };
  }

  #drawItem(plan: FaultPlan, item: EmulatedItem, trace: Trace): ErrorOutput | undefined {
    const { itemPermanent = 0, itemTransient = 0 } = plan.rates;
    if (item.key !== null && hash(item.key, this.#seed) / 2 ** 32 < itemPermanent) {
      this.#recorder.fault('itemPermanent', trace);
      return errorLike(plan.permanent ?? {}, REFUSED);
    }
    if (itemTransient > 0 && this.#random.next() < itemTransient) {
      this.#recorder.fault('itemTransient', trace);
      return errorLike(plan.transient ?? {}, NOT_NOW);
    }
    return undefined;
  }
}

function isOn(target: FaultTarget, { kind, type }: Route): boolean {
  return target === 'any' || target === kind || (target === type && kind === 'single');
}

/** Whether there is nothing else that the fault could befall. */
function isOfBulk(kind: FaultKind): boolean {
  return kind === 'omit' || kind === 'extra';
}

export function matches(match: ItemMatch, item: EmulatedItem): boolean {
  return typeof match === 'string' ? match === item.key : match(item);
}
