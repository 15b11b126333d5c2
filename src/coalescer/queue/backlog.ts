/**
 * The pending items, from call to settlement, and the state of each.
 *
 *     gathering ─→ blocked ─→ delayed ─→ ready ─→ in flight ─→ settled
 *                     ↑          ↑         ↑        │   ↑
 *                     └──────────┴─────────┴────────┤   │    back to the old place
 *                                                   └→ held  in a half of a divided batch
 */
import { NEVER } from '../../lib/clock.ts';
import { Heap } from '../../lib/heap.ts';
import { TextArena } from '../../lib/text-arena.ts';
import type { BrokenItem, ItemDependencies } from '../items/dependency-order.ts';
import { Order } from '../items/dependency-order.ts';
import type { Item, ItemState } from '../items/item.ts';
import type { PackedBatch } from '../items/packed-batch.ts';
import type { Envelope } from '../ports/options.ts';
import type { Name } from '../ports/submission.ts';
import type { BatchContents, BatchLimits } from './packer.ts';
import { Packer } from './packer.ts';
import { ReadySet } from './ready-set.ts';

/** A delayed item, and until when: a settled item keeps nothing itself. */
interface BacklogDelay {
  readonly item: Item;
  readonly until: number;
}

export interface BacklogPorts {
  readonly envelope: Envelope;
  readonly now: () => number;
  /** The id of what goes by that name, if it has one by now. */
  readonly idOf: (name: Name) => Name;
}

/** So few settled items are not worth a clean-up. */
const FEW_SETTLED_IN_BACKLOG = 64;

/** Pending items linked to their neighbours, by how long a caller has waited for them. */
interface BacklogChain {
  oldest: Item | undefined;
  youngest: Item | undefined;
}

function append(chain: BacklogChain, item: Item): void {
  const older = chain.youngest;
  item.older = older;
  if (older === undefined) chain.oldest = item;
  else older.younger = item;
  chain.youngest = item;
}

export class Backlog {
  /** Pending items, those in flight included, packed batches not. */
  size = 0;
  bytes = 0;
  /** Nothing is pending, not even a packed batch. */
  isEmpty = true;
  /** The item whose caller has waited longest. */
  oldest: Item | undefined;
  /** When the last call was made that the alarm was not set for yet. */
  lastCalledAt: number = NEVER;
  nextDue: number = NEVER;
  readonly ready: ReadySet = new ReadySet();
  /** The texts of the items. */
  readonly texts: TextArena = new TextArena();
  /** How many items are in each state. */
  readonly #counts: Record<ItemState, number> = {
    gathering: 0,
    blocked: 0,
    delayed: 0,
    ready: 0,
    held: 0,
    'in flight': 0,
    settled: 0,
  };
  readonly order: Order;
  readonly #packer: Packer;
  /** By time; some may be settled by now. */
  readonly #delayed = new Heap<BacklogDelay>((a, b) => a.until < b.until);
  /** Items with callers, in the order of the calls. */
  readonly #called: BacklogChain = { oldest: undefined, youngest: undefined };
  /** Items with a last chance, whose `calledAt` is no longer the time of the call. */
  readonly #spared: BacklogChain = { oldest: undefined, youngest: undefined };
  /** Items without callers, which have no deadline. */
  readonly #unawaited: BacklogChain = { oldest: undefined, youngest: undefined };

  readonly #now: () => number;

  constructor({ envelope, now, idOf }: BacklogPorts) {
    this.#packer = new Packer(envelope);
    this.#now = now;
    this.order = new Order({
      onFree: (item) => {
        if (item.state === 'blocked') this.#place(item);
      },
      youngest: () => this.#called.youngest,
      idOf,
    });
  }

  count(state: ItemState): number {
    return this.#counts[state];
  }

  /** Delayed items, and settled ones that are not cleaned up yet. */
  get delayed(): number {
    return this.#delayed.size;
  }

  all(): Item[] {
    const items = this.calledBy(Number.POSITIVE_INFINITY);
    for (let item = this.#unawaited.oldest; item !== undefined; item = item.younger) {
      items.push(item);
    }
    return items.sort((a, b) => a.seq - b.seq);
  }

  /** Items whose callers have waited since that time or longer, in the order of the calls. */
  calledBy(time: number): Item[] {
    const items: Item[] = [];
    for (const chain of [this.#called, this.#spared]) {
      for (let item = chain.oldest; item && item.calledAt <= time; item = item.younger) {
        items.push(item);
      }
    }
    return items.sort((a, b) => a.seq - b.seq);
  }

  /** Adds a new item. It is not sent before `admit`. */
  append(item: Item, dependencies: ItemDependencies): void {
    this.size++;
    this.bytes += item.bytes;
    this.isEmpty = false;
    this.lastCalledAt = item.calledAt;
    this.#counts.gathering++;
    // Before it is linked, or the search for what was made would find it before it stands in a queue.
    this.order.join(item, dependencies);
    if (item.resolve === undefined) {
      append(this.#unawaited, item);
    } else {
      append(this.#called, item);
      // An item with a last chance may have longer to wait.
      if (this.oldest === undefined || this.oldest.calledAt > item.calledAt) this.oldest = item;
    }
  }

  /** Adds a packed batch, which the order knows nothing of. */
  appendPacked(batch: PackedBatch): void {
    batch.state = 'held';
    this.isEmpty = false;
    append(this.#called, batch);
    this.#findOldest();
  }

  /** The last caller is about to leave the item, which stays. */
  desert(item: Item): void {
    this.#leaveChain(item);
    append(this.#unawaited, item);
    this.#findOldest();
  }

  /** An item without callers gets one. */
  renew(item: Item, now: number): void {
    this.#leaveChain(item);
    item.calledAt = now;
    this.lastCalledAt = now;
    if (item.retryState !== undefined) {
      item.retryState.isLastChance = false;
      item.retryState.left = undefined;
    }
    append(this.#called, item);
    this.#findOldest();
  }

  /** Gives items a last chance: they wait as if called at that time. */
  spare(items: readonly Item[], calledAt: number): void {
    for (const item of items) {
      this.#leaveChain(item);
      item.calledAt = calledAt;
      item.keepRetryState().isLastChance = true;
      append(this.#spared, item);
    }
    this.#findOldest();
  }

  /** Their window has ended. */
  admit(items: readonly Item[], now: number): void {
    for (const item of items) if (item.state === 'gathering') this.#place(item, now);
  }

  /**
   * Takes the next batch out of the ready items; it is in flight from now on. It may be empty where `room` is given:
   * bytes that not even a single item may exceed.
   */
  pack(limits: BatchLimits, now: number, room?: number): BatchContents {
    const packed = this.#packer.pack(this.ready, limits, now, room);
    for (const item of packed.items) this.#enter(item, 'in flight');
    return packed;
  }

  /** Puts an item in flight back at its old place, not to be sent before that time. */
  putBack(item: Item, notBefore: number): void {
    if (notBefore > 0 || item.retryState !== undefined) item.keepRetryState().notBefore = notBefore;
    this.#place(item);
  }

  /** An item that was in flight waits in its fixed batch. */
  hold(item: Item): void {
    this.#enter(item, 'held');
  }

  /** Sends the items of a fixed batch. Those that wait for items outside of it go back to their places. */
  takeFixed(fixed: readonly Item[]): BatchContents {
    const packed = this.#packer.repack(fixed);
    for (const item of packed.items) this.#enter(item, 'in flight');
    for (const item of fixed) if (item.state === 'held') this.#place(item);
    return packed;
  }

  /** Moves on the delayed items whose time has come. */
  wake(now: number): void {
    while (this.nextDue <= now) {
      const item = this.#delayed.pop()?.item;
      if (item === undefined) return;
      this.#findNextDue();
      item.keepRetryState().notBefore = 0;
      this.#place(item);
    }
  }

  /** Makes known the id of what this item made. Returns the items whose texts cannot be made with it. */
  name(item: Item, id: string): readonly BrokenItem[] {
    const { gained, broken } = this.order.name(item, id, this.texts);
    this.bytes += gained;
    return broken;
  }

  /** Takes an item out for good; it keeps its place in the order until `order.leave`. */
  retire(item: Item): void {
    const { state } = item;
    this.#enter(item, 'settled');
    if (state === 'ready') this.ready.remove(item);
    else if (state === 'delayed') this.#forgetDelayed();
    this.size -= item.weight;
    this.bytes -= item.bytes * item.weight;
    this.texts.release(item);
    this.#unlink(item);
  }

  /** Puts an item where it belongs that is neither gathering nor in flight. */
  #place(item: Item, now: number = this.#now()): void {
    const until = item.extras?.retryState?.notBefore ?? 0;
    if (item.waits > 0) {
      this.#enter(item, 'blocked');
    } else if (until > 0) {
      this.#enter(item, 'delayed');
      this.#delayed.push({ item, until });
      this.nextDue = Math.min(this.nextDue, until);
    } else {
      this.#enter(item, 'ready');
      item.readyAt = Math.floor(now);
      this.ready.add(item);
    }
  }

  /** Drops settled items once they are the greater part, so that aborts leave nothing behind. */
  #forgetDelayed(): void {
    const left = this.#counts.delayed;
    if (this.#delayed.size > 2 * left + FEW_SETTLED_IN_BACKLOG) {
      this.#delayed.retain(({ item }) => item.state === 'delayed');
    }
    this.#findNextDue();
  }

  /** Skips items that were settled meanwhile. */
  #findNextDue(): void {
    const delayed = this.#delayed;
    while (delayed.first !== undefined && delayed.first.item.state !== 'delayed') delayed.pop();
    this.nextDue = delayed.first?.until ?? NEVER;
  }

  #unlink(item: Item): void {
    const { extras, resolve, older, younger } = item;
    const isSpared = extras?.retryState?.isLastChance === true;
    const awaited = isSpared ? this.#spared : this.#called;
    const chain = resolve === undefined ? this.#unawaited : awaited;
    if (older === undefined) chain.oldest = younger;
    else older.younger = younger;
    if (younger === undefined) chain.youngest = older;
    else younger.older = older;
    item.older = undefined;
    item.younger = undefined;
    if (this.oldest === undefined || this.oldest === item) this.#findOldest();
  }

  #findOldest(): void {
    const called = this.#called.oldest;
    const spared = this.#spared.oldest;
    const isSparedOlder = called === undefined || (spared && spared.calledAt < called.calledAt);
    this.oldest = isSparedOlder ? spared : called;
    this.isEmpty = this.oldest === undefined && this.#unawaited.oldest === undefined;
  }

  /** Before it moves: what it makes is found by its neighbours, so it is entered first. */
  #leaveChain(item: Item): void {
    this.order.enterMade();
    this.#unlink(item);
  }

  #enter(item: Item, state: ItemState): void {
    this.#counts[item.state] -= item.weight;
    this.#counts[state] += item.weight;
    item.state = state;
  }
}
