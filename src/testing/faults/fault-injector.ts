// Decides which fault fires when: first those that a test asked for, in order, then those of the seeded plan.

import { Random, seededHash } from '../lib/random.ts';
import type { RequestNotes } from '../report/report.ts';
import type { ErrorOutput } from '../wire/errors.ts';
import { errorLike, errorOutput } from '../wire/errors.ts';
import type { EmulatedItem } from '../wire/items.ts';
import type { Route } from '../wire/routes.ts';
import { checkNext, checkPoison, checkRefusal, FAULT_KINDS } from './check-faults.ts';
import type {
  Fault,
  FaultPlan,
  Faults,
  FaultTarget,
  ItemMatch,
  ItemRefusal,
} from './fault-types.ts';
import { needsBulk } from './fault-types.ts';

/** A fault that will fire `left` times more. */
interface ArmedFault<Target> {
  readonly target: Target;
  readonly fault: Fault;
  left: number;
}

interface ArmedRefusal {
  readonly match: ItemMatch;
  readonly error: ErrorOutput;
  readonly times: number;
  readonly used: Map<string | null, number>;
}

const INJECTED_REFUSAL = errorOutput('validation_errors', 'Refused by the emulator');

export class FaultInjector implements Faults {
  readonly #seed: number;
  readonly #random: Random;
  #plan: FaultPlan | undefined;
  #queued: ArmedFault<FaultTarget>[] = [];
  #refusals: ArmedRefusal[] = [];
  #poisons: ArmedFault<ItemMatch>[] = [];

  /** @param seed For a plan without one. */
  constructor(plan: FaultPlan | undefined, seed: number) {
    this.#plan = plan;
    this.#seed = plan?.seed ?? seed;
    this.#random = new Random(this.#seed);
  }

  next(fault: Fault, options: { readonly times?: number; readonly on?: FaultTarget } = {}): void {
    checkNext(fault, options);
    this.#queued.push({ target: options.on ?? 'bulk', fault, left: options.times ?? 1 });
  }

  refuse(item: ItemMatch, refusal: ItemRefusal = {}): void {
    checkRefusal(item, refusal);
    this.#refusals.push({
      match: item,
      error: errorLike(refusal, INJECTED_REFUSAL),
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
    const left = options.times ?? Number.POSITIVE_INFINITY;
    this.#poisons.push({ target: item, fault, left });
  }

  clear(): void {
    this.#plan = undefined;
    this.#queued = [];
    this.#refusals = [];
    this.#poisons = [];
  }

  forRequest(route: Route, request: RequestNotes): Fault | undefined {
    const fault = fire(this.#queued, (target) => isOn(target, route)) ?? this.#draw(route);
    if (fault !== undefined) request.fault(fault.kind);
    return fault;
  }

  /** The fault of a poisoned item, which strikes its whole request. */
  poisonAmong(items: readonly EmulatedItem[], request: RequestNotes): Fault | undefined {
    const fault = fire(this.#poisons, (match) => items.some((item) => matches(match, item)));
    if (fault !== undefined) request.fault('poison');
    return fault;
  }

  /** The error that an item gets instead of running. */
  refusalOf(item: EmulatedItem, request: RequestNotes): ErrorOutput | undefined {
    for (const refusal of this.#refusals) {
      if (!matches(refusal.match, item)) continue;
      const used = refusal.used.get(item.key) ?? 0;
      if (used >= refusal.times) continue;
      refusal.used.set(item.key, used + 1);
      request.fault('refuse');
      return refusal.error;
    }
    const { rates, permanent = {}, transient = {} } = this.#plan ?? { rates: {} };
    const { itemPermanent = 0, itemTransient = 0 } = rates;
    // Always the same for a key and a seed.
    const draw = item.key === null ? 1 : seededHash(item.key, this.#seed) / 2 ** 32;
    if (draw < itemPermanent) {
      request.fault('itemPermanent');
      return errorLike(permanent, INJECTED_REFUSAL);
    }
    if (itemTransient > 0 && this.#random.next() < itemTransient) {
      request.fault('itemTransient');
      return errorLike(transient, errorOutput('temporarily_unavailable', 'Try again'));
    }
    return undefined;
  }

  #draw(route: Route): Fault | undefined {
    const plan = this.#plan;
    if (plan === undefined || !isOn(plan.on ?? 'bulk', route)) return undefined;
    let rest = this.#random.next();
    const kind = FAULT_KINDS.find((one) => {
      rest -= plan.rates[one] ?? 0;
      return rest < 0;
    });
    if (kind === undefined || (needsBulk(kind) && route.kind !== 'bulk')) return undefined;
    switch (kind) {
      case 'delay':
        return { kind, delayMs: this.#random.next() * (plan.maxDelayMs ?? 1_000) };
      case 'status': {
        const { statuses = [429, 500, 502, 503], retryAfter } = plan;
        const status = statuses[this.#random.below(statuses.length)] ?? 500;
        const mayWait = retryAfter !== undefined && (status === 429 || status === 503);
        return { kind, status, ...(mayWait && { retryAfter }) };
      }
      default:
        return { kind };
    }
  }
}

/** Takes the first fault that fits, and removes it after its last time. */
function fire<Target>(
  faults: ArmedFault<Target>[],
  fits: (target: Target) => boolean,
): Fault | undefined {
  const index = faults.findIndex(({ target }) => fits(target));
  const armed = faults[index];
  if (armed === undefined) return undefined;
  armed.left -= 1;
  if (armed.left <= 0) faults.splice(index, 1);
  return armed.fault;
}

export function matches(match: ItemMatch | undefined, item: EmulatedItem): boolean {
  if (match === undefined) return true;
  return typeof match === 'string' ? match === item.key : match(item);
}

function isOn(target: FaultTarget, { kind, type }: Route): boolean {
  return target === 'any' || target === kind || (target === type && kind === 'single');
}
