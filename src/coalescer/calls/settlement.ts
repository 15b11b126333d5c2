/**
 * The end of an item's life. Ends change queue, order and ledger in one step, together with all that cannot succeed
 * without the failed ones. All are taken out before any other item is freed, so that none of them becomes sendable.
 * Callers are told when the step is over: result-delivery.ts.
 */
import type { Caller, Item } from '../items/item.ts';
import type { Emitter } from '../ports/events.ts';
import type { Reason } from '../ports/reason.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { Bounds } from '../queue/bounds.ts';
import type { Callers } from './callers.ts';
import { Cascade } from './cascade.ts';
import type { End } from './ends.ts';
import type { PendingKeys } from './pending-keys.ts';
import type { ResourceHistory } from './resource-history.ts';
import type { ResultDelivery } from './result-delivery.ts';

export interface SettlementParts<Failure> {
  readonly backlog: Backlog;
  readonly bounds: Bounds;
  readonly callers: Callers<Failure>;
  readonly history: ResourceHistory<Failure>;
  readonly events: Emitter;
  readonly keys: PendingKeys;
  readonly delivery: ResultDelivery<Failure>;
}

export class Settlement<Failure> {
  readonly #parts: SettlementParts<Failure>;
  readonly #cascade: Cascade<Failure>;

  constructor(parts: SettlementParts<Failure>) {
    this.#parts = parts;
    this.#cascade = new Cascade({ ...parts, retire: (item) => this.#retire(item) });
  }

  /** Ends items, and all that cannot succeed without those that failed. */
  settle(ends: End<Failure>[]): void {
    if (ends.length === 0) return;
    const { backlog, bounds, callers, history, keys, delivery } = this.#parts;
    for (const { item } of ends) this.#retire(item);
    // The list grows meanwhile: no recursion, however long a chain is.
    for (const end of ends) {
      const { makes } = end.item;
      const isAsNamed = end.kind === 'succeeded' && (end.id === undefined || end.id === makes);
      // The usual case concerns no other item.
      if (isAsNamed && typeof makes === 'string') history.made(makes);
      else if (makes !== undefined) this.#cascade.follow(end, ends);
    }
    // Oldest last, since memory is bounded: a root must be remembered longer than its descendants.
    for (let at = ends.length - 1; at >= 0; at--) {
      const end = ends[at];
      if (end?.kind === 'failed') this.#cascade.remember(end);
    }
    for (const end of ends) {
      backlog.order.leave(end.item);
      callers.settle(end);
      delivery.add(end);
    }
    if (bounds.waiters.length > 0) bounds.serve();
    if (!backlog.isEmpty) return;
    if (keys.isListed) keys.clear();
    delivery.idles = true;
  }

  /** Ends one call; its item may live on. `isNew`: the call is only just made. */
  leave(item: Item, caller: Caller, reason: Reason<Failure>, isNew = false): void {
    const { callers, events, delivery } = this.#parts;
    const isQuiet = isNew && events.isDelivering?.('failure') === true;
    const left = callers.leave(item, caller);
    const departure = { kind: 'left', item, caller: left, reason, isQuiet } as const;
    callers.book(item.weight, left.subscription, departure);
    delivery.add(departure);
  }

  /** Takes an item out of queue and keys. It stays in the order for now. */
  #retire(item: Item): void {
    const { backlog, keys } = this.#parts;
    backlog.retire(item);
    if (item.extras?.claim !== undefined || keys.isListed) keys.remove(item);
  }
}
