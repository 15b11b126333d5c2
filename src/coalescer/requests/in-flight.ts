/** The requests in flight, and the ping: from when they leave until their reply is there. */
import { NEVER } from '../../lib/clock.ts';
import { copyTexts } from '../../lib/text-arena.ts';
import type { Item, ItemSendState } from '../items/item.ts';
import type { CompleteOptions } from '../ports/options.ts';
import type { Batch, Ping, Reply } from '../ports/sender.ts';
import type { PingFailure } from '../server/server-health.ts';
import type { FixedBatch } from './bisection.ts';
import type { Outcome } from './outputs.ts';
import { outcomesOf } from './outputs.ts';

export interface RequestInFlight {
  readonly number: number;
  readonly items: readonly Item[];
  readonly bytes: number;
  /** The batch, if its caller has packed it. */
  readonly packed: Batch | undefined;
  /** By how many items the failure cut has made it shorter. */
  readonly empty: number;
  readonly leftAt: number;
  readonly sending: ItemSendState;
  /** Requests that were in flight when it came back, itself included. */
  together: number;
  /** Usable answers that the engine had seen when it left. */
  readonly answersBefore: number;
  readonly isProbe: boolean;
  /** A ping was answered just before it left. */
  readonly hasPing: boolean;
  readonly outlives: boolean;
  /** The packed batch, or the half of a failed one, that it carries. */
  readonly fixed: FixedBatch | undefined;
}

type PingInFlight = Readonly<{ controller: AbortController; leftAt: number }>;

interface InFlightPorts<Failure> extends CompleteOptions<Failure> {
  /** Counts how often bytes of an answer have arrived. */
  readonly timeouts: { received: number };
  readonly onReply: (
    request: RequestInFlight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ) => void;
  readonly onPing: (failed: PingFailure<Failure> | undefined, now: number) => void;
}

/**
 * Milliseconds from when an attempt is found to be overdue until it is given up. If the process stood
 * still, the sender's own timers fire and its answers arrive in this time.
 */
const OVERDUE_FLIGHT_GRACE_MS = 1_000;

/**
 * With each answer the fastest round trip grows a little, in case the network has become slower: by this
 * factor, and by these milliseconds, since a coarse clock may have measured 0.
 */
const FASTEST_FLIGHT_GROWTH = { part: 1.002, ms: 0.01 };

export class InFlightRequests<Failure> {
  /** Requests in flight, without the ping. */
  size = 0;
  /** The fastest round trip. */
  fastestMs: number = NEVER;
  readonly #ports: InFlightPorts<Failure>;
  /** In the order in which they left. */
  readonly #requests = new Set<RequestInFlight>();
  #ping: PingInFlight | undefined;
  /** When something was first found to be overdue. */
  #lateSince = NEVER;

  constructor(ports: InFlightPorts<Failure>) {
    this.#ports = ports;
  }

  readonly #heard = (): void => {
    this.#ports.timeouts.received++;
  };

  /** Sends a request; the sender is called after the present step. */
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
    // A sender may call user code, which must not run within a step. A request that is given up before
    // the sender is called was reported as not sent, so the sender is not called at all.
    await undefined;
    if (signal.aborted) {
      this.#returns(request, { kind: 'unsent', failure: signal.reason });
      return;
    }
    sending.hasLeft = true;
    let reply: Reply<Failure>;
    try {
      // The batch is created in the call on purpose. Kept in a variable, it lives through so many garbage
      // collections that V8 pretenures it, and the items of each batch with it.
      reply = await this.#ports.send(packed ?? new ItemBatch(items, bytes), options);
      if (!isUsableReply(reply)) throw new TypeError('A sender has to resolve to a Reply.');
    } catch (error) {
      // A sender that throws leaves open whether the server has run anything.
      reply = { kind: 'lost', status: undefined, failure: error as Failure };
    }
    this.#returns(request, reply);
  }

  /** Sends a ping, unless one is in flight. */
  async ping(ping: Ping<Failure>): Promise<void> {
    if (this.#ping !== undefined) return;
    const controller = new AbortController();
    const request = { controller, leftAt: this.#ports.clock.now() };
    this.#ping = request;
    await undefined;
    let failed: PingFailure<Failure> | undefined;
    try {
      const answer = await ping({ signal: controller.signal });
      if (answer !== true) failed = { failure: Object(answer).failure };
    } catch (error) {
      failed = { failure: error as Failure };
    }
    this.#pingReturns(request, failed);
  }

  /** When `giveUpOverdue` may have something to do. */
  get overdueAt(): number {
    const overAt = this.#firstOverAt();
    return this.#lateSince === NEVER
      ? overAt
      : Math.max(overAt, this.#lateSince + OVERDUE_FLIGHT_GRACE_MS);
  }

  /**
   * Gives up attempts whose sender will never settle: in a runtime such as workerd, pending I/O ends with
   * the request that began it. To be called after the data that has arrived is read.
   */
  giveUpOverdue(): void {
    const now = this.#ports.clock.now();
    if (now < this.#firstOverAt()) this.#lateSince = NEVER;
    else if (this.#lateSince === NEVER) this.#lateSince = now;
    if (now < this.#lateSince + OVERDUE_FLIGHT_GRACE_MS) return;
    const { overdue, attemptTimeoutMs } = this.#ports;
    const leftBy = this.#lateSince - attemptTimeoutMs;
    this.#lateSince = NEVER;
    const ping = this.#ping;
    for (const request of [...this.#requests].filter(({ leftAt }) => leftAt <= leftBy)) {
      const failure = overdue(attemptTimeoutMs);
      this.#returns(request, { kind: 'lost', status: undefined, failure, overload: true });
      abortInFlight(request.sending.controller);
    }
    if (ping === undefined || ping.leftAt > leftBy) return;
    this.#pingReturns(ping, { failure: overdue(attemptTimeoutMs) });
    abortInFlight(ping.controller);
  }

  /** Gives up all. Returns a function that aborts them, for after the step, since it may run user code. */
  giveUpAll(): () => void {
    const requests = [...this.#requests].map(({ sending }) => sending.controller);
    if (this.#ping !== undefined) requests.push(this.#ping.controller);
    this.#requests.clear();
    this.size = 0;
    this.#ping = undefined;
    return () => {
      for (const request of requests) request.abort();
    };
  }

  /** When the oldest attempt should be over. */
  #firstOverAt(): number {
    const [oldest] = this.#requests;
    const leftAt = Math.min(oldest?.leftAt ?? NEVER, this.#ping?.leftAt ?? NEVER);
    return leftAt + this.#ports.attemptTimeoutMs;
  }

  #returns(request: RequestInFlight, given: Reply<Failure>): void {
    const { clock, onReply, read } = this.#ports;
    // A request that failed before it had left was never sent.
    const reply: Reply<Failure> =
      given.kind === 'lost' && !request.sending.hasLeft
        ? { kind: 'unsent', failure: given.failure }
        : given;
    const outcomes =
      reply.kind === 'answered' && request.packed === undefined
        ? outcomesOf(request.items, reply.outputs, read, () => requestIdInFlight(reply))
        : [];
    // It was given up, and its items are settled.
    if (!this.#requests.delete(request)) return;
    request.together = this.size--;
    const now = clock.now();
    if (reply.kind === 'answered') {
      const forgotten = this.fastestMs * FASTEST_FLIGHT_GROWTH.part + FASTEST_FLIGHT_GROWTH.ms;
      this.fastestMs = Math.min(now - request.leftAt, forgotten);
    }
    onReply(request, reply, outcomes, now);
  }

  #pingReturns(request: PingInFlight, failed: PingFailure<Failure> | undefined): void {
    if (this.#ping !== request) return;
    this.#ping = undefined;
    this.#ports.onPing(failed, this.#ports.clock.now());
  }
}

function isUsableReply(reply: Partial<Reply<unknown>> | null | undefined): boolean {
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

/** `requestId` is user code: it may return anything, or throw. */
function requestIdInFlight({
  requestId,
}: Extract<Reply<unknown>, { kind: 'answered' }>): string | undefined {
  try {
    const id: unknown = requestId?.();
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** After the step, since it may run user code. */
function abortInFlight(request: AbortController): void {
  queueMicrotask(() => {
    try {
      request.abort();
    } catch {
      // A runtime may refuse to touch what belongs to a request that has ended.
    }
  });
}

/**
 * The batch as the sender sees it; keys and texts are listed only if it asks for them. It is a class, since
 * V8 makes a hidden class for each object whose getters are closures: that one is old from the start, and
 * would keep the items, promises and results of a batch until the next major garbage collection.
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
