/**
 * The callers of items, and the ledger of how their calls ended. Promises are made here, and settled in
 * caller-notifier.ts.
 */
import type { AbortSignals, AbortSubscription } from '../../lib/abort-signals.ts';
import type { Epoch } from '../items/epochs.ts';
import { Epochs } from '../items/epochs.ts';
import type { Caller, LeftBy, OtherCaller, PendingCall } from '../items/item.ts';
import { Item } from '../items/item.ts';
import type { DependencyCause, Reason } from '../ports/reason.ts';
import type { Verdict } from '../ports/verdict.ts';
import type { Ledger, MutableLedger } from './ledger.ts';
import { columnOf, emptyLedger } from './ledger.ts';

export class Callers<Failure> {
  readonly ledger: Ledger;
  readonly #ledger: MutableLedger = emptyLedger();
  /** Calls that have not been told how they ended: a flush waits for the earlier ones. */
  readonly #epochs = new Epochs();
  readonly #signals: AbortSignals<PendingCall>;

  constructor(signals: AbortSignals<PendingCall>) {
    this.ledger = this.#ledger;
    this.#signals = signals;
  }

  decline(): void {
    this.#ledger.declined++;
  }

  join(
    item: Item,
    readAs: unknown,
    subscription: AbortSubscription<PendingCall> | undefined,
  ): Caller {
    let resolve!: Caller['resolve'];
    const promise = new Promise<unknown>((onResolve) => {
      resolve = onResolve;
    });
    this.#ledger.accepted += item.weight;
    this.#ledger.pending += item.weight;
    const epoch = this.#epochs.last;
    epoch.open++;
    if (item.resolve !== undefined) {
      const caller = { promise, resolve, epoch, readAs, subscription };
      const extras = item.keepExtras();
      extras.others ??= new Set();
      extras.others.add(caller);
      if (subscription !== undefined) subscription.subscriber = { item, caller };
      return caller;
    }
    item.promise = promise;
    item.resolve = resolve;
    item.epoch = epoch;
    item.readAs = readAs;
    if (subscription !== undefined) {
      item.keepExtras().subscription = subscription;
      subscription.subscriber = { item, caller: item as Caller };
    }
    return item as Caller;
  }

  /**
   * Takes a caller off an item; if it was the first, the next one takes its place. Returns it as one that stands
   * alone.
   */
  leave(item: Item, caller: Caller): OtherCaller {
    const { extras } = item;
    if (isOther(caller)) {
      extras?.others?.delete(caller);
      return caller;
    }
    const { promise, resolve, epoch, readAs } = caller;
    const left = { promise, resolve, epoch, readAs, subscription: extras?.subscription };
    const [next] = extras?.others ?? [];
    item.promise = next?.promise;
    item.resolve = next?.resolve;
    item.epoch = next?.epoch;
    if (extras === undefined) return left;
    extras.subscription = next?.subscription;
    if (next === undefined) return left;
    item.readAs = next.readAs;
    extras.others?.delete(next);
    if (next.subscription?.subscriber !== undefined)
      next.subscription.subscriber.caller = item as Caller;
    return left;
  }

  /** Enters how an item ended for all its callers. They can no longer abort. */
  settle(end: End<Failure>): void {
    const { item } = end;
    const { extras } = item;
    // The usual case: one caller without a signal, and success.
    if (extras === undefined && end.kind === 'succeeded' && item.resolve !== undefined) {
      this.#ledger.pending -= item.weight;
      this.#ledger.succeeded += item.weight;
      return;
    }
    if (item.resolve !== undefined) {
      this.book(item.weight, extras?.subscription, endFor(end, item.promise));
    }
    if (extras?.others === undefined) return;
    for (const { subscription, promise } of extras.others) {
      this.book(item.weight, subscription, endFor(end, promise));
    }
  }

  book(
    weight: 0 | 1,
    subscription: AbortSubscription<PendingCall> | undefined,
    end: CallEnd<Failure>,
  ): void {
    this.#ledger.pending -= weight;
    this.#ledger[end.kind === 'succeeded' ? 'succeeded' : columnOf(end.reason)] += weight;
    if (subscription !== undefined) this.#signals.unsubscribe(subscription);
  }

  told(epoch: Epoch): void {
    epoch.open--;
    if (epoch !== this.#epochs.last) this.#epochs.advance();
  }

  /** Calls back once all earlier calls have been told how they ended. */
  whenTold(callback: () => void): void {
    this.#epochs.whenOver(callback);
  }
}

function isOther(caller: Caller): caller is OtherCaller {
  return !(caller instanceof Item);
}

/** How an item ends, and what that means for each of its callers. */

/** What an output says to the other callers of its item, by their promises. */
export type OtherVerdicts = ReadonlyMap<Promise<unknown>, Verdict<unknown>>;

export type End<Failure> =
  | {
      readonly kind: 'succeeded';
      readonly item: Item;
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

export type CallEnd<Failure> =
  | { readonly kind: 'succeeded'; readonly value: unknown }
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
export function causeOf<Failure>({
  item: { key },
  reason,
}: Failed<Failure>): DependencyCause<Failure> {
  if (reason.kind !== 'dependency' || reason.because === 'other id') return { key, reason };
  return reason.because;
}

/** Why an unwanted item ends, for those that need what it was to make: its callers have left it. */
export function reasonToDrop<Failure>({ extras, maybeApplied }: Item): Reason<Failure> {
  const why = extras?.retryState?.left as LeftBy<Failure> | undefined;
  return { ...(why ?? { kind: 'aborted', reason: undefined }), maybeApplied };
}
