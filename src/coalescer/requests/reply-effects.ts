import type { End } from '../calls/settlement.ts';
import { reasonToDrop } from '../calls/settlement.ts';
import type { Item } from '../items/item.ts';
import type { LastAttempt, Reason } from '../ports/reason.ts';
import type { RequestInFlight } from './in-flight.ts';

/** What a reply does to the items of its request, collected while it is applied. */
export class ReplyEffects<Failure> {
  readonly request: RequestInFlight;
  readonly now: number;
  readonly ends: End<Failure>[] = [];
  readonly #random: () => number;
  #chance: number | undefined;

  constructor(request: RequestInFlight, now: number, random: () => number) {
    this.request = request;
    this.now = now;
    this.#random = random;
  }

  /** From 0 up to 1, drawn when needed. All items of the batch share it, so that they come back together. */
  get chance(): number {
    this.#chance ??= this.#random();
    return this.#chance;
  }

  fail(item: Item, reason: Reason<Failure>, exists = false): void {
    this.ends.push({ kind: 'failed', item, reason, exists });
  }

  /** Ends an item that is not wanted; for items that need what it makes, it has failed. */
  drop(item: Item): void {
    this.fail(item, reasonToDrop(item));
  }

  /** Ends an item whose attempts or whose time are used up. */
  exhaust(item: Item, limit: 'attempts' | 'deliveryTimeoutMs' = 'attempts'): void {
    const { attempts, maybeApplied, retryState } = item;
    const last = retryState?.last as LastAttempt<Failure> | undefined;
    this.fail(item, { kind: 'exhausted', limit, attempts, last, maybeApplied });
  }
}
