/**
 * Batches that are sent as they are: those that their callers have packed, and the halves of batches that failed as a
 * whole, until the culprit is alone.
 *
 * The halves of a refused batch wait in one queue: the second leaves after the first. If the first went through, the
 * second must hold the culprit, so it is halved without being sent. The halves of a lost batch are sent in
 * parallel. An item stays in its half while it waits.
 */
import { NEVER } from '../../lib/clock.ts';
import type { Item } from '../items/item.ts';
import type { PackedBatch } from '../items/packed-batch.ts';
import { SortedRun } from '../queue/ready-set.ts';
import { leastBackoffMs } from '../server/backoff.ts';

/** Why a batch was halved. */
export type DivideReason = 'items' | 'bytes' | 'lost';

export interface FixedBatch {
  readonly queue: FixedBatchQueue;
  readonly items: readonly Item[];
  /** Not to be sent before this time, by the engine's clock. */
  readonly notBefore: number;
  /** The other half, behind this one, while neither has lost an item. */
  readonly sibling: FixedBatch | undefined;
}

export class FixedBatchQueue {
  readonly why: DivideReason | 'packed';
  /** Items of the batch that was halved first. */
  readonly size: number;
  readonly waiting: FixedBatch[] = [];
  /** The front batch is in flight. */
  isInFlight = false;
  /** A culprit was found, or an item that may have been one has left the queue. */
  hasCulprit = false;
  /** The front batch is known to hold a culprit. */
  isGuilty = false;
  /** The batch that was lost repeatedly, of which this is a half. */
  readonly cutOff: CutOffBatch | undefined;

  constructor(why: FixedBatchQueue['why'], size: number, cutOff?: CutOffBatch) {
    this.why = why;
    this.size = size;
    this.cutOff = cutOff;
  }
}

/** A batch that was cut off on its way repeatedly, perhaps because it was too large for a proxy. */
interface CutOffBatch {
  /** UTF-8 bytes of the request. */
  readonly bytes: number;
  /** Halves of it that have not gone through yet. */
  remaining: number;
  /** One of its halves was lost or refused too, so its size was not the cause. */
  isExplained: boolean;
}

export interface BisectionPorts {
  readonly minDelayMs: number;
  /** Told when all halves went through: then there was no culprit, and the batch as a whole was too much. */
  readonly onTooMany: (items: number) => void;
  readonly onTooLarge: (bytes: number) => void;
}

/** So many items refused alone in a row, with the same status, suggest that all calls will be refused. */
const SYSTEMIC_REFUSALS = 8;
/** Then halves leave further and further apart: up to this, in milliseconds, where `minDelayMs` is less. */
const MAX_BETWEEN_HALVES_MS = 250;

/**
 * A fixed batch is `due`, then it may `leave`. It comes back in one of four ways: it has `passed`; its items are
 * halved, by `divide` or `divideLost`; or it is sent `again`.
 */
export class Bisection {
  /** Times that a batch was halved. */
  divided = 0;
  /** When the next fixed batch may leave; `due` need not be asked before. */
  dueAt: number = NEVER;
  /** Items in a row that were refused alone, with the same status. */
  refusedInARow = 0;
  readonly #queues = new Set<FixedBatchQueue>();
  /** Packed batches before their first attempt; each gets a queue of its own only when it is due. */
  readonly #packed = new SortedRun([]);
  readonly #ports: BisectionPorts;
  #refusedStatus: number | undefined;
  /** No half leaves before this time. */
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(ports: BisectionPorts) {
    this.#ports = ports;
  }

  /** Adds a packed batch, which is never halved. */
  add(batch: PackedBatch): void {
    this.#packed.extend(batch);
    this.dueAt = Number.NEGATIVE_INFINITY;
  }

  /** The fixed batch to send next, without items that have left it. */
  due(now: number): FixedBatch | undefined {
    let due: FixedBatch | undefined;
    for (const queue of this.#queues) {
      if (queue.isInFlight || (queue.why !== 'packed' && now < this.#nextAt)) continue;
      const fixed = this.#frontOf(queue);
      if (fixed === undefined || fixed.notBefore > now) continue;
      due = fixed;
      break;
    }
    due ??= this.#nextPacked();
    this.#schedule();
    return due;
  }

  /**
   * The fixed batch leaves with these of its items, if there are any. If some are missing, its fate says nothing
   * about the rest of its queue. Returns it as it leaves.
   */
  leave(fixed: FixedBatch, items: readonly Item[], now: number): FixedBatch {
    const { queue } = fixed;
    const isWhole = items.length === fixed.items.length;
    queue.waiting.shift();
    queue.isInFlight = items.length > 0;
    queue.hasCulprit ||= !isWhole;
    if (queue.isInFlight && queue.why !== 'packed' && this.isSystemic) {
      const leastMs = leastBackoffMs(this.refusedInARow - SYSTEMIC_REFUSALS + 2);
      this.#nextAt =
        now + Math.max(this.#ports.minDelayMs, Math.min(leastMs, MAX_BETWEEN_HALVES_MS));
    }
    this.#advance(queue);
    return isWhole ? fixed : { ...fixed, items, sibling: undefined };
  }

  /** A request was answered. If it carried a first half, the second one must hold the culprit. */
  passed(fixed: FixedBatch | undefined): void {
    this.refusedInARow = 0;
    this.#refusedStatus = undefined;
    if (fixed === undefined) return;
    const { queue, sibling } = fixed;
    const { cutOff } = queue;
    queue.isInFlight = false;
    queue.isGuilty = sibling !== undefined && queue.waiting[0] === sibling;
    if (cutOff !== undefined && --cutOff.remaining === 0 && !cutOff.isExplained) {
      this.#ports.onTooLarge(cutOff.bytes);
    }
    this.#advance(queue);
  }

  /** Halves a refused batch; the halves wait in one queue. */
  divide(items: readonly Item[], why: DivideReason, fixed: FixedBatch | undefined): void {
    const queue = fixed?.queue ?? this.#newQueue(why, items.length);
    if (fixed !== undefined) this.#takeBack(fixed, items);
    this.#putHalves(queue, items, 0);
    this.#schedule();
  }

  /**
   * Halves a lost batch; the halves may leave in parallel, not before that time. `bytes` is given if the request was
   * cut off without an answer: perhaps a proxy found it too large.
   */
  divideLost(
    items: readonly Item[],
    notBefore: number,
    fixed: FixedBatch | undefined,
    bytes?: number | undefined,
  ): void {
    this.divided++;
    const cutOff = bytes === undefined ? undefined : { bytes, remaining: 2, isExplained: false };
    for (const half of halvesOf(items)) {
      const queue = this.#newQueue('lost', half.length, cutOff);
      queue.waiting.push({ queue, items: half, notBefore, sibling: undefined });
    }
    // The culprit in its queue may be among them.
    if (fixed !== undefined) this.again(fixed, [], 0);
    this.#schedule();
  }

  /** The rest of the batch is to be sent once more. */
  again(fixed: FixedBatch, items: readonly Item[], notBefore: number): void {
    this.#takeBack(fixed, items);
    // Without some of its items it proves nothing about its sibling.
    const sibling = items.length < fixed.items.length ? undefined : fixed.sibling;
    if (items.length > 0) fixed.queue.waiting.unshift({ ...fixed, items, notBefore, sibling });
    this.#advance(fixed.queue);
  }

  /** The fixed batch was lost or refused, which explains the loss of the batch of which it is a half. */
  failed(fixed: FixedBatch | undefined): void {
    const cutOff = fixed?.queue.cutOff;
    if (cutOff !== undefined) cutOff.isExplained = true;
  }

  /** A single item was refused. Returns whether now, for the first time, all calls seem to be refused. */
  refusedAlone(status: number | undefined): boolean {
    this.refusedInARow = status === this.#refusedStatus ? this.refusedInARow + 1 : 1;
    this.#refusedStatus = status;
    return this.refusedInARow === SYSTEMIC_REFUSALS;
  }

  /** So many items were refused alone in a row that halves are sent slowly. */
  get isSystemic(): boolean {
    return this.refusedInARow >= SYSTEMIC_REFUSALS;
  }

  /** Gives up all halves that wait; returns their items. */
  dissolve(): Item[] {
    const items: Item[] = [];
    for (const queue of this.#queues) {
      if (queue.why === 'packed') continue;
      for (const fixed of queue.waiting.splice(0)) items.push(...fixed.items);
      // The culprit can no longer be found.
      queue.hasCulprit = true;
      this.#advance(queue);
    }
    return items;
  }

  #takeBack({ queue, items }: FixedBatch, left: readonly Item[]): void {
    queue.isInFlight = false;
    queue.hasCulprit ||= left.length < items.length;
  }

  /** The next batch of the queue may leave. If none is left and there was no culprit, the batch was too large. */
  #advance(queue: FixedBatchQueue): void {
    if (!queue.isInFlight && queue.waiting.length === 0) {
      this.#queues.delete(queue);
      if (queue.why === 'items' && !queue.hasCulprit) this.#ports.onTooMany(queue.size);
    }
    this.#schedule();
  }

  #schedule(): void {
    this.dueAt = this.#packed.first === undefined ? NEVER : Number.NEGATIVE_INFINITY;
    for (const { why, isInFlight, waiting } of this.#queues) {
      const [front] = waiting;
      if (isInFlight || front === undefined) continue;
      const { notBefore } = front;
      const at = why === 'packed' ? notBefore : Math.max(notBefore, this.#nextAt);
      this.dueAt = Math.min(this.dueAt, at);
    }
  }

  /** The front batch, without the items that have left it. If it must hold a culprit, it is halved first. */
  #frontOf(queue: FixedBatchQueue): FixedBatch | undefined {
    for (;;) {
      const fixed = queue.waiting.shift();
      if (fixed === undefined) {
        this.#queues.delete(queue);
        return undefined;
      }
      const items = fixed.items.filter(isHeldForBisection);
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

  /** The next packed batch, in a queue of its own. */
  #nextPacked(): FixedBatch | undefined {
    for (let batch = this.#packed.first; batch !== undefined; batch = this.#packed.first) {
      this.#packed.advance();
      if (!isHeldForBisection(batch)) continue;
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

  #newQueue(why: FixedBatchQueue['why'], size: number, cutOff?: CutOffBatch): FixedBatchQueue {
    const queue = new FixedBatchQueue(why, size, cutOff);
    this.#queues.add(queue);
    return queue;
  }
}

/** The item still waits in its fixed batch. */
function isHeldForBisection({ state }: Item): boolean {
  return state === 'held';
}

function halvesOf(items: readonly Item[]): readonly [readonly Item[], readonly Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
