/**
 * When a request leaves, and with how many others.
 *
 * Batches are bound late: items are picked when a request can leave, not when their window ends. One
 * request leaves whenever none is in flight, so a lone call waits for nothing. Further ones leave
 * for full batches, and for items that have waited long enough: busy callers fill batches by
 * themselves, and a steady trickle never starves.
 */
import type { Clock } from '../internal/clock.ts';
import { attempt } from './attempt.ts';
import type { Backlog } from './backlog.ts';
import type { DispatchReason, Emitter } from './events.ts';
import type { Health } from './health.ts';
import type { PackLimits } from './packer.ts';
import type { Ping, Reply, Send } from './ports.ts';
import type { Flight } from './replies.ts';

export interface DispatchSettings extends PackLimits {
  /** Requests in flight, at most. */
  readonly concurrency: number;
  /** The longest that a call waits for a fuller batch while others are in flight, milliseconds. */
  readonly maxWaitMs: number;
}

export interface DispatchPorts<Failure> {
  readonly send: Send<Failure>;
  readonly ping?: Ping | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/**
 * With each answer the fastest round trip is forgotten a little, should the way have grown: by this
 * part, and by so many milliseconds, since a coarse clock may have said 0.
 */
const FORGET = { part: 1.002, ms: 0.01 };

const NEVER = Number.POSITIVE_INFINITY;

export class Dispatcher<Failure> {
  /** Requests that left, and the items and UTF-8 bytes that they carried. */
  requests = 0;
  items = 0;
  bytes = 0;
  readonly #settings: DispatchSettings;
  readonly #ports: DispatchPorts<Failure>;
  readonly #backlog: Backlog;
  readonly #health: Health;
  readonly #events: Emitter;
  readonly #onReply: (flight: Flight, reply: Reply<Failure>) => void;
  readonly #onPing: () => void;
  readonly #underWay = new Set<AbortController>();
  #ping: AbortController | undefined;
  #fastestMs = NEVER;
  /**
   * Since when sendable items wait for a fuller batch. It moves on only when a request leaves: an
   * older item that becomes sendable meanwhile must not start the wait anew.
   */
  #waitingSince: number | undefined;
  /** Skipped items are back: they leave at once. */
  #requeued = false;
  /** A flush or a close waits for the items up to this place. */
  #hurry: { readonly upTo: number; readonly reason: 'flush' | 'close' } | undefined;

  constructor(
    settings: DispatchSettings,
    ports: DispatchPorts<Failure>,
    backlog: Backlog,
    health: Health,
    events: Emitter,
    onReply: (flight: Flight, reply: Reply<Failure>) => void,
    onPing: () => void,
  ) {
    this.#settings = settings;
    this.#ports = ports;
    this.#backlog = backlog;
    this.#health = health;
    this.#events = events;
    this.#onReply = onReply;
    this.#onPing = onPing;
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
  pump(): number {
    for (;;) {
      const now = this.#ports.clock.now();
      this.#backlog.wake(now);
      const reason = this.#reasonToLeave(now);
      if (reason === undefined) return this.#nextTime(now);
      this.#dispatch(reason, now);
    }
  }

  /** Sends what fits into so many bytes, whatever is in flight, in requests that outlive the page. */
  depart(budgetBytes: number): void {
    let room = budgetBytes;
    let sent: number;
    do {
      sent = this.#dispatch('depart', this.#ports.clock.now(), room);
      room -= sent;
    } while (sent > 0);
  }

  /** Gives up all requests under way; their replies are not waited for. */
  abortAll(): void {
    for (const request of this.#underWay) request.abort();
    this.#underWay.clear();
    this.#ping?.abort();
    this.#ping = undefined;
  }

  #reasonToLeave(now: number): DispatchReason | undefined {
    const { ready } = this.#backlog;
    const oldest = ready.first;
    if (oldest === undefined) {
      this.#requeued = false;
      this.#waitingSince = undefined;
      return undefined;
    }
    this.#waitingSince ??= oldest.readyAt;
    if (this.#health.isDown) return this.#mayProbe(now) ? 'probe' : undefined;
    if (this.#underWay.size >= this.#settings.concurrency) return undefined;
    if (this.#isFull()) return 'full';
    if (this.#requeued) return 'requeue';
    if (this.#hurry !== undefined && oldest.seq <= this.#hurry.upTo) return this.#hurry.reason;
    if (this.#underWay.size === 0) return 'idle';
    return now >= this.#agedAt() ? 'aged' : undefined;
  }

  /** While the server does not answer, one request at a time tries, and the oldest items ride. */
  #mayProbe(now: number): boolean {
    if (this.#underWay.size > 0 || now < this.#health.nextProbeAt) return false;
    if (this.#ports.ping === undefined || !this.#health.needsPing) return true;
    if (this.#ping === undefined) void this.#pingFirst(this.#ports.ping);
    return false;
  }

  #isFull(): boolean {
    const { size, bytes } = this.#backlog.ready;
    const { maxItems, maxBytes, envelopeBytes, separatorBytes } = this.#settings;
    return size >= maxItems || envelopeBytes + bytes + separatorBytes * (size - 1) >= maxBytes;
  }

  /** Waiting longer than the fastest round trip would cost more time than a request takes. */
  #agedAt(): number {
    const since = this.#waitingSince ?? NEVER;
    return since + Math.min(this.#settings.maxWaitMs, this.#fastestMs);
  }

  #nextTime(now: number): number {
    const due = this.#backlog.nextDue ?? NEVER;
    if (this.#backlog.ready.size === 0) return due;
    if (this.#health.isDown) {
      const { nextProbeAt } = this.#health;
      return now < nextProbeAt ? nextProbeAt : due;
    }
    const isWaitingForSlot = this.#underWay.size >= this.#settings.concurrency;
    return isWaitingForSlot ? due : Math.min(due, this.#agedAt());
  }

  /** Packs a batch, of at most `room` bytes, and sends it. Returns its bytes; 0 where none fits. */
  #dispatch(reason: DispatchReason, now: number, room?: number): number {
    this.#requeued = false;
    this.#waitingSince = undefined;
    const { items, bytes } = this.#backlog.pack(now, room);
    if (items.length === 0) return 0;
    const { answers, isDown } = this.#health;
    for (const item of items) {
      if (item.attempts === 0) item.answersSeen = answers;
      item.attempts++;
    }
    this.requests++;
    this.items += items.length;
    this.bytes += bytes;
    this.#events.emit('dispatch', { items: items.length, bytes, reason });
    const flight = { items, leftAt: now, answersBefore: answers, isProbe: isDown };
    void this.#send(flight, bytes, reason === 'depart');
    return bytes;
  }

  async #send(flight: Flight, bytes: number, keepalive: boolean): Promise<void> {
    const keys = flight.items.map(({ key }) => key);
    const texts = flight.items.map(({ text }) => text as string);
    const batch = { keys, texts, bytes };
    const request = new AbortController();
    this.#underWay.add(request);
    const reply = await attempt(this.#ports.send, batch, { signal: request.signal, keepalive });
    // Whoever gave the request up has settled its items.
    if (!this.#underWay.delete(request)) return;
    if (reply.kind === 'answered') this.#learn(this.#ports.clock.now() - flight.leftAt);
    this.#onReply(flight, reply);
  }

  #learn(roundTripMs: number): void {
    this.#fastestMs = Math.min(roundTripMs, this.#fastestMs * FORGET.part + FORGET.ms);
  }

  async #pingFirst(ping: Ping): Promise<void> {
    const request = new AbortController();
    this.#ping = request;
    const answered = await ask(ping, request.signal);
    if (this.#ping !== request) return;
    this.#ping = undefined;
    this.#health.pinged(answered, this.#ports.clock.now(), this.#ports.random());
    this.#onPing();
  }
}

/** A ping that throws had no answer. */
async function ask(ping: Ping, signal: AbortSignal): Promise<boolean> {
  try {
    return await ping({ signal });
  } catch {
    return false;
  }
}
