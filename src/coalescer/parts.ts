/**
 * Batches that are to be sent as they are: those that their callers have packed, and the parts of those
 * that failed as a whole, until the culprit stands alone.
 *
 * The halves of a refused batch stand in one line: the second leaves when the first is through, and
 * if the first went through, the second must hold the culprit and is halved unsent. The halves of a
 * batch whose answers got lost go side by side. An item keeps its part while it waits there.
 */
import type { Item } from './item.ts';
import type { PackedBatch } from './packed-batch.ts';
import { Run } from './runs.ts';
import { leastPauseMs } from './spacing.ts';

/** What a line of parts goes back to. */
export type Divided = 'items' | 'bytes' | 'lost';

export interface Part {
  readonly line: Line;
  readonly items: readonly Item[];
  /** Not to be sent before this time, by the engine's clock. */
  readonly notBefore: number;
  /** The other half, behind this one, while both are whole. */
  readonly sibling: Part | undefined;
}

export interface Line {
  readonly why: Divided | 'packed';
  /** Items of the batch that was divided first. */
  readonly size: number;
  readonly waiting: Part[];
  /** The front part is in flight. */
  isOut: boolean;
  /** An item was refused alone, or has left the line and may have been to blame. */
  hasCulprit: boolean;
  /** The front part is known to hold a culprit. */
  isGuilty: boolean;
  /** The batch that got lost again and again, of which this is a half. */
  readonly broken: Broken | undefined;
}

/** A batch that was cut off on its way, again and again. */
interface Broken {
  /** UTF-8 bytes of the request. */
  readonly bytes: number;
  /** How many of its halves have not come through. */
  left: number;
  /** One of them got lost, or was refused: it was not for its size. */
  isExplained: boolean;
}

/** Items refused alone in a row, all alike, after which the fault looks systemic. */
const SYSTEMIC_AFTER = 8;
/** Where `minDelayMs` is less, the brake gets as slow as that by itself, in milliseconds. */
const BRAKE_MS = 250;

export class Parts {
  /** Times that a batch, or a part of one, was halved. */
  divided = 0;
  readonly #lines = new Set<Line>();
  /** Batches that their callers have packed, before their first attempt: one line each would be many. */
  readonly #packed = new Run([]);
  readonly #minDelayMs: number;
  #refusedInARow = 0;
  #likeness: number | undefined;
  /** The brake: no part leaves before this time. */
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(minDelayMs: number) {
    this.#minDelayMs = minDelayMs;
  }

  /** Halves a batch that was refused, or a part of one; the halves wait in line. */
  divide(items: readonly Item[], why: Divided, part: Part | undefined): void {
    const line = part?.line ?? this.#newLine(why, items.length);
    this.#putHalves(line, items, 0);
  }

  /**
   * Halves a batch that got lost; the halves leave side by side, not before that time. `bytes` are those
   * of a request that was cut off without an answer: perhaps it was too large for somebody on the way.
   */
  divideLost(
    items: readonly Item[],
    notBefore: number,
    part: Part | undefined,
    bytes?: number | undefined,
  ): void {
    // The culprit of its line may be among them.
    if (part !== undefined) part.line.hasCulprit = true;
    this.divided++;
    const broken = bytes === undefined ? undefined : { bytes, left: 2, isExplained: false };
    for (const half of halvesOf(items)) {
      const line = this.#newLine('lost', half.length, broken);
      line.waiting.push({ line, items: half, notBefore, sibling: undefined });
    }
  }

  /** A batch that its caller has packed is never divided. */
  add(batch: PackedBatch): void {
    this.#packed.extend(batch);
  }

  /** The part that is to leave next. `isLeft` says whether an item still waits in its part. */
  due(now: number, isLeft: (item: Item) => boolean): Part | undefined {
    for (const line of this.#lines) {
      if (line.why !== 'packed' && now < this.#nextAt) continue;
      const part = line.isOut ? undefined : this.#front(line, isLeft);
      if (part !== undefined && part.notBefore <= now) return part;
    }
    return this.#nextPacked(isLeft);
  }

  /** When the next part may leave that waits for a time. */
  get nextTime(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { why, isOut, waiting } of this.#lines) {
      const [front] = waiting;
      if (isOut || front === undefined) continue;
      const { notBefore } = front;
      next = Math.min(next, why === 'packed' ? notBefore : Math.max(notBefore, this.#nextAt));
    }
    return next;
  }

  /** The part leaves. */
  take(part: Part, now: number): void {
    part.line.waiting.shift();
    part.line.isOut = true;
    if (!this.isSystemic || part.line.why === 'packed') return;
    const leastMs = leastPauseMs(this.#refusedInARow - SYSTEMIC_AFTER + 2);
    this.#nextAt = now + Math.max(this.#minDelayMs, Math.min(leastMs, BRAKE_MS));
  }

  /** Gives up all parts of divided batches that wait; returns their items. */
  dissolve(): Item[] {
    const items: Item[] = [];
    for (const line of this.#lines) {
      if (line.why === 'packed') continue;
      for (const part of line.waiting.splice(0)) items.push(...part.items);
      // Nobody will know any more who was to blame.
      line.hasCulprit = true;
      this.#endIfThrough(line);
    }
    return items;
  }

  /** The part as it leaves. Without some of its items it says nothing about the rest of its line. */
  reducedTo(part: Part, items: readonly Item[]): Part {
    if (items.length === part.items.length) return part;
    part.line.hasCulprit = true;
    return { ...part, items, sibling: undefined };
  }

  /** The part came back, one way or the other. */
  back({ line }: Part): void {
    line.isOut = false;
  }

  /** A batch got through as a whole: if it was a first half, its sibling is guilty. */
  passed(part: Part | undefined): void {
    this.#refusedInARow = 0;
    this.#likeness = undefined;
    if (part === undefined) return;
    const { line, sibling } = part;
    line.isGuilty = sibling !== undefined && line.waiting[0] === sibling;
  }

  /** The part got lost or was refused: that explains what became of the batch that it was a part of. */
  failed(part: Part | undefined): void {
    const broken = part?.line.broken;
    if (broken !== undefined) broken.isExplained = true;
  }

  /**
   * The part came through. Where all of a broken batch have, and none by a further cut, it was too large
   * as a whole: returns its bytes.
   */
  tooLarge(part: Part | undefined): number | undefined {
    const broken = part?.line.broken;
    if (broken === undefined || --broken.left > 0 || broken.isExplained) return undefined;
    return broken.bytes;
  }

  /** The part is to be sent once more, with those of its items that are left. */
  again(part: Part, items: readonly Item[], notBefore: number): void {
    if (items.length > 0) part.line.waiting.unshift({ ...part, items, notBefore });
  }

  /**
   * A single item was refused; `likeness` is equal for refusals of the same kind. Returns whether
   * the fault has just begun to look systemic.
   */
  refusedAlone(likeness: number | undefined, part: Part | undefined): boolean {
    if (part !== undefined) part.line.hasCulprit = true;
    this.#refusedInARow = likeness === this.#likeness ? this.#refusedInARow + 1 : 1;
    this.#likeness = likeness;
    return this.#refusedInARow === SYSTEMIC_AFTER;
  }

  /** So many items in a row were refused alone and alike that halving goes slowly. */
  get isSystemic(): boolean {
    return this.#refusedInARow >= SYSTEMIC_AFTER;
  }

  /** The size of a batch that was refused though none of its items was: it held too many. */
  endOf({ line }: Part): number | undefined {
    if (!this.#endIfThrough(line)) return undefined;
    return line.why === 'items' && !line.hasCulprit ? line.size : undefined;
  }

  /** The front part, without the items that have left it; a guilty one is halved first. */
  #front(line: Line, isLeft: (item: Item) => boolean): Part | undefined {
    for (;;) {
      const part = line.waiting.shift();
      if (part === undefined) {
        this.#lines.delete(line);
        return undefined;
      }
      const items = part.items.filter(isLeft);
      if (items.length < part.items.length) line.hasCulprit = true;
      const isGuilty = line.isGuilty && items.length === part.items.length;
      line.isGuilty = false;
      if (isGuilty && items.length > 1) {
        this.#putHalves(line, items, part.notBefore);
      } else if (items.length > 0) {
        const whole = items.length === part.items.length ? part : { ...part, items };
        line.waiting.unshift(whole);
        return whole;
      }
    }
  }

  /** It gets a line when its turn has come. */
  #nextPacked(isLeft: (item: Item) => boolean): Part | undefined {
    for (let batch = this.#packed.first; batch !== undefined; batch = this.#packed.first) {
      this.#packed.advance();
      if (!isLeft(batch)) continue;
      const line = this.#newLine('packed', 1);
      const part: Part = { line, items: [batch], notBefore: 0, sibling: undefined };
      line.waiting.push(part);
      return part;
    }
    return undefined;
  }

  #putHalves(line: Line, items: readonly Item[], notBefore: number): void {
    this.divided++;
    const [first, second] = halvesOf(items);
    const sibling: Part = { line, items: second, notBefore, sibling: undefined };
    line.waiting.unshift({ line, items: first, notBefore, sibling }, sibling);
  }

  #newLine(why: Line['why'], size: number, broken?: Broken): Line {
    const line: Line = {
      why,
      size,
      waiting: [],
      isOut: false,
      hasCulprit: false,
      isGuilty: false,
      broken,
    };
    this.#lines.add(line);
    return line;
  }

  #endIfThrough(line: Line): boolean {
    const isThrough = !line.isOut && line.waiting.length === 0;
    if (isThrough) this.#lines.delete(line);
    return isThrough;
  }
}

function halvesOf(items: readonly Item[]): readonly [readonly Item[], readonly Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
