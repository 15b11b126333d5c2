/** The requests, and the ping, on their way: from the moment in which they leave until they are back. */
import type { Clock } from '../../lib/clock.ts';
import { copyTexts } from '../../lib/text-arena.ts';
import type { Item } from '../items/item.ts';
import type { Batch, Ping, Reply, Send } from '../ports/sender.ts';
import type { Read } from '../ports/verdict.ts';
import type { Silence } from '../server/server-health.ts';
import type { Outcome } from './outcome.ts';
import { outcomesOf } from './outcome.ts';
import type { RequestInFlight } from './request.ts';

/** How requests travel, and who is told of what came of them. */
export interface InFlightPorts<Failure> {
  readonly send: Send<Failure>;
  readonly read: Read;
  readonly ping?: Ping<Failure> | undefined;
  readonly clock: Clock;
  /** What an attempt takes, at most, in milliseconds. @default Infinity */
  readonly attemptTimeoutMs?: number | undefined;
  /** Counts how often bytes of an answer have come. */
  readonly timeouts: { received: number };
  /** Says of an attempt that took so many milliseconds what its sender should have said. */
  readonly overdue?: ((ms: number) => Failure) | undefined;
  readonly onReply: (
    request: RequestInFlight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ) => void;
  readonly onPing: (silence: Silence<Failure> | undefined, now: number) => void;
}

/**
 * How long what should be over may still take once that was noticed, in milliseconds. After a stop of the
 * process its sender has the first word, with the timers and answers of its own.
 */
const GRACE_MS = 1_000;

/**
 * With each answer the fastest round trip is forgotten a little, should the way have grown: by this
 * part, and by so many milliseconds, since a coarse clock may have said 0.
 */
const FORGET = { part: 1.002, ms: 0.01 };

const NEVER = Number.POSITIVE_INFINITY;

export class InFlightRequests<Failure> {
  /** Requests, without the ping. */
  size = 0;
  /** How long the fastest answer took. */
  fastestMs: number = NEVER;
  readonly #ports: InFlightPorts<Failure>;
  readonly #attemptMs: number;
  /** In the order in which they left. */
  readonly #requests = new Set<RequestInFlight>();
  #ping: AbortController | undefined;
  #pingLeftAt = NEVER;
  /** Since when it is known that something should be over. */
  #lateSince = NEVER;

  constructor(ports: InFlightPorts<Failure>) {
    this.#ports = ports;
    this.#attemptMs = ports.attemptTimeoutMs ?? NEVER;
  }

  /** Bytes of an answer have come. */
  readonly #heard = (): void => {
    this.#ports.timeouts.received++;
  };

  /** Sends a request. Nothing of it is handed to the sender before the step is over. */
  async send(request: RequestInFlight): Promise<void> {
    const { items, bytes, packed, sending } = request;
    const { signal } = sending.controller;
    this.#requests.add(request);
    this.size++;
    for (const item of items) item.sending = sending;
    const options = {
      signal,
      outlives: request.outlives,
      heard: this.#heard,
      waits: () => {
        sending.hasLeft = false;
      },
      left: () => {
        sending.hasLeft = true;
      },
    };
    // A sender is no part of a step: it may call the user's own code. What is given up until then
    // has been said not to have left, so no sender hears of it, be it one that minds no signal.
    await undefined;
    if (signal.aborted) {
      this.#returns(request, { kind: 'unsent', failure: signal.reason });
      return;
    }
    sending.hasLeft = true;
    let reply: Reply<Failure>;
    try {
      // The batch is made in its place: kept in a variable, it lives through enough collections that V8
      // begins to make it old from the start, and the items of each batch with it.
      reply = await this.#ports.send(packed ?? new ItemBatch(items, bytes), options);
      if (!isReply(reply)) throw new TypeError('A sender has to resolve to a Reply.');
    } catch (error) {
      reply = lost(error);
    }
    this.#returns(request, reply);
  }

  /** Asks whether the server answers at all, unless that is being asked. */
  async ping(ping: Ping<Failure>): Promise<void> {
    if (this.#ping !== undefined) return;
    const request = new AbortController();
    this.#ping = request;
    this.#pingLeftAt = this.#ports.clock.now();
    await undefined;
    let silence: Silence<Failure> | undefined;
    try {
      const answer = await ping({ signal: request.signal });
      if (answer !== true) silence = { failure: Object(answer).failure };
    } catch (error) {
      silence = { failure: error as Failure };
    }
    this.#pingReturns(request, silence);
  }

  /** When `giveUpOverdue` may do another thing than now. */
  get overdueAt(): number {
    const overAt = this.#firstOverAt();
    return this.#lateSince === NEVER ? overAt : Math.max(overAt, this.#lateSince + GRACE_MS);
  }

  /**
   * Gives up what should have been over long ago, and of which its sender will never speak: in a runtime where
   * all that a request has begun goes with it. Not to be called before what has come is read.
   */
  giveUpOverdue(): void {
    const now = this.#ports.clock.now();
    if (now < this.#firstOverAt()) this.#lateSince = NEVER;
    else if (this.#lateSince === NEVER) this.#lateSince = now;
    if (now < this.#lateSince + GRACE_MS) return;
    const leftBy = this.#lateSince - this.#attemptMs;
    this.#lateSince = NEVER;
    const ping = this.#pingLeftAt <= leftBy ? this.#ping : undefined;
    for (const request of [...this.#requests].filter(({ leftAt }) => leftAt <= leftBy)) {
      const failure = this.#overdue();
      this.#returns(request, { kind: 'lost', status: undefined, failure, overload: true });
      abortSoon(request.sending.controller);
    }
    if (ping === undefined) return;
    this.#pingReturns(ping, { failure: this.#overdue() });
    abortSoon(ping);
  }

  /** Gives up all of it. Returns what aborts it, which may run code of others, so it is no part of the step. */
  giveUpAll(): () => void {
    const requests = [...this.#requests].map(({ sending }) => sending.controller);
    if (this.#ping !== undefined) requests.push(this.#ping);
    this.#requests.clear();
    this.size = 0;
    this.#ping = undefined;
    this.#pingLeftAt = NEVER;
    return () => {
      for (const request of requests) request.abort();
    };
  }

  /** What its sender should have said; if that cannot be made, its maker's own error must do. */
  #overdue(): Failure {
    const { overdue = unheard } = this.#ports;
    try {
      return overdue(this.#attemptMs) as Failure;
    } catch (error) {
      return error as Failure;
    }
  }

  /** When the oldest of it should be over. */
  #firstOverAt(): number {
    const [oldest] = this.#requests;
    return Math.min(oldest?.leftAt ?? NEVER, this.#pingLeftAt) + this.#attemptMs;
  }

  #returns(request: RequestInFlight, given: Reply<Failure>): void {
    const { clock, onReply, read } = this.#ports;
    // What was given up, or failed, before it had left was never sent.
    const reply: Reply<Failure> =
      given.kind === 'lost' && !request.sending.hasLeft
        ? { kind: 'unsent', failure: given.failure }
        : given;
    const outcomes =
      reply.kind === 'answered' && request.packed === undefined
        ? outcomesOf(request.items, reply.outputs, read, () => requestIdOf(reply))
        : [];
    // Whoever gave the request up has settled its items.
    if (!this.#requests.delete(request)) return;
    request.together = this.size--;
    const now = clock.now();
    if (reply.kind === 'answered') {
      const forgotten = this.fastestMs * FORGET.part + FORGET.ms;
      this.fastestMs = Math.min(now - request.leftAt, forgotten);
    }
    onReply(request, reply, outcomes, now);
  }

  #pingReturns(request: AbortController, silence: Silence<Failure> | undefined): void {
    // It has been given up.
    if (this.#ping !== request) return;
    this.#ping = undefined;
    this.#pingLeftAt = NEVER;
    this.#ports.onPing(silence, this.#ports.clock.now());
  }
}

/**
 * Items as the sender sees them; keys and texts are listed only if it asks for them. A class, since V8
 * makes a hidden class for each object whose getters are closures: it is never young, and would keep
 * the items, the promises and the results of a batch until the whole heap is marked.
 */
class ItemBatch implements Batch {
  readonly bytes: number;
  readonly #items: readonly Item[];

  constructor(items: readonly Item[], bytes: number) {
    this.bytes = bytes;
    this.#items = items;
  }

  get keys(): readonly string[] {
    return this.#items.map(({ key }) => key);
  }

  get texts(): readonly string[] {
    return this.#items.map(({ text }) => text as string);
  }

  writeTo(body: Uint8Array, at: number, separator: number): void {
    copyTexts(this.#items, body, at, separator);
  }
}

function isReply(reply: Partial<Reply<unknown>> | null | undefined): boolean {
  switch (reply?.kind) {
    case 'answered':
      return typeof reply.outputs === 'object' && reply.outputs !== null;
    case 'refused':
    case 'busy':
    case 'lost':
    case 'unsent':
      return true;
    default:
      return false;
  }
}

/** What a sender says there, and what it calls, may be anything. */
function requestIdOf({
  requestId,
}: Extract<Reply<unknown>, { kind: 'answered' }>): string | undefined {
  try {
    const id: unknown = requestId?.();
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** A sender that throws has not said what became of the request. */
function lost<Failure>(error: unknown): Reply<Failure> {
  return { kind: 'lost', status: undefined, failure: error as Failure };
}

/** Of an attempt whose sender says nothing. */
function unheard(ms: number): unknown {
  return new Error(`Nothing was heard of an attempt within ${ms} ms.`);
}

/** Out of the step, since user code may hear of it. What belongs to a request that is gone may refuse. */
function abortSoon(request: AbortController): void {
  queueMicrotask(() => {
    try {
      request.abort();
    } catch {
      // Nobody is left to be told.
    }
  });
}
