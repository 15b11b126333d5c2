/**
 * The end of an item's life. Ends change queue, order and ledger in one step, together with all that cannot succeed
 * without the failed ones. All are taken out before any other item is freed, so that none of them becomes sendable.
 * Callers are told when the step is over: caller-notifier.ts.
 */
import type { Caller, Item, OtherCaller, ReasonToLeaveItem } from '../items/item.ts';
import type { Emitter } from '../ports/events.ts';
import type { DependencyCause, Reason } from '../ports/reason.ts';
import type { Name } from '../ports/submission.ts';
import type { OtherVerdicts } from '../ports/verdict.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { Bounds } from '../queue/queue-bounds.ts';
import type { Callers } from './callers.ts';
import type { PendingKeys } from './pending-keys.ts';
import type { ResourceHistory } from './resource-history.ts';

/** How an item ends. */
export type End<Failure> =
  | {
      readonly kind: 'succeeded';
      readonly item: Item;
      readonly reason?: undefined;
      readonly value: unknown;
      /** What the answer says to the item's other callers. */
      readonly others?: OtherVerdicts | undefined;
      /** The id of what the item made, as the answer has it. */
      readonly id: string | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly item: Item;
      readonly reason: Reason<Failure>;
      /** What it was to make is there already, so those that need it go on. */
      readonly exists?: boolean;
      /** The first sign that all calls will be refused alike. */
      readonly systemic?: boolean;
    };

export type Succeeded<Failure> = Extract<End<Failure>, { kind: 'succeeded' }>;
export type Failed<Failure> = Extract<End<Failure>, { kind: 'failed' }>;

/** How a call ends. */
export type CallEnd<Failure> =
  | { readonly kind: 'succeeded'; readonly value: unknown; readonly reason?: undefined }
  | { readonly kind: 'failed' | 'left'; readonly reason: Reason<Failure> };

/** A caller has left its item. */
export interface Departure<Failure> {
  readonly kind: 'left';
  /** No `failure` event. */
  readonly isQuiet: boolean;
  readonly item: Item;
  readonly caller: OtherCaller;
  readonly reason: Reason<Failure>;
}

export interface SettlementParts<Failure> {
  readonly backlog: Backlog;
  readonly bounds: Bounds;
  readonly callers: Callers;
  readonly history: ResourceHistory<Failure>;
  readonly events: Emitter;
  readonly keys: PendingKeys;
  /** See caller-notifier.ts. */
  readonly notifier: { idles: boolean; add(end: End<Failure> | Departure<Failure>): void };
}

export class Settlement<Failure> {
  readonly #parts: SettlementParts<Failure>;

  constructor(parts: SettlementParts<Failure>) {
    this.#parts = parts;
  }

  /** Ends items, and all that cannot succeed without those that failed. */
  settle(ends: End<Failure>[]): void {
    if (ends.length === 0) return;
    const { backlog, bounds, history, keys, notifier } = this.#parts;
    for (const { item } of ends) this.#retire(item);
    // The list grows meanwhile: no recursion, however long a chain is.
    for (const end of ends) {
      const { makes } = end.item;
      const isAsNamed = end.kind === 'succeeded' && (end.id === undefined || end.id === makes);
      // The usual case concerns no other item.
      if (isAsNamed && typeof makes === 'string') history.made(makes);
      else if (makes !== undefined) this.#follow(end, ends);
    }
    // Oldest last, since memory is bounded: a root must be remembered longer than its descendants.
    for (let at = ends.length - 1; at >= 0; at--) {
      const end = ends[at];
      if (end?.kind === 'failed') this.#remember(end);
    }
    for (const end of ends) {
      backlog.order.leave(end.item);
      this.#book(end);
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
    callers.book(item.weight, left.subscription, reason);
    notifier.add(departure);
  }

  /** Enters how an item ended for all its callers. */
  #book(end: End<Failure>): void {
    const { callers } = this.#parts;
    const { extras, promise, resolve, weight } = end.item;
    if (resolve !== undefined) {
      const isShared = end.kind === 'succeeded' && end.others !== undefined;
      const own: CallEnd<Failure> = isShared ? endFor(end, promise) : end;
      callers.book(weight, extras?.subscription, own.reason);
    }
    if (extras?.others === undefined) return;
    for (const other of extras.others) {
      callers.book(weight, other.subscription, endFor(end, other.promise).reason);
    }
  }

  /** Takes an item out of queue and keys. It stays in the order for now. */
  #retire(item: Item): void {
    const { backlog, keys } = this.#parts;
    backlog.retire(item);
    if (item.extras?.claim !== undefined || keys.isListed) keys.remove(item);
  }

  /** Adds to `ends` the items that end with this one. */
  #follow(end: End<Failure>, ends: End<Failure>[]): void {
    const { item } = end;
    const { madeName: name } = item;
    if (name === undefined) return;
    const { history } = this.#parts;
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
  #remember(end: Failed<Failure>): void {
    const { item, reason } = end;
    const { madeName: name } = item;
    if (name === undefined) return;
    const { backlog, history } = this.#parts;
    if (typeof name === 'string' && reason.maybeApplied) {
      history.mayBeThere(name);
    } else if (!this.#failsAlone(item, name) && !backlog.order.isMadeAgain(item)) {
      history.failed(name, causeOf(end));
    }
  }

  /** Fills in the id that the answer gives. */
  #learn({ item, id }: Succeeded<Failure>, number: number, ends: End<Failure>[]): void {
    const { backlog, history } = this.#parts;
    if (id === undefined) {
      history.failed(number, 'no id');
      this.#takeAlong(item, 'no id', ends);
      return;
    }
    history.madeAs(number, id);
    for (const { item: broken, error } of backlog.name(item, id)) {
      const { maybeApplied } = broken;
      this.#fail(broken, { kind: 'threw', error, maybeApplied }, ends);
    }
  }

  /** What it was to make is there, may be, or is made by an earlier pending item. */
  #failsAlone(item: Item, name: Name): boolean {
    return this.#parts.history.isThere(name) || this.#parts.backlog.order.isMadeEarlier(item);
  }

  #takeAlong(item: Item, because: DependencyCause<Failure>, ends: End<Failure>[]): void {
    const resourceId = typeof item.madeName === 'string' ? item.madeName : undefined;
    for (const dependent of this.#parts.backlog.order.dependents(item)) {
      const { maybeApplied } = dependent;
      this.#fail(dependent, { kind: 'dependency', resourceId, because, maybeApplied }, ends);
    }
  }

  /** Ends an item together with others. */
  #fail(item: Item, reason: Reason<Failure>, ends: End<Failure>[]): void {
    this.#retire(item);
    ends.push({ kind: 'failed', item, reason });
  }
}

/** Callers of one item are each answered by their own reader. */
export function endFor<Failure>(
  end: End<Failure> | Departure<Failure>,
  promise: Promise<unknown> | undefined,
): CallEnd<Failure> {
  if (end.kind !== 'succeeded' || end.others === undefined) return end;
  const verdict = promise && end.others.get(promise);
  if (verdict === undefined) return end;
  switch (verdict.kind) {
    case 'success':
      return { kind: 'succeeded', value: verdict.value };
    case 'error':
    case 'malformed': {
      // A success, which only this caller's reader cannot read.
      const problem = 'malformed output';
      return {
        kind: 'failed',
        reason: { kind: 'contract', problem, output: undefined, maybeApplied: true },
      };
    }
    default:
      return verdict satisfies never;
  }
}

/** The first failure, where one follows from another. */
function causeOf<Failure>({ item: { key }, reason }: Failed<Failure>): DependencyCause<Failure> {
  if (reason.kind !== 'dependency' || reason.because === 'other id') return { key, reason };
  return reason.because;
}

/** Why an unwanted item ends, for those that need what it was to make: its callers have left it. */
export function reasonToDrop<Failure>({ extras, maybeApplied }: Item): Reason<Failure> {
  const why = extras?.retryState?.left as ReasonToLeaveItem<Failure> | undefined;
  return { ...(why ?? { kind: 'aborted', reason: undefined }), maybeApplied };
}
