/**
 * When a request leaves, and with how many others.
 *
 * Batches are bound late: items are picked when a request can leave, not when their window ends. One
 * request leaves whenever none is in flight, so a lone call waits for nothing. Further ones leave
 * for full batches, and for items that have waited long enough: busy callers fill batches by
 * themselves, and a steady trickle never starves.
 */
import type { Clock } from '../../lib/clock.ts';
import type { Item } from '../items/item.ts';
import { PackedBatch } from '../items/packed-batch.ts';
import type { DispatchReason, Emitter } from '../ports/events.ts';
import type { CompleteOptions } from '../ports/options.ts';
import type { Ping } from '../ports/sender.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { BatchLimits } from '../queue/packer.ts';
import type { AdaptiveLimits } from '../server/adaptive-limits.ts';
import type { CircuitBreaker } from '../server/circuit-breaker.ts';
import type { Bisection, FixedBatch } from './bisection.ts';
import type { InFlightRequests } from './in-flight.ts';

/** What waits, what is under way, and what is known of the server. */
interface DispatcherParts<Failure> {
  readonly settings: Pick<
    CompleteOptions<Failure>,
    'envelopeBytes' | 'separatorBytes' | 'maxAnswerBytes' | 'maxWaitMs'
  >;
  readonly clock: Clock;
  readonly backlog: Backlog;
  readonly bisection: Bisection;
  readonly inFlight: InFlightRequests<Failure>;
  readonly breaker: CircuitBreaker;
  readonly adaptive: AdaptiveLimits;
  readonly events: Emitter;
  readonly ping?: Ping<Failure> | undefined;
}

/** What leaves next: a batch or a part of one, as it stands; or else a batch that is yet to be packed. */
interface Leaving {
  readonly reason: DispatchReason;
  readonly fixed?: FixedBatch | undefined;
  /** What a batch that is packed may hold. */
  readonly limits: BatchLimits;
}

/**
 * Bytes of a request that outlives its process, at most, unless one item has more. Small ones: a browser that
 * has no room for one refuses it whole.
 */
const OUTLIVING_BYTES = 16_000;

/**
 * The part of the fastest round trip that a call waits for a fuller batch, at most. To wait for all of
 * it would let calls take twice as long as a request; two thirds give batches nearly as full.
 */
const WORTH_WAITING = 2 / 3;

const NEVER = Number.POSITIVE_INFINITY;

export class Dispatcher<Failure> {
  /** Requests that left, and the items and UTF-8 bytes that they carried. */
  requests = 0;
  items = 0;
  bytes = 0;
  readonly #parts: DispatcherParts<Failure>;
  /**
   * Since when sendable items wait for a fuller batch. It moves on only when a request leaves: an
   * older item that becomes sendable meanwhile must not start the wait anew.
   */
  #waitingSince: number | undefined;
  /** Skipped items are back: they leave at once. */
  #requeued = false;
  /** A flush or a close waits for the items up to this place. */
  #hurry: { readonly upTo: number; readonly reason: 'flush' | 'close' } | undefined;

  constructor(parts: DispatcherParts<Failure>) {
    this.#parts = parts;
  }

  /** Items up to that place leave as soon as there is a free slot. */
  hurry(upTo: number, reason: 'flush' | 'close'): void {
    this.#hurry = { upTo, reason };
  }

  /** The next batch leaves as soon as there is a free slot. */
  hurryRequeued(): void {
    this.#requeued = true;
  }

  /** Sends all that may leave now. Returns when to ask again, should nothing happen before. */
  pump(now: number): number {
    const { backlog, bisection } = this.#parts;
    for (;;) {
      if (backlog.nextDue <= now) backlog.wake(now);
      if (backlog.ready.first === undefined) this.rest();
      const isDue = backlog.ready.first !== undefined || bisection.dueAt <= now;
      const leaving = isDue ? this.#next(now) : undefined;
      if (leaving === undefined) return this.#nextTime(now);
      this.#dispatch(leaving, now);
    }
  }

  /** No item waits that may be sent. */
  rest(): void {
    const { inFlight, adaptive } = this.#parts;
    this.#requeued = false;
    this.#waitingSince = undefined;
    if (inFlight.size === 0 && adaptive.cut.hasFailed) adaptive.cut.rest();
  }

  /**
   * Sends what fits into so many bytes, whatever is in flight, in requests that outlive the process.
   * Returns the bytes that it sends.
   */
  sendOutliving(maxBytes: number): number {
    const { backlog, adaptive, clock, bisection } = this.#parts;
    // A process that ends will not be there to send the rest.
    const limits = {
      maxItems: adaptive.items.limit,
      maxBytes: Math.min(adaptive.bytes.limit, OUTLIVING_BYTES),
    };
    for (const item of bisection.dissolve()) if (item.state === 'held') backlog.putBack(item, 0);
    let room = maxBytes;
    let sent: number;
    do {
      sent = this.#dispatch({ reason: 'outlive', limits }, clock.now(), room);
      room -= sent;
    } while (sent > 0);
    return maxBytes - room;
  }

  #next(now: number): Leaving | undefined {
    const { backlog, adaptive, breaker, bisection, inFlight } = this.#parts;
    const oldest = backlog.ready.first;
    if (oldest !== undefined) this.#waitingSince ??= oldest.readyAt;
    if (now < adaptive.gate.opensAt || now < adaptive.spacing.opensAt) return undefined;
    const fixed = now < bisection.dueAt ? undefined : bisection.due(now);
    if (oldest === undefined && fixed === undefined) return undefined;
    const isFixedsTurn = fixed !== undefined && isBefore(fixed, oldest);
    const limits = this.#limits;
    if (breaker.isOpen || adaptive.gate.isProbing) {
      if (!this.#mayProbe(now)) return undefined;
      return { reason: 'probe', fixed: isFixedsTurn ? fixed : undefined, limits };
    }
    if (inFlight.size >= adaptive.concurrency.limit) return undefined;
    const reason = oldest && this.#reasonToPack(oldest, limits, now);
    if (fixed !== undefined && (isFixedsTurn || reason === undefined)) {
      return { reason: fixed.queue.why === 'packed' ? 'packed' : 'bisect', fixed, limits };
    }
    return reason && { reason, limits };
  }

  #reasonToPack(
    oldest: Item,
    { maxItems, maxBytes }: BatchLimits,
    now: number,
  ): DispatchReason | undefined {
    const { backlog, inFlight } = this.#parts;
    const { envelopeBytes, separatorBytes } = this.#parts.settings;
    const { size, bytes } = backlog.ready;
    const allBytes = envelopeBytes + bytes + separatorBytes * (size - 1);
    if (size >= maxItems || allBytes >= maxBytes) return 'full';
    if (this.#requeued) return 'requeue';
    if (this.#hurry !== undefined && oldest.seq <= this.#hurry.upTo) return this.#hurry.reason;
    if (inFlight.size === 0) return 'idle';
    return now >= this.#agedAt() ? 'aged' : undefined;
  }

  /** While the server does not answer, one request at a time tries, and the oldest items ride. */
  #mayProbe(now: number): boolean {
    const { breaker, ping, inFlight } = this.#parts;
    if (inFlight.size > 0 || (breaker.isOpen && now < breaker.nextProbeAt)) return false;
    if (ping === undefined || !breaker.needsPing) return true;
    void inFlight.ping(ping);
    return false;
  }

  get #limits(): BatchLimits {
    const { cut, items, bytes } = this.#parts.adaptive;
    const { maxAnswerBytes } = this.#parts.settings;
    const maxItems = cut.hasFailed ? cut.limit(items.limit) : items.limit;
    return { maxItems, maxBytes: bytes.limit, maxAnswerBytes };
  }

  #agedAt(): number {
    const worthMs = WORTH_WAITING * this.#parts.inFlight.fastestMs;
    return (this.#waitingSince ?? NEVER) + Math.min(this.#parts.settings.maxWaitMs, worthMs);
  }

  /** The next time at which the answer to what leaves next may be another one. */
  #nextTime(now: number): number {
    const { backlog, adaptive, breaker, bisection, inFlight } = this.#parts;
    const { gate, spacing } = adaptive;
    const times = [backlog.nextDue, bisection.dueAt, gate.opensAt, spacing.opensAt];
    times.push(breaker.nextProbeAt, this.#agedAt(), inFlight.overdueAt);
    let next = NEVER;
    for (const time of times) if (time > now && time < next) next = time;
    return next;
  }

  /** Sends a part, or packs a batch, of at most `room` bytes. Returns its bytes; 0 where none fits. */
  #dispatch({ reason, fixed, limits }: Leaving, now: number, room?: number): number {
    const { backlog, adaptive, events, breaker, bisection, inFlight } = this.#parts;
    if (fixed === undefined) {
      this.#requeued = false;
      this.#waitingSince = undefined;
    }
    const { items, bytes } =
      fixed === undefined ? backlog.pack(limits, now, room) : backlog.takePart(fixed.items);
    const left = fixed && bisection.leave(fixed, items, now);
    if (items.length === 0) return 0;
    for (const item of items) item.attempts++;
    const packed = items[0] instanceof PackedBatch ? items[0].content : undefined;
    const count = packed?.keys.length ?? items.length;
    this.requests++;
    this.items += count;
    this.bytes += bytes;
    const number = ++adaptive.spacing.left;
    if (events.wanted.dispatch) {
      const keys = (): readonly string[] => packed?.keys ?? items.map(({ key }) => key);
      events.emit('dispatch', { number, items: count, bytes, reason, keys });
    }
    const isCut = fixed === undefined && items.length === limits.maxItems;
    void inFlight.send({
      number,
      items,
      bytes,
      packed,
      empty: isCut ? adaptive.items.limit - items.length : 0,
      leftAt: now,
      sending: { controller: new AbortController(), hasLeft: false, isRecalled: false },
      together: 0,
      answersBefore: breaker.answers,
      isProbe: breaker.isOpen,
      hasPing: breaker.hasPing,
      outlives: reason === 'outlive',
      fixed: left,
    });
    return bytes;
  }
}

/** Parts of a divided batch go first; a batch that its caller has packed has no right before older items. */
function isBefore({ queue, items: [first] }: FixedBatch, oldest: Item | undefined): boolean {
  return queue.why !== 'packed' || oldest === undefined || (first?.seq ?? 0) < oldest.seq;
}
