/**
 * When a request leaves, and how many may be in flight.
 *
 * Items are chosen when a request can leave, not when their window ends. A request leaves whenever none is in flight,
 * so a lone call does not wait. Further ones leave for full batches, and for items that have waited long enough: with
 * many calls the batches fill up, and with few calls none waits for long.
 */
import { NEVER } from '../../lib/clock.ts';
import type { Item } from '../items/item.ts';
import { PackedBatch } from '../items/packed-batch.ts';
import type { DispatchReason } from '../ports/events.ts';
import type { CompleteOptions } from '../ports/options.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { BatchLimits } from '../queue/packer.ts';
import type { AdaptiveLimits } from '../server/adaptive-limits.ts';
import type { CircuitBreaker } from '../server/server-health.ts';
import type { Bisection, FixedBatch } from './bisection.ts';
import type { InFlightRequests } from './in-flight.ts';

interface DispatcherParts<Failure> extends CompleteOptions<Failure> {
  readonly backlog: Backlog;
  readonly bisection: Bisection;
  readonly inFlight: InFlightRequests<Failure>;
  readonly breaker: CircuitBreaker;
  readonly adaptive: AdaptiveLimits;
}

/** What leaves next: a fixed batch, or else a batch that is yet to be packed. */
interface NextDispatch {
  readonly reason: DispatchReason;
  readonly fixed?: FixedBatch | undefined;
  readonly limits: BatchLimits;
}

/**
 * The most bytes of a request that outlives its process, unless one item has more. It is small because a browser
 * refuses the whole request if it exceeds what is left of its quota.
 */
const MAX_OUTLIVING_DISPATCH_BYTES = 16_000;

/**
 * The longest that a call waits for a fuller batch, as a part of the fastest round trip. Waiting for a whole one
 * would let calls take twice as long as a request; with two thirds, batches are nearly as full.
 */
const DISPATCH_WAIT_PART = 2 / 3;

export class Dispatcher<Failure> {
  /** Requests that left, and the items and UTF-8 bytes that they carried. */
  requests = 0;
  items = 0;
  bytes = 0;
  readonly #parts: DispatcherParts<Failure>;
  /**
   * Since when ready items have waited for a fuller batch. It changes only when a request leaves: an older item that
   * becomes ready meanwhile must not restart the wait.
   */
  #waitingSince: number | undefined;
  /** Skipped items are back, and leave at once. */
  #requeued = false;
  /** A flush or a close waits for the items up to this place. */
  #hurry: { readonly upTo: number; readonly reason: 'flush' | 'close' } | undefined;

  constructor(parts: DispatcherParts<Failure>) {
    this.#parts = parts;
  }

  /** Items up to that place leave as soon as a request may. */
  hurry(upTo: number, reason: 'flush' | 'close'): void {
    this.#hurry = { upTo, reason };
  }

  /** The next batch leaves as soon as a request may. */
  hurryRequeued(): void {
    this.#requeued = true;
  }

  /** Sends all that may leave now. Returns when to call it again, if nothing happens before. */
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

  /** No item is ready. */
  rest(): void {
    const { inFlight, adaptive } = this.#parts;
    this.#requeued = false;
    this.#waitingSince = undefined;
    if (inFlight.size === 0 && adaptive.cut.hasFailed) adaptive.cut.rest();
  }

  /**
   * Sends as many items as fit into so many bytes, in requests that outlive the process, even beyond the limit of
   * requests in flight. Returns the bytes that it sends.
   */
  sendOutliving(maxBytes: number): number {
    const { backlog, adaptive, clock, bisection } = this.#parts;
    // A process that ends cannot send the rest later.
    const limits = {
      maxItems: adaptive.items.limit,
      maxBytes: Math.min(adaptive.bytes.limit, MAX_OUTLIVING_DISPATCH_BYTES),
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

  #next(now: number): NextDispatch | undefined {
    const { backlog, adaptive, breaker, bisection, inFlight } = this.#parts;
    const oldest = backlog.ready.first;
    if (oldest !== undefined) this.#waitingSince ??= oldest.readyAt;
    if (now < adaptive.gate.opensAt || now < adaptive.spacing.opensAt) return undefined;
    const fixed = now < bisection.dueAt ? undefined : bisection.due(now);
    if (oldest === undefined && fixed === undefined) return undefined;
    const isFixedsTurn = fixed !== undefined && isFixedBefore(fixed, oldest);
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
    const { backlog, inFlight, envelopeBytes, separatorBytes } = this.#parts;
    const { size, bytes } = backlog.ready;
    const allBytes = envelopeBytes + bytes + separatorBytes * (size - 1);
    if (size >= maxItems || allBytes >= maxBytes) return 'full';
    if (this.#requeued) return 'requeue';
    if (this.#hurry !== undefined && oldest.seq <= this.#hurry.upTo) return this.#hurry.reason;
    if (inFlight.size === 0) return 'idle';
    return now >= this.#agedAt() ? 'aged' : undefined;
  }

  /** In an outage, one request at a time probes, with the oldest items. */
  #mayProbe(now: number): boolean {
    const { breaker, ping, inFlight } = this.#parts;
    if (inFlight.size > 0 || (breaker.isOpen && now < breaker.nextProbeAt)) return false;
    if (ping === undefined || !breaker.needsPing) return true;
    void inFlight.ping(ping);
    return false;
  }

  get #limits(): BatchLimits {
    const { adaptive, maxAnswerBytes } = this.#parts;
    const { cut, items, bytes } = adaptive;
    const maxItems = cut.hasFailed ? cut.limit(items.limit) : items.limit;
    return { maxItems, maxBytes: bytes.limit, maxAnswerBytes };
  }

  #agedAt(): number {
    const { inFlight, maxWaitMs } = this.#parts;
    const worthMs = DISPATCH_WAIT_PART * inFlight.fastestMs;
    return (this.#waitingSince ?? NEVER) + Math.min(maxWaitMs, worthMs);
  }

  /** The next time at which something may become due. */
  #nextTime(now: number): number {
    const { backlog, adaptive, breaker, bisection, inFlight } = this.#parts;
    const { gate, spacing } = adaptive;
    const times = [backlog.nextDue, bisection.dueAt, gate.opensAt, spacing.opensAt];
    times.push(breaker.nextProbeAt, this.#agedAt(), inFlight.overdueAt);
    let next = NEVER;
    for (const time of times) if (time > now && time < next) next = time;
    return next;
  }

  /** Sends a fixed batch, or packs a batch of at most `room` bytes. Returns its bytes; 0 if nothing fits. */
  #dispatch({ reason, fixed, limits }: NextDispatch, now: number, room?: number): number {
    const { backlog, adaptive, events, breaker, bisection, inFlight } = this.#parts;
    if (fixed === undefined) {
      this.#requeued = false;
      this.#waitingSince = undefined;
    }
    const { items, bytes } =
      fixed === undefined ? backlog.pack(limits, now, room) : backlog.takeFixed(fixed.items);
    const leaving = fixed && bisection.leave(fixed, items, now);
    if (items.length === 0) return 0;
    for (const item of items) item.attempts++;
    const packed = items[0] instanceof PackedBatch ? items[0].content : undefined;
    const count = packed?.keys.length ?? items.length;
    this.requests++;
    this.items += count;
    this.bytes += bytes;
    const number = ++adaptive.spacing.sent;
    if (events.observed.dispatch) {
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
      fixed: leaving,
    });
    return bytes;
  }
}

/** Halves go first; a packed batch takes its turn among the older items. */
function isFixedBefore({ queue, items: [first] }: FixedBatch, oldest: Item | undefined): boolean {
  return queue.why !== 'packed' || oldest === undefined || (first?.seq ?? 0) < oldest.seq;
}
