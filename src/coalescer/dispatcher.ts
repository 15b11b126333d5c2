/**
 * When a request leaves, and with how many others.
 *
 * Batches are bound late: items are picked when a request can leave, not when their window ends. One
 * request leaves whenever none is in flight, so a lone call waits for nothing. Further ones leave
 * for full batches, and for items that have waited long enough: busy callers fill batches by
 * themselves, and a steady trickle never starves.
 */
import type { Clock } from '../internal/clock.ts';
import type { Silence } from './attempt.ts';
import { ask, attempt } from './attempt.ts';
import type { Backlog } from './backlog.ts';
import { ItemBatch } from './batch.ts';
import type { Capacity } from './capacity.ts';
import type { DispatchReason, Emitter } from './events.ts';
import type { Health } from './health.ts';
import type { Item, Trip } from './item.ts';
import type { Outcome } from './outcome.ts';
import { outcomesOf } from './outcome.ts';
import { PackedBatch } from './packed-batch.ts';
import type { BatchLimits, Envelope } from './packer.ts';
import type { Part, Parts } from './parts.ts';
import type { Batch, Ping, Read, Reply, Send } from './ports.ts';
import type { Flight } from './replies.ts';
import { RoundTrips } from './round-trips.ts';
import type { ServerWatch } from './server-watch.ts';
import type { Departed, Leg } from './under-way.ts';
import { abortSoon, UnderWay } from './under-way.ts';

export interface DispatchSettings extends Envelope, Pick<BatchLimits, 'maxAnswerBytes'> {
  /** The longest that a call waits for a fuller batch while others are in flight, milliseconds. */
  readonly maxWaitMs: number;
  /**
   * How long `send` takes for an attempt, at most, in milliseconds; one of which nothing is heard for a second
   * more is given up. So long has a call left after a stop of the process in which its time was over,
   * unsent. @default `deliveryTimeoutMs`, and no attempt is given up
   */
  readonly attemptTimeoutMs?: number | undefined;
}

/** What the dispatcher asks, and whom it tells. */
interface Others<Failure> {
  readonly send: Send<Failure>;
  readonly read: Read;
  readonly ping?: Ping<Failure> | undefined;
  readonly clock: Clock;
  /** Bytes of an answer have come. */
  readonly heard: () => void;
  /** Says of an attempt that took so many milliseconds what its sender should have said. */
  readonly overdue: (ms: number) => Failure;
  readonly backlog: Backlog;
  readonly health: Health;
  readonly watch: ServerWatch<Failure>;
  readonly capacity: Capacity;
  readonly parts: Parts;
  readonly events: Emitter;
  readonly onReply: (
    flight: Flight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ) => void;
  readonly onPing: () => void;
}

/** What leaves next: a batch or a part of one, as it stands; or else a batch that is yet to be packed. */
interface Leaving {
  readonly reason: DispatchReason;
  readonly part?: Part | undefined;
}

/**
 * Bytes of a request that outlives its process, at most, unless one item has more. Small ones: a browser that
 * has no room for one refuses it whole.
 */
const OUTLIVING_BYTES = 16_000;

const NEVER = Number.POSITIVE_INFINITY;

export class Dispatcher<Failure> {
  /** Requests that left, and the items and UTF-8 bytes that they carried. */
  requests = 0;
  items = 0;
  bytes = 0;
  readonly #settings: DispatchSettings;
  readonly #others: Others<Failure>;
  readonly #underWay: UnderWay;
  readonly #roundTrips = new RoundTrips();
  /**
   * Since when sendable items wait for a fuller batch. It moves on only when a request leaves: an
   * older item that becomes sendable meanwhile must not start the wait anew.
   */
  #waitingSince: number | undefined;
  /** Skipped items are back: they leave at once. */
  #requeued = false;
  /** A flush or a close waits for the items up to this place. */
  #hurry: { readonly upTo: number; readonly reason: 'flush' | 'close' } | undefined;

  constructor(settings: DispatchSettings, others: Others<Failure>) {
    this.#settings = settings;
    this.#others = others;
    this.#underWay = new UnderWay(settings.attemptTimeoutMs);
  }

  get inFlight(): number {
    return this.#underWay.size;
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
    for (;;) {
      this.#others.backlog.wake(now);
      const leaving = this.#next(now);
      if (leaving === undefined) return this.#nextTime(now);
      this.#dispatch(leaving, now);
    }
  }

  /**
   * Sends what fits into so many bytes, whatever is in flight, in requests that outlive the process.
   * Returns the bytes that it sends.
   */
  sendOutliving(maxBytes: number): number {
    const { backlog, parts } = this.#others;
    for (const item of parts.dissolve()) if (item.state === 'held') backlog.putBack(item, 0);
    let room = maxBytes;
    let sent: number;
    do {
      sent = this.#dispatch({ reason: 'outlive' }, this.#others.clock.now(), room);
      room -= sent;
    } while (sent > 0);
    return maxBytes - room;
  }

  /**
   * Gives up what should have been over long ago, and of which its sender will never speak: in a runtime where
   * all that a request has begun goes with it. Not to be called before what has come is read.
   */
  giveUpOverdue(): void {
    const { clock, overdue } = this.#others;
    const { legs, ping } = this.#underWay.overdue(clock.now());
    const failed = (): Failure => overdue(this.#settings.attemptTimeoutMs ?? NEVER);
    for (const leg of legs) {
      this.#returns(leg, { kind: 'lost', status: undefined, failure: failed(), overload: true });
      abortSoon(leg.trip.request);
    }
    if (ping === undefined) return;
    this.#pingReturns(ping, { failure: failed() });
    abortSoon(ping);
  }

  /** Gives up all that is under way, unheard. Returns what aborts it: no part of the step. */
  giveUpAll(): () => void {
    return this.#underWay.giveUpAll();
  }

  #next(now: number): Leaving | undefined {
    const { backlog, capacity, health, parts } = this.#others;
    const oldest = backlog.ready.first;
    if (oldest === undefined) {
      this.#requeued = false;
      this.#waitingSince = undefined;
      if (this.#underWay.size === 0) capacity.cut.rest();
    } else {
      this.#waitingSince ??= oldest.readyAt;
    }
    if (now < capacity.gate.opensAt || now < capacity.spacing.opensAt) return undefined;
    const part = parts.due(now, ({ state }) => state === 'held');
    if (oldest === undefined && part === undefined) return undefined;
    const isPartsTurn = part !== undefined && isBefore(part, oldest);
    if (health.isDown || capacity.gate.isProbing) {
      if (!this.#mayProbe(now)) return undefined;
      return isPartsTurn ? { reason: 'probe', part } : { reason: 'probe' };
    }
    if (this.#underWay.size >= capacity.concurrency.limit) return undefined;
    const reason = oldest === undefined ? undefined : this.#reasonToPack(oldest, now);
    if (part !== undefined && (isPartsTurn || reason === undefined)) {
      return { reason: part.line.why === 'packed' ? 'packed' : 'bisect', part };
    }
    return reason === undefined ? undefined : { reason };
  }

  #reasonToPack(oldest: Item, now: number): DispatchReason | undefined {
    if (this.#isFull()) return 'full';
    if (this.#requeued) return 'requeue';
    if (this.#hurry !== undefined && oldest.seq <= this.#hurry.upTo) return this.#hurry.reason;
    if (this.#underWay.size === 0) return 'idle';
    return now >= this.#agedAt() ? 'aged' : undefined;
  }

  /** While the server does not answer, one request at a time tries, and the oldest items ride. */
  #mayProbe(now: number): boolean {
    const { health, ping } = this.#others;
    if (this.#underWay.size > 0 || (health.isDown && now < health.nextProbeAt)) return false;
    if (ping === undefined || !health.needsPing) return true;
    if (!this.#underWay.isPinging) void this.#pingFirst(ping);
    return false;
  }

  #isFull(): boolean {
    const { size, bytes } = this.#others.backlog.ready;
    const { maxItems, maxBytes } = this.#limits;
    const { envelopeBytes, separatorBytes } = this.#settings;
    return size >= maxItems || envelopeBytes + bytes + separatorBytes * (size - 1) >= maxBytes;
  }

  get #limits(): BatchLimits {
    const { cut, items, bytes } = this.#others.capacity;
    const { maxAnswerBytes } = this.#settings;
    const maxItems = cut.hasFailed ? cut.limit(items.limit) : items.limit;
    return { maxItems, maxBytes: bytes.limit, maxAnswerBytes };
  }

  #agedAt(): number {
    const since = this.#waitingSince ?? NEVER;
    return since + Math.min(this.#settings.maxWaitMs, this.#roundTrips.worthWaitingMs);
  }

  /** The next time at which the answer to what leaves next may be another one. */
  #nextTime(now: number): number {
    const { backlog, capacity, health, parts } = this.#others;
    const { gate, spacing } = capacity;
    const times = [backlog.nextDue, parts.nextTime, gate.opensAt, spacing.opensAt];
    times.push(health.nextProbeAt, this.#agedAt(), this.#underWay.overdueAt);
    let next = NEVER;
    for (const time of times) if (time > now && time < next) next = time;
    return next;
  }

  /** Sends a part, or packs a batch, of at most `room` bytes. Returns its bytes; 0 where none fits. */
  #dispatch({ reason, part }: Leaving, now: number, room?: number): number {
    const { backlog, capacity, events, health, parts } = this.#others;
    const whole = { maxItems: capacity.items.limit, maxBytes: capacity.bytes.limit };
    // A process that ends will not be there to send the rest.
    const maxBytes = Math.min(whole.maxBytes, OUTLIVING_BYTES);
    const limits = reason === 'outlive' ? { ...whole, maxBytes } : this.#limits;
    if (part === undefined) {
      this.#requeued = false;
      this.#waitingSince = undefined;
    } else {
      parts.take(part, now);
    }
    const { items, bytes } =
      part === undefined ? backlog.pack(limits, now, room) : backlog.takePart(part.items);
    if (items.length === 0) {
      if (part !== undefined) parts.back(part);
      return 0;
    }
    const { answers, isDown, hasPing } = health;
    for (const item of items) item.attempts++;
    const count = packedOf(items)?.keys.length ?? items.length;
    this.requests++;
    this.items += count;
    this.bytes += bytes;
    events.emit('dispatch', { items: count, bytes, reason });
    const isCut = part === undefined && items.length === limits.maxItems;
    void this.#send({
      number: capacity.spacing.left(),
      items,
      bytes,
      empty: isCut ? whole.maxItems - items.length : 0,
      leftAt: now,
      answersBefore: answers,
      isProbe: isDown,
      hasPing,
      outlives: reason === 'outlive',
      part: part === undefined ? undefined : parts.reducedTo(part, items),
    });
    return bytes;
  }

  async #send(flight: Departed): Promise<void> {
    const { heard, send } = this.#others;
    const request = new AbortController();
    const trip: Trip = { request, hasLeft: false, isRecalled: false };
    const leg: Leg = { flight, trip };
    this.#underWay.add(leg);
    for (const item of flight.items) item.trip = trip;
    const options = {
      signal: request.signal,
      outlives: flight.outlives,
      heard,
      waits: () => {
        trip.hasLeft = false;
      },
      left: () => {
        trip.hasLeft = true;
      },
    };
    // A sender is no part of a step: it may call the user's own code. What is given up until then
    // has been said not to have left, so no sender hears of it, be it one that minds no signal.
    await undefined;
    trip.hasLeft = !request.signal.aborted;
    // Made in its place: kept in a variable, it lives through enough collections that V8 begins to
    // make it old from the start, and the items of each batch with it.
    const reply = trip.hasLeft
      ? await attempt(
          send,
          packedOf(flight.items) ?? new ItemBatch(flight.items, flight.bytes),
          options,
        )
      : ({ kind: 'unsent', failure: request.signal.reason } as const);
    this.#returns(leg, reply);
  }

  #returns({ flight, trip }: Leg, given: Reply<Failure>): void {
    const { clock, onReply, read } = this.#others;
    const reply = unsentOr(trip, given);
    const outcomes =
      reply.kind === 'answered' && packedOf(flight.items) === undefined
        ? outcomesOf(flight.items, reply.outputs, read)
        : [];
    const inFlight = this.#underWay.size;
    // Whoever gave the request up has settled its items.
    if (!this.#underWay.remove(trip.request)) return;
    const now = clock.now();
    if (reply.kind === 'answered') this.#roundTrips.learn(now - flight.leftAt);
    onReply({ ...flight, inFlight, isRecalled: trip.isRecalled }, reply, outcomes, now);
  }

  async #pingFirst(ping: Ping<Failure>): Promise<void> {
    const request = new AbortController();
    this.#underWay.pingLeaves(request, this.#others.clock.now());
    await undefined;
    this.#pingReturns(request, await ask(ping, request.signal));
  }

  #pingReturns(request: AbortController, silence: Silence<Failure> | undefined): void {
    const { clock, watch, onPing } = this.#others;
    if (!this.#underWay.pingReturns(request)) return;
    watch.pinged(silence, clock.now());
    onPing();
  }
}

/** Parts of a divided batch go first; a batch that its caller has packed has no right before older items. */
function isBefore({ line, items: [first] }: Part, oldest: Item | undefined): boolean {
  return line.why !== 'packed' || oldest === undefined || (first?.seq ?? 0) < oldest.seq;
}

function packedOf([first]: readonly Item[]): Batch | undefined {
  return first instanceof PackedBatch ? first.content : undefined;
}

/** What was given up, or failed, before it had left was never sent. */
function unsentOr<Failure>({ hasLeft }: Trip, reply: Reply<Failure>): Reply<Failure> {
  return reply.kind === 'lost' && !hasLeft ? { kind: 'unsent', failure: reply.failure } : reply;
}
