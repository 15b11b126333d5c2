/**
 * Batches that are to be sent as they are: those that their callers have packed, and the parts of those
 * that failed as a whole, until the culprit stands alone.
 *
 * The halves of a refused batch stand in one line: the second leaves when the first is through, and
 * if the first went through, the second must hold the culprit and is halved unsent. The halves of a
 * batch whose answers got lost go side by side. An item keeps its part while it waits there.
 */
import type { Item } from '../items/item.ts';
import type { PackedBatch } from '../items/packed-batch.ts';
import { SortedRun } from '../queue/sorted-runs.ts';
import { leastPauseMs } from '../server/spacing.ts';

/** What a line of parts goes back to. */
export type Divided = 'items' | 'bytes' | 'lost';

export interface FixedBatch {
  readonly queue: FixedBatchQueue;
  readonly items: readonly Item[];
  /** Not to be sent before this time, by the engine's clock. */
  readonly notBefore: number;
  /** The other half, behind this one, while both are whole. */
  readonly sibling: FixedBatch | undefined;
}

export interface FixedBatchQueue {
  readonly why: Divided | 'packed';
  /** Items of the batch that was divided first. */
  readonly size: number;
  readonly waiting: FixedBatch[];
  /** The front part is in flight. */
  isOut: boolean;
  /** An item was refused alone, or has left the line and may have been to blame. */
  hasCulprit: boolean;
  /** The front part is known to hold a culprit. */
  isGuilty: boolean;
  /** The batch that got lost again and again, of which this is a half. */
  readonly cutOff: CutOff | undefined;
}

/** A batch that was cut off on its way, again and again. */
interface CutOff {
  /** UTF-8 bytes of the request. */
  readonly bytes: number;
  /** How many of its halves have not come through. */
  left: number;
  /** One of them got lost, or was refused: it was not for its size. */
  isExplained: boolean;
}

/** What was too much of a batch, once all of it is through and no item of it was to blame. */
export interface Lessons {
  readonly onTooMany: (items: number) => void;
  readonly onTooLarge: (bytes: number) => void;
}

/** Items refused alone in a row, all alike, after which the fault looks systemic. */
const SYSTEMIC_AFTER = 8;
/** Where `minDelayMs` is less, the brake gets as slow as that by itself, in milliseconds. */
const BRAKE_MS = 250;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * A part is `due`, it may `leave`, and then it comes back in one of four ways: it has `passed`, its items
 * are `divide`d further or, where they got lost, by `divideLost`, or they go `again` as they are. It keeps
 * its own order: nothing else has to be told, or told first.
 */
export class Bisection {
  /** Times that a batch, or a part of one, was halved. */
  divided = 0;
  /** When the next part may leave: not before that time it is worth asking which. */
  dueAt: number = NEVER;
  /** Items in a row that were refused alone, all alike. */
  refusedInARow = 0;
  readonly #queues = new Set<FixedBatchQueue>();
  /** Batches that their callers have packed, before their first attempt: one line each would be many. */
  readonly #packed = new SortedRun([]);
  readonly #minDelayMs: number;
  readonly #lessons: Lessons;
  #likeness: number | undefined;
  /** The brake: no part of a divided batch leaves before this time. */
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor({ minDelayMs, ...lessons }: Lessons & { readonly minDelayMs: number }) {
    this.#minDelayMs = minDelayMs;
    this.#lessons = lessons;
  }

  /** A batch that its caller has packed is never divided. */
  add(batch: PackedBatch): void {
    this.#packed.extend(batch);
    this.dueAt = Number.NEGATIVE_INFINITY;
  }

  /** The part that is to leave next, of those items that still wait in it. */
  due(now: number): FixedBatch | undefined {
    let due: FixedBatch | undefined;
    for (const queue of this.#queues) {
      if (queue.isOut || (queue.why !== 'packed' && now < this.#nextAt)) continue;
      const fixed = this.#front(queue);
      if (fixed === undefined || fixed.notBefore > now) continue;
      due = fixed;
      break;
    }
    due ??= this.#nextPacked();
    this.#schedule();
    return due;
  }

  /**
   * The part leaves with these of its items, if there are any. Without some of them it says nothing about
   * the rest of its line. Returns it as it leaves.
   */
  leave(fixed: FixedBatch, items: readonly Item[], now: number): FixedBatch {
    const { queue } = fixed;
    const isWhole = items.length === fixed.items.length;
    queue.waiting.shift();
    queue.isOut = items.length > 0;
    queue.hasCulprit ||= !isWhole;
    if (queue.isOut && queue.why !== 'packed' && this.isSystemic) {
      const leastMs = leastPauseMs(this.refusedInARow - SYSTEMIC_AFTER + 2);
      this.#nextAt = now + Math.max(this.#minDelayMs, Math.min(leastMs, BRAKE_MS));
    }
    this.#goOn(queue);
    return isWhole ? fixed : { ...fixed, items, sibling: undefined };
  }

  /** A batch got through as a whole: if it was a first half, its sibling is guilty. */
  passed(fixed: FixedBatch | undefined): void {
    this.refusedInARow = 0;
    this.#likeness = undefined;
    if (fixed === undefined) return;
    const { queue, sibling } = fixed;
    const { cutOff } = queue;
    queue.isOut = false;
    queue.isGuilty = sibling !== undefined && queue.waiting[0] === sibling;
    if (cutOff !== undefined && --cutOff.left === 0 && !cutOff.isExplained) {
      this.#lessons.onTooLarge(cutOff.bytes);
    }
    this.#goOn(queue);
  }

  /** Halves a batch that was refused, or what is left of a part of one; the halves wait in line. */
  divide(items: readonly Item[], why: Divided, fixed: FixedBatch | undefined): void {
    const queue = fixed?.queue ?? this.#newQueue(why, items.length);
    if (fixed !== undefined) this.#returns(fixed, items);
    this.#putHalves(queue, items, 0);
    this.#schedule();
  }

  /**
   * Halves a batch that got lost; the halves leave side by side, not before that time. `bytes` are those
   * of a request that was cut off without an answer: perhaps it was too large for somebody on the way.
   */
  divideLost(
    items: readonly Item[],
    notBefore: number,
    fixed: FixedBatch | undefined,
    bytes?: number | undefined,
  ): void {
    this.divided++;
    const cutOff = bytes === undefined ? undefined : { bytes, left: 2, isExplained: false };
    for (const half of halvesOf(items)) {
      const queue = this.#newQueue('lost', half.length, cutOff);
      queue.waiting.push({ queue, items: half, notBefore, sibling: undefined });
    }
    // The culprit of its line may be among them.
    if (fixed !== undefined) this.again(fixed, [], 0);
    this.#schedule();
  }

  /** What is left of the part is to be sent once more. */
  again(fixed: FixedBatch, items: readonly Item[], notBefore: number): void {
    this.#returns(fixed, items);
    // Without some of its items it proves nothing against its sibling.
    const sibling = items.length < fixed.items.length ? undefined : fixed.sibling;
    if (items.length > 0) fixed.queue.waiting.unshift({ ...fixed, items, notBefore, sibling });
    this.#goOn(fixed.queue);
  }

  /** The part got lost or was refused: that explains what became of the batch that it was a part of. */
  failed(fixed: FixedBatch | undefined): void {
    const cutOff = fixed?.queue.cutOff;
    if (cutOff !== undefined) cutOff.isExplained = true;
  }

  /**
   * A single item was refused; `likeness` is equal for refusals of the same kind. Returns whether
   * the fault has just begun to look systemic.
   */
  refusedAlone(likeness: number | undefined): boolean {
    this.refusedInARow = likeness === this.#likeness ? this.refusedInARow + 1 : 1;
    this.#likeness = likeness;
    return this.refusedInARow === SYSTEMIC_AFTER;
  }

  /** So many items in a row were refused alone and alike that halving goes slowly. */
  get isSystemic(): boolean {
    return this.refusedInARow >= SYSTEMIC_AFTER;
  }

  /** Gives up all parts of divided batches that wait; returns their items. */
  dissolve(): Item[] {
    const items: Item[] = [];
    for (const queue of this.#queues) {
      if (queue.why === 'packed') continue;
      for (const fixed of queue.waiting.splice(0)) items.push(...fixed.items);
      // Nobody will know any more who was to blame.
      queue.hasCulprit = true;
      this.#goOn(queue);
    }
    return items;
  }

  /** The part came back; whoever does not wait in its line any more may have been to blame. */
  #returns({ queue, items }: FixedBatch, left: readonly Item[]): void {
    queue.isOut = false;
    queue.hasCulprit ||= left.length < items.length;
  }

  /** The next part of the line may leave, or it is through: without a culprit, the batch was too much. */
  #goOn(queue: FixedBatchQueue): void {
    if (!queue.isOut && queue.waiting.length === 0) {
      this.#queues.delete(queue);
      if (queue.why === 'items' && !queue.hasCulprit) this.#lessons.onTooMany(queue.size);
    }
    this.#schedule();
  }

  #schedule(): void {
    this.dueAt = this.#packed.first === undefined ? NEVER : Number.NEGATIVE_INFINITY;
    for (const { why, isOut, waiting } of this.#queues) {
      const [front] = waiting;
      if (isOut || front === undefined) continue;
      const { notBefore } = front;
      const at = why === 'packed' ? notBefore : Math.max(notBefore, this.#nextAt);
      this.dueAt = Math.min(this.dueAt, at);
    }
  }

  /** The front part, without the items that have left it; a guilty one is halved first. */
  #front(queue: FixedBatchQueue): FixedBatch | undefined {
    for (;;) {
      const fixed = queue.waiting.shift();
      if (fixed === undefined) {
        this.#queues.delete(queue);
        return undefined;
      }
      const items = fixed.items.filter(isLeft);
      if (items.length < fixed.items.length) queue.hasCulprit = true;
      const isGuilty = queue.isGuilty && items.length === fixed.items.length;
      queue.isGuilty = false;
      if (isGuilty && items.length > 1) {
        this.#putHalves(queue, items, fixed.notBefore);
      } else if (items.length > 0) {
        const whole = items.length === fixed.items.length ? fixed : { ...fixed, items };
        queue.waiting.unshift(whole);
        return whole;
      }
    }
  }

  /** It gets a line when its turn has come. */
  #nextPacked(): FixedBatch | undefined {
    for (let batch = this.#packed.first; batch !== undefined; batch = this.#packed.first) {
      this.#packed.advance();
      if (!isLeft(batch)) continue;
      const queue = this.#newQueue('packed', 1);
      const fixed: FixedBatch = { queue, items: [batch], notBefore: 0, sibling: undefined };
      queue.waiting.push(fixed);
      return fixed;
    }
    return undefined;
  }

  #putHalves(queue: FixedBatchQueue, items: readonly Item[], notBefore: number): void {
    this.divided++;
    const [first, second] = halvesOf(items);
    const sibling: FixedBatch = { queue, items: second, notBefore, sibling: undefined };
    queue.waiting.unshift({ queue, items: first, notBefore, sibling }, sibling);
  }

  #newQueue(why: FixedBatchQueue['why'], size: number, cutOff?: CutOff): FixedBatchQueue {
    const queue: FixedBatchQueue = {
      why,
      size,
      waiting: [],
      isOut: false,
      hasCulprit: false,
      isGuilty: false,
      cutOff,
    };
    this.#queues.add(queue);
    return queue;
  }
}

/** Whether an item still waits in its part. */
function isLeft({ state }: Item): boolean {
  return state === 'held';
}

function halvesOf(items: readonly Item[]): readonly [readonly Item[], readonly Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
