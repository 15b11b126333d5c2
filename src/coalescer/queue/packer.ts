/**
 * Chooses the items of the next batch, oldest first. It changes neither the order nor the items.
 *
 * A blocked item may follow in the same batch once all that it waits for is in there, in front of it: when a
 * batch holds all pending members of a group, it has reached the next group, whose members then take turns with
 * the ready items, by age.
 */
import type { Item } from '../items/item.ts';
import type { LockGroup } from '../items/lock-queues.ts';
import { PackingNotes } from '../items/lock-queues.ts';
import type { Envelope } from '../ports/options.ts';
import type { ReadySet } from './ready-set.ts';
import { SortedRun, SortedRuns } from './ready-set.ts';

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

export interface BatchContents {
  /** In the order in which the server is to run them. */
  readonly items: readonly Item[];
  readonly bytes: number;
}

/** A batch while it is packed. What few batches need is made on demand. */
class Packing {
  /** Tells its notes from those of other batches. */
  readonly batch: number;
  /** Blocked items of the groups that it has reached. */
  followers: SortedRuns | undefined;
  /** Followers looked at that wait for something outside of this batch. */
  misses = 0;
  /** Followers that it holds: one may be reached through several groups. */
  taken: Set<Item> | undefined;
  /** Items that may fail again, and those that wait for one of them: they go last. */
  suspects: Set<Item> | undefined;

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
   * Takes a batch out of the ready set. Followers that are delayed beyond `now` stay; with `room`, even a single
   * item must not exceed so many bytes.
   */
  pack(
    ready: ReadySet,
    limits: BatchLimits,
    now: number,
    room: number = Number.POSITIVE_INFINITY,
  ): BatchContents {
    const { envelopeBytes, separatorBytes } = this.#envelope;
    const { maxItems, maxAnswerBytes = Number.POSITIVE_INFINITY } = limits;
    const maxBytes = Math.min(limits.maxBytes, room);
    const packing = new Packing(++this.#batch);
    const items: Item[] = [];
    const passed: Item[] = [];
    let bytes = envelopeBytes;
    let answerBytes = 0;
    while (items.length < maxItems && passed.length < MAX_PASSED) {
      const item =
        packing.followers === undefined
          ? ready.takeFirst()
          : this.#takeOldest(ready, packing.followers, packing, now, 2 * maxItems);
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
      this.#note(item, packing);
    }
    for (const item of passed) if (item.state === 'ready') ready.add(item);
    const { suspects } = packing;
    return { items: suspects === undefined ? items : packSuspectsLast(items, suspects), bytes };
  }

  /**
   * Packs items again that were packed together before, in the same order, but for those that wait for something
   * outside of this batch.
   */
  repack(part: readonly Item[]): BatchContents {
    const { envelopeBytes, separatorBytes } = this.#envelope;
    const packing = new Packing(++this.#batch);
    const items = part.filter((item) => {
      const fits = waitsOnlyForPacked(item, packing.batch);
      if (fits) this.#note(item, packing);
      return fits;
    });
    const bytes = items.reduce(
      (sum, item) => sum + item.bytes,
      envelopeBytes + separatorBytes * Math.max(0, items.length - 1),
    );
    return { items, bytes };
  }

  /** Takes the oldest of the ready items and the followers. */
  #takeOldest(
    ready: ReadySet,
    followers: SortedRuns,
    packing: Packing,
    now: number,
    maxMisses: number,
  ): Item | undefined {
    for (;;) {
      const next = ready.first;
      const follower = followers.first;
      if (follower === undefined || (next && next.seq < follower.seq)) return ready.takeFirst();
      followers.advance();
      if (!packing.taken?.has(follower) && mayFollow(follower, packing.batch, now)) return follower;
      // A large group that waits for something else is not searched to its end.
      if (++packing.misses > maxMisses) followers.clear();
    }
  }

  /** Notes in the item's groups that the batch holds it, and adds the followers that it has reached by that. */
  #note(item: Item, packing: Packing): void {
    const { batch } = packing;
    const waits = item.waits > 0;
    if (waits) {
      packing.taken ??= new Set();
      packing.taken.add(item);
    }
    const isSuspect =
      item.extras?.retryState?.transient !== undefined ||
      (waits && item.groups.some(followsSuspect));
    if (isSuspect) {
      packing.suspects ??= new Set();
      packing.suspects.add(item);
    }
    for (const group of item.groups) {
      if (group.after === undefined) continue;
      const notes = notesOn(group, batch);
      notes.packed++;
      notes.suspectWithin ||= isSuspect;
      for (
        let whole: LockGroup<Item> | undefined = group;
        whole !== undefined;
        whole = whole.after
      ) {
        if (!isGroupPacked(whole, batch)) break;
        const own = notesOn(whole, batch);
        own.complete = true;
        const next: LockGroup<Item> | undefined = whole.after;
        if (next === undefined) break;
        const noted = notesOn(next, batch);
        // Noted now: after an abort, another group may stand before it.
        noted.suspectBefore ||= own.suspectWithin || own.suspectBefore;
        if (next.open || noted.reached) continue;
        noted.reached = true;
        packing.followers ??= new SortedRuns();
        packing.followers.add(new SortedRun(next.waiting));
      }
    }
  }
}

/** The notes on a group, new where they are those of another batch. */
function notesOn(group: LockGroup<Item>, batch: number): PackingNotes {
  if (group.notes?.batch !== batch) group.notes = new PackingNotes(batch);
  return group.notes;
}

/** Whether the batch holds all that is pending in this group and before it. */
function isGroupPacked(group: LockGroup<Item>, batch: number): boolean {
  const { before, notes } = group;
  if (notes?.batch !== batch || notes.packed < group.pending) return false;
  return before === undefined || (before.notes?.batch === batch && before.notes.complete);
}

function followsSuspect(group: LockGroup<Item>): boolean {
  return !group.open && group.notes?.suspectBefore === true;
}

function mayFollow(item: Item, batch: number, now: number): boolean {
  // A hole in its text waits for an id, which only an answer brings.
  if (item.state !== 'blocked' || !item.isWhole) return false;
  return (item.extras?.retryState?.notBefore ?? 0) <= now && waitsOnlyForPacked(item, batch);
}

/** Whether the batch holds all that the item waits for. */
function waitsOnlyForPacked(item: Item, batch: number): boolean {
  let packing = 0;
  for (const group of item.groups) {
    if (group.open) continue;
    if (group.notes?.batch !== batch || !group.notes.reached) return false;
    packing++;
  }
  return packing === item.waits;
}

/**
 * Suspects go last, so that they stop no other item. Both parts stay in order: what waits for a suspect is one,
 * and was called later.
 */
function packSuspectsLast(items: readonly Item[], suspects: ReadonlySet<Item>): readonly Item[] {
  const goesLast = (item: Item): boolean => suspects.has(item);
  return [...items.filter((item) => !goesLast(item)), ...items.filter(goesLast)];
}
