/**
 * The callers of items, and the ledger of how their calls ended. Promises are made here, and settled in
 * caller-notifier.ts.
 */
import type { AbortSignals } from '../../lib/abort-signals.ts';
import type { Epoch } from '../items/epochs.ts';
import { Epochs } from '../items/epochs.ts';
import type { Caller, ItemAndCaller, ItemSubscription, OtherCaller } from '../items/item.ts';
import { Item } from '../items/item.ts';
import type { Reason } from '../ports/reason.ts';
import type { Ledger, MutableLedger } from './ledger.ts';
import { columnOf, emptyLedger } from './ledger.ts';

export class Callers {
  readonly ledger: Ledger;
  readonly #ledger: MutableLedger = emptyLedger();
  /** Calls that have not been told how they ended: a flush waits for the earlier ones. */
  readonly #epochs = new Epochs();
  readonly #signals: AbortSignals<ItemAndCaller>;

  constructor(signals: AbortSignals<ItemAndCaller>) {
    this.ledger = this.#ledger;
    this.#signals = signals;
  }

  decline(): void {
    this.#ledger.declined++;
  }

  join(item: Item, readAs: unknown, subscription: ItemSubscription): Caller {
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

  /** Enters how a call ended: with success where there is no reason. It can no longer abort. */
  book(weight: 0 | 1, subscription: ItemSubscription, reason?: Reason<unknown>): void {
    this.#ledger.pending -= weight;
    if (reason === undefined) this.#ledger.succeeded += weight;
    else this.#ledger[columnOf(reason)] += weight;
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

export function isOnlyCaller(caller: Caller, item: Item): boolean {
  return caller === item && !item.extras?.others?.size;
}
