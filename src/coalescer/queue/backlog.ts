/**
 * The pending items: each from its call until it is settled, and where it stands meanwhile.
 *
 *     gathering ─→ blocked ─→ delayed ─→ ready ─→ in flight ─→ settled
 *                     ↑          ↑         ↑        │   ↑
 *                     └──────────┴─────────┴────────┤   │    back to the old place
 *                                                   └→ held  in a part of a divided batch
 */

import { Heap } from '../../lib/heap.ts';
import { TextArena } from '../../lib/text-arena.ts';
import type { Item, ItemState } from '../items/item.ts';
import type { Broken, Relations } from '../items/order.ts';
import { Order } from '../items/order.ts';
import type { PackedBatch } from '../items/packed-batch.ts';
import type { Name } from '../ports/submission.ts';
import type { BatchLimits, Envelope, Packed } from './packer.ts';
import { Packer } from './packer.ts';
import { ReadySet } from './ready-set.ts';

/** An item that waits for a time; which is noted here, since a settled item keeps nothing. */
interface Delayed {
  readonly item: Item;
  readonly until: number;
}

export interface BacklogPorts {
  readonly envelope: Envelope;
  readonly now: () => number;
  /** What goes by that name by now. */
  readonly idOf: (name: Name) => Name;
}

/** Settled items that are not worth the cost of forgetting them. */
const FEW = 64;

const NEVER = Number.POSITIVE_INFINITY;

/** Pending items, each linked to its neighbours, by how long somebody has waited for them. */
interface Chain {
  oldest: Item | undefined;
  youngest: Item | undefined;
}

function append(chain: Chain, item: Item): void {
  const older = chain.youngest;
  item.older = older;
  if (older === undefined) chain.oldest = item;
  else older.younger = item;
  chain.youngest = item;
}

export class Backlog {
  /** Pending items, those in flight included; without batches that their callers have packed. */
  size = 0;
  /** UTF-8 bytes of their texts. */
  bytes = 0;
  /** Nothing is pending, batches that their callers have packed included. */
  isEmpty = true;
  /** The pending item for which somebody has waited longest. */
  oldest: Item | undefined;
  /** When the last call was made of which the alarm does not know yet. */
  lastCalledAt: number = NEVER;
  /** When the next delayed item may be sent. */
  nextDue: number = NEVER;
  readonly ready: ReadySet = new ReadySet();
  /** Where the texts of the items wait. */
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
  /** Which items wait for which. */
  readonly order: Order;
  readonly #packer: Packer;
  /** By the time that they wait for; some may be settled meanwhile. */
  readonly #delayed = new Heap<Delayed>((a, b) => a.until < b.until);
  /** Pending items that somebody waits for, in the order of their calls. */
  readonly #called: Chain = { oldest: undefined, youngest: undefined };
  /** Those with a last chance: how long they wait says nothing of when they were called. */
  readonly #spared: Chain = { oldest: undefined, youngest: undefined };
  /** Those that nobody waits for: they have no time in which they must be done. */
  readonly #unawaited: Chain = { oldest: undefined, youngest: undefined };

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

  /** Items that wait for a time, and those settled meanwhile that are not forgotten yet. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** All pending items, in the order of their calls. */
  all(): Item[] {
    const items = this.calledBy(Number.POSITIVE_INFINITY);
    for (let item = this.#unawaited.oldest; item !== undefined; item = item.younger) {
      items.push(item);
    }
    return items.sort((a, b) => a.seq - b.seq);
  }

  /** Those for which somebody has waited since that time or longer, in that order. */
  calledBy(time: number): Item[] {
    const items: Item[] = [];
    for (const chain of [this.#called, this.#spared]) {
      for (let item = chain.oldest; item && item.calledAt <= time; item = item.younger) {
        items.push(item);
      }
    }
    return items.sort((a, b) => a.seq - b.seq);
  }

  /** Takes a new item in, the youngest of all. It is not sent before `admit`. */
  append(item: Item, relations: Relations): void {
    this.size++;
    this.bytes += item.bytes;
    this.isEmpty = false;
    this.lastCalledAt = item.calledAt;
    this.#counts.gathering++;
    // Not linked yet: what it makes must not be found before it stands in line.
    this.order.join(item, relations);
    if (item.resolve === undefined) {
      append(this.#unawaited, item);
    } else {
      append(this.#called, item);
      // One with a last chance may have longer to wait than it.
      if (this.oldest === undefined || this.oldest.calledAt > item.calledAt) this.oldest = item;
    }
  }

  /** Takes in a batch that its caller has packed, which stands in no line. */
  appendPacked(batch: PackedBatch): void {
    batch.state = 'held';
    this.isEmpty = false;
    append(this.#called, batch);
    this.#findOldest();
  }

  /** The last call that waits for an item is about to leave it, and it stays. */
  desert(item: Item): void {
    this.#leaveChain(item);
    append(this.#unawaited, item);
    this.#findOldest();
  }

  /** Somebody waits, from now on, for an item that nobody waited for. */
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

  /** Gives these a last chance: they wait as if they had been called at that time. */
  spare(items: readonly Item[], calledAt: number): void {
    for (const item of items) {
      this.#leaveChain(item);
      item.calledAt = calledAt;
      item.keepRetryState().isLastChance = true;
      append(this.#spared, item);
    }
    this.#findOldest();
  }

  /** The window of these items has ended. */
  admit(items: readonly Item[], now: number): void {
    for (const item of items) if (item.state === 'gathering') this.#place(item, now);
  }

  /**
   * Takes the next batch out of what is ready: it is in flight from now on. It may be empty where
   * `room` is given, the bytes that even a single item must not exceed.
   */
  pack(limits: BatchLimits, now: number, room?: number): Packed {
    const packed = this.#packer.pack(this.ready, limits, now, room);
    for (const item of packed.items) this.#enter(item, 'in flight');
    return packed;
  }

  /** Puts an item in flight back at its old place, not to be sent before that time. */
  putBack(item: Item, notBefore: number): void {
    if (notBefore > 0 || item.retryState !== undefined) item.keepRetryState().notBefore = notBefore;
    this.#place(item);
  }

  /** Keeps an item in flight in its part of a divided batch. */
  hold(item: Item): void {
    this.#enter(item, 'held');
  }

  /**
   * Sends off the items of a part. Those that wait for something outside of it go back to their
   * places.
   */
  takePart(part: readonly Item[]): Packed {
    const packed = this.#packer.repack(part);
    for (const item of packed.items) this.#enter(item, 'in flight');
    for (const item of part) if (item.state === 'held') this.#place(item);
    return packed;
  }

  /** Lets go the delayed items whose time has come. */
  wake(now: number): void {
    while (this.nextDue <= now) {
      const item = this.#delayed.pop()?.item;
      if (item === undefined) return;
      this.#findNextDue();
      item.keepRetryState().notBefore = 0;
      this.#place(item);
    }
  }

  /**
   * Makes known the id of what this item made. Returns those who wait for it and whose texts cannot be made.
   */
  name(item: Item, id: string): readonly Broken[] {
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

  /** Puts an item where it belongs, now that it is neither gathering nor in flight. */
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

  /** Forgets settled items once they are the greater part, so that aborts leave nothing behind. */
  #forgetDelayed(): void {
    const left = this.#counts.delayed;
    if (this.#delayed.size > 2 * left + FEW) {
      this.#delayed.keep(({ item }) => item.state === 'delayed');
    }
    this.#findNextDue();
  }

  /** Whoever is next in time may have settled meanwhile. */
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

  /** For another place: what is made is found by the order of the calls, so it is entered before. */
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
