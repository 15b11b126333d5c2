/**
 * The end of an item's life. Ends change queue, order and ledger in one step, together with all that cannot succeed
 * without the failed ones. All are taken out before any other item is freed, so that none of them becomes sendable.
 * Callers are told when the step is over: caller-notifier.ts.
 */
import type { Caller, Item } from '../items/item.ts';
import { nameOf } from '../items/lock-queues.ts';
import type { Emitter } from '../ports/events.ts';
import type { DependencyCause, Reason } from '../ports/reason.ts';
import type { Name } from '../ports/submission.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { Bounds } from '../queue/queue-bounds.ts';
import type { CallerNotifier } from './caller-notifier.ts';
import type { Callers, End, Failed, Succeeded } from './callers.ts';
import { causeOf } from './callers.ts';
import type { PendingKeys } from './pending-keys.ts';
import type { ResourceHistory } from './resource-history.ts';

export interface SettlementParts<Failure> {
  readonly backlog: Backlog;
  readonly bounds: Bounds;
  readonly callers: Callers<Failure>;
  readonly history: ResourceHistory<Failure>;
  readonly events: Emitter;
  readonly keys: PendingKeys;
  readonly notifier: CallerNotifier<Failure>;
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
    const { backlog, bounds, callers, history, keys, notifier } = this.#parts;
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
      notifier.add(end);
    }
    if (bounds.waiters.length > 0) bounds.serve();
    if (!backlog.isEmpty) return;
    if (keys.isListed) keys.clear();
    notifier.idles = true;
  }

  /** Ends one call; its item may live on. `isNew`: the call is only just made. */
  leave(item: Item, caller: Caller, reason: Reason<Failure>, isNew = false): void {
    const { callers, events, notifier } = this.#parts;
    const isQuiet = isNew && events.isDelivering?.('failure') === true;
    const left = callers.leave(item, caller);
    const departure = { kind: 'left', item, caller: left, reason, isQuiet } as const;
    callers.book(item.weight, left.subscription, departure);
    notifier.add(departure);
  }

  /** Takes an item out of queue and keys. It stays in the order for now. */
  #retire(item: Item): void {
    const { backlog, keys } = this.#parts;
    backlog.retire(item);
    if (item.extras?.claim !== undefined || keys.isListed) keys.remove(item);
  }
}

/**
 * What the end of an item means for others. An item that fails to make a resource ends all that need it, now and
 * later; one that succeeds gives its id to those that wait for it.
 */

export interface CascadeParts<Failure> {
  readonly backlog: Backlog;
  readonly history: ResourceHistory<Failure>;
  /** Takes an item out of the queue, since it ends with another one. */
  readonly retire: (item: Item) => void;
}

export class Cascade<Failure> {
  readonly #parts: CascadeParts<Failure>;

  constructor(parts: CascadeParts<Failure>) {
    this.#parts = parts;
  }

  /** Adds to `ends` the items that end with this one. */
  follow(end: End<Failure>, ends: End<Failure>[]): void {
    const { item } = end;
    const { makes } = item;
    if (makes === undefined) return;
    const { history } = this.#parts;
    const name = typeof makes === 'object' ? makes.name : makes;
    if (end.kind === 'failed') {
      if (end.exists === true && typeof name === 'string') history.mayBeThere(name);
      if (!this.#failsAlone(item, name)) this.#takeAlong(item, causeOf(end), ends);
    } else if (typeof name === 'number') {
      this.#learn(end, name, ends);
    } else if (end.id !== undefined && end.id !== name) {
      // They name an id that the server did not take.
      history.madeAs(name, end.id);
      this.#takeAlong(item, 'other id', ends);
    } else {
      history.made(name);
    }
  }

  /** Remembers what an item has failed to make; not where it is in doubt, nor where another pending item makes it. */
  remember(end: Failed<Failure>): void {
    const { item, reason } = end;
    const { makes } = item;
    if (makes === undefined) return;
    const { backlog, history } = this.#parts;
    const name = nameOf(makes);
    if (typeof name === 'string' && reason.maybeApplied) {
      history.mayBeThere(name);
    } else if (!this.#failsAlone(item, name) && !backlog.order.isMadeAgain(item)) {
      history.failed(name, causeOf(end));
    }
  }

  /** Fills in the id that the answer gives. */
  #learn({ item, id }: Succeeded<Failure>, number: number, ends: End<Failure>[]): void {
    const { backlog, history, retire } = this.#parts;
    if (id === undefined) {
      history.failed(number, 'no id');
      this.#takeAlong(item, 'no id', ends);
      return;
    }
    history.madeAs(number, id);
    for (const { item: broken, error } of backlog.name(item, id)) {
      const { maybeApplied } = broken;
      retire(broken);
      ends.push({ kind: 'failed', item: broken, reason: { kind: 'fault', error, maybeApplied } });
    }
  }

  /** What it was to make is there, may be, or is made by an earlier pending item. */
  #failsAlone(item: Item, name: Name): boolean {
    return this.#parts.history.isThere(name) || this.#parts.backlog.order.isMadeEarlier(item);
  }

  #takeAlong(item: Item, because: DependencyCause<Failure>, ends: End<Failure>[]): void {
    const { backlog, retire } = this.#parts;
    const name = item.makes && nameOf(item.makes);
    const resourceId = typeof name === 'string' ? name : undefined;
    for (const dependent of backlog.order.dependents(item)) {
      const { maybeApplied } = dependent;
      retire(dependent);
      ends.push({
        kind: 'failed',
        item: dependent,
        reason: { kind: 'dependency', resourceId, because, maybeApplied },
      });
    }
  }
}
