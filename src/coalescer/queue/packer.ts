/**
 * Chooses the items of the next batch; the order and the items' states are left as they are.
 *
 * Oldest first. An item may ride when everything that it waits for is settled or already in this
 * batch: when all pending members of a group ride, the group behind it may board. Its members are
 * then looked at in turn with the ready ones, so the choice goes strictly by age.
 */
import type { Item } from '../items/item.ts';
import type { LockGroup as GroupOf, PackingNotes } from '../items/lock-queue.ts';
import type { ReadySet } from './ready-set.ts';
import { SortedRun, SortedRuns } from './sorted-runs.ts';

type Group = GroupOf<Item>;

/** What a batch may hold. */
export interface BatchLimits {
  readonly maxItems: number;
  /** UTF-8 bytes of a request, envelope included. A single larger item travels alone. */
  readonly maxBytes: number;
  /**
   * UTF-8 bytes of an answer, as far as they are expected: each item's own, and those that it echoes. A
   * single item with more travels alone. @default Infinity
   */
  readonly maxAnswerBytes?: number | undefined;
}

/** What a request has beside its items. */
export interface Envelope {
  /** UTF-8 bytes of an empty request, and those between two items. */
  readonly envelopeBytes: number;
  readonly separatorBytes: number;
}

export interface Packed {
  /** In the order in which the server is to run them. */
  readonly items: readonly Item[];
  readonly bytes: number;
}

/** A batch while it is packed. What few batches need is made when it is needed. */
class Boarding {
  /** Notes that have this number speak of it. */
  readonly batch: number;
  /** Who may ride since all that they wait for rides. */
  riders: SortedRuns | undefined;
  /** Of those who came to board, who waited for more than this batch. */
  misses = 0;
  /** Blocked items that ride: each may come to board with several groups. */
  boarded: Set<Item> | undefined;
  /** Those who may fail, or wait for an item of the batch that may: they go last. */
  tainted: Set<Item> | undefined;

  constructor(batch: number) {
    this.batch = batch;
  }
}

/** Items that do not fit and are passed over before a batch is closed. */
const MAX_PASSED = 8;

export class Packer {
  #batch = 0;
  readonly #envelope: Envelope;

  constructor(envelope: Envelope) {
    this.#envelope = envelope;
  }

  /**
   * Takes a batch out of the ready set. `now` keeps back items whose time has not come; `room` is
   * how many bytes even a single item must not exceed.
   */
  pack(
    ready: ReadySet,
    limits: BatchLimits,
    now: number,
    room: number = Number.POSITIVE_INFINITY,
  ): Packed {
    const { envelopeBytes, separatorBytes } = this.#envelope;
    const { maxItems, maxAnswerBytes = Number.POSITIVE_INFINITY } = limits;
    const maxBytes = Math.min(limits.maxBytes, room);
    const boarding = new Boarding(++this.#batch);
    const items: Item[] = [];
    const passed: Item[] = [];
    let bytes = envelopeBytes;
    let answerBytes = 0;
    while (items.length < maxItems && passed.length < MAX_PASSED) {
      const item =
        boarding.riders === undefined
          ? ready.takeFirst()
          : this.#takeOldest(ready, boarding.riders, boarding, now, 2 * maxItems);
      if (item === undefined) break;
      const withItem = bytes + item.bytes + (items.length > 0 ? separatorBytes : 0);
      const answerWithItem = answerBytes + item.bytes + (item.extras?.echoBytes ?? 0);
      const isTooMuch =
        items.length > 0 ? withItem > maxBytes || answerWithItem > maxAnswerBytes : withItem > room;
      if (isTooMuch) {
        passed.push(item);
        continue;
      }
      bytes = withItem;
      answerBytes = answerWithItem;
      items.push(item);
      this.#board(item, boarding);
    }
    for (const item of passed) if (item.state === 'ready') ready.add(item);
    const { tainted } = boarding;
    return { items: tainted === undefined ? items : arranged(items, tainted), bytes };
  }

  /**
   * Packs anew items that were packed together before, in the same order: without those that wait
   * for something that is neither settled nor in front of them.
   */
  repack(part: readonly Item[]): Packed {
    const { envelopeBytes, separatorBytes } = this.#envelope;
    const boarding = new Boarding(++this.#batch);
    const items = part.filter((item) => {
      const fits = ridesWithAll(item, boarding.batch);
      if (fits) this.#board(item, boarding);
      return fits;
    });
    const bytes = items.reduce(
      (sum, item) => sum + item.bytes,
      envelopeBytes + separatorBytes * Math.max(0, items.length - 1),
    );
    return { items, bytes };
  }

  /** Takes the oldest one of those who are ready, and of those who may ride. */
  #takeOldest(
    ready: ReadySet,
    riders: SortedRuns,
    boarding: Boarding,
    now: number,
    maxMisses: number,
  ): Item | undefined {
    for (;;) {
      const next = ready.first;
      const rider = riders.first;
      if (rider === undefined || (next && next.seq < rider.seq)) return ready.takeFirst();
      riders.advance();
      if (!boarding.boarded?.has(rider) && mayRide(rider, boarding.batch, now)) return rider;
      // A large group that waits for more than this batch is not looked at to its end.
      if (++boarding.misses > maxMisses) riders.clear();
    }
  }

  /** Notes in each of its groups that the item rides, and lets board who waited for that. */
  #board(item: Item, boarding: Boarding): void {
    const { batch } = boarding;
    const waits = item.waits > 0;
    if (waits) {
      boarding.boarded ??= new Set();
      boarding.boarded.add(item);
    }
    const isTainted =
      item.extras?.retryState?.transient !== undefined ||
      (waits && item.groups.some(waitsForTainted));
    if (isTainted) {
      boarding.tainted ??= new Set();
      boarding.tainted.add(item);
    }
    for (const group of item.groups) {
      // Nobody stands behind it who could board.
      if (group.after === undefined) continue;
      const notes = notesOn(group, batch);
      notes.riding++;
      notes.taintWithin ||= isTainted;
      for (let whole: Group | undefined = group; whole !== undefined; whole = whole.after) {
        if (!ridesWhole(whole, batch)) break;
        const { taintWithin, taintBefore } = clear(whole, batch);
        const next: Group | undefined = whole.after;
        if (next === undefined) break;
        const noted = notesOn(next, batch);
        // Read from the group that let it board: after an abort, its neighbour may be another one.
        noted.taintBefore ||= taintWithin || taintBefore;
        if (next.open || noted.boarding) continue;
        noted.boarding = true;
        boarding.riders ??= new SortedRuns();
        boarding.riders.add(new SortedRun(next.waiting));
      }
    }
  }
}

/** The notes on a group, begun anew where they speak of another batch. */
function notesOn(group: Group, batch: number): PackingNotes {
  if (group.notes?.batch !== batch) {
    group.notes = {
      batch,
      riding: 0,
      boarding: false,
      cleared: false,
      taintWithin: false,
      taintBefore: false,
    };
  }
  return group.notes;
}

function clear(group: Group, batch: number): PackingNotes {
  const notes = notesOn(group, batch);
  notes.cleared = true;
  return notes;
}

/** Whether all that is pending in this group, and before it, rides in the batch. */
function ridesWhole(group: Group, batch: number): boolean {
  const { before, notes } = group;
  if (notes?.batch !== batch || notes.riding < group.pending) return false;
  return before === undefined || (before.notes?.batch === batch && before.notes.cleared);
}

function waitsForTainted(group: Group): boolean {
  return !group.open && group.notes?.taintBefore === true;
}

/** Whether everything that a blocked item waits for rides in the batch. */
function mayRide(item: Item, batch: number, now: number): boolean {
  // A text with a hole needs an id that only an answer brings.
  if (item.state !== 'blocked' || !item.isWhole) return false;
  return (item.extras?.retryState?.notBefore ?? 0) <= now && ridesWithAll(item, batch);
}

/** Whether all that an item waits for rides in front of it. */
function ridesWithAll(item: Item, batch: number): boolean {
  let boarding = 0;
  for (const group of item.groups) {
    if (group.open) continue;
    if (group.notes?.batch !== batch || !group.notes.boarding) return false;
    boarding++;
  }
  return boarding === item.waits;
}

/**
 * What may fail again goes last, with whatever waits for it, so that it stops nobody else. Those
 * who wait were called later than what they wait for, so that each part stays in a right order.
 */
function arranged(items: readonly Item[], tainted: ReadonlySet<Item>): readonly Item[] {
  const goesLast = (item: Item): boolean => tainted.has(item);
  return [...items.filter((item) => !goesLast(item)), ...items.filter(goesLast)];
}
