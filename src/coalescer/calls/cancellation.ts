/** Calls that end before their item does: aborted by their caller, or waited for too long. */

import type { Caller, Item, PendingCall, SendState } from '../items/item.ts';
import type { LeftBy } from '../items/retry-state.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { ServerHealth } from '../server/server-health.ts';
import type { End } from './ends.ts';
import { reasonToDrop } from './ends.ts';
import type { Settlement } from './settlement.ts';

export interface CancellationParts<Failure> {
  readonly backlog: Backlog;
  readonly settlement: Settlement<Failure>;
  readonly serverHealth: ServerHealth<Failure>;
}

export class Cancellation<Failure> {
  readonly #backlog: Backlog;
  readonly #settlement: Settlement<Failure>;
  readonly #serverHealth: ServerHealth<Failure>;
  /** Items that nobody wants any more, and that stay: at the server, or needed by others. */
  readonly unwanted: Set<Item> = new Set();
  /** Requests that must not leave any more, since one of their calls has ended as not sent. */
  recalled: SendState[] = [];

  constructor({ backlog, settlement, serverHealth }: CancellationParts<Failure>) {
    this.#backlog = backlog;
    this.#settlement = settlement;
    this.#serverHealth = serverHealth;
  }

  /** Rejects calls that were aborted, all for the same reason. */
  abort(calls: readonly PendingCall[], reason: unknown): void {
    const why = { kind: 'aborted', reason } as const;
    const neverSent: End<Failure>[] = [];
    for (const { item, caller } of calls) {
      // One may have taken others with it.
      if (item.state === 'settled') continue;
      // Most have never been sent, and end together: to end each by itself costs many times as much.
      if (isLast(item, caller) && item.attempts === 0) {
        neverSent.push({ kind: 'failed', item, reason: { ...why, maybeApplied: false } });
      } else {
        this.#withdraw(item, caller, why);
      }
    }
    this.#settlement.settle(neverSent.filter(({ item }) => item.state !== 'settled'));
  }

  /**
   * Rejects the calls that were made by that time, but for those in flight, whose answers may be there
   * and not yet read. Where the process stood still, what was never sent gets one attempt instead,
   * once: it waits on as if it had been called at `reprievedTo`.
   */
  expireWaiting(calledBy: number, reprievedTo: number | undefined): void {
    const over: Item[] = [];
    const reprieved: Item[] = [];
    for (const item of this.#backlog.calledBy(calledBy)) {
      if (item.state === 'in flight') continue;
      const mayStill = reprievedTo !== undefined && item.attempts === 0;
      if (mayStill && !item.extras?.retryState?.isLastChance) reprieved.push(item);
      else over.push(item);
    }
    if (reprievedTo !== undefined) this.#backlog.spare(reprieved, reprievedTo);
    for (const one of over) this.#expire(one);
  }

  /** Rejects all calls that were made by that time. */
  expire(calledBy: number): void {
    for (;;) {
      const item = this.#backlog.oldest;
      if (item === undefined || item.calledAt > calledBy) return;
      this.#expire(item);
    }
  }

  #expire(item: Item): void {
    const { sent: attempts } = item;
    const last = this.#serverHealth.lastFor(item);
    const reason = { kind: 'exhausted', limit: 'deliveryTimeoutMs', attempts, last } as const;
    // One of those before it may have taken it along: nobody waits for it then.
    if (item.state === 'settled') return;
    while (item.isAwaited && isPending(item)) this.#withdraw(item, item as Caller, reason);
  }

  /** Calls back the requests that must not leave. That may run code of others, so it is no part of a step. */
  recall(): void {
    const { recalled } = this;
    this.recalled = [];
    for (const { controller } of recalled) controller.abort();
  }

  /** Drops what is not wanted, is in the queue, and is not needed any more. */
  sweep(): void {
    // The youngest first: with it goes the need for those that it waited for.
    for (const item of [...this.unwanted].sort((a, b) => b.seq - a.seq)) {
      const isOver = item.state === 'settled' || item.isWanted;
      if (isOver || (item.state !== 'in flight' && !this.#isNeeded(item))) {
        this.unwanted.delete(item);
        if (isOver) continue;
        this.#settlement.settle([{ kind: 'failed', item, reason: reasonToDrop(item) }]);
      }
    }
  }

  /**
   * Ends a call, and its item with it, unless others wait for the item, or the server has it, or may
   * have it and others need it: then the item stays, and nothing overtakes it.
   */
  #withdraw(item: Item, caller: Caller, why: LeftBy<Failure>): void {
    const isInFlight = item.state === 'in flight';
    const maybeApplied = item.maybeApplied || item.isAtServer;
    const reason = { ...why, maybeApplied };
    const isItsLast = isLast(item, caller);
    if (isItsLast && !isInFlight && !this.#isNeeded(item)) {
      this.#settlement.settle([{ kind: 'failed', item, reason }]);
      return;
    }
    if (isItsLast) {
      this.#backlog.desert(item);
      item.keepRetryState().left = why;
      this.unwanted.add(item);
      if (isInFlight && !item.isAtServer) this.#noteRecalled(item.sending);
    }
    this.#settlement.leave(item, caller, reason);
  }

  #noteRecalled(trip: SendState | undefined): void {
    if (trip === undefined || trip.isRecalled) return;
    trip.isRecalled = true;
    this.recalled.push(trip);
  }

  /** The server may have it, and others wait for what it makes. */
  #isNeeded(item: Item): boolean {
    return item.maybeApplied && this.#backlog.order.isNeeded(item);
  }
}

/** Nobody else waits for the item. */
function isLast(item: Item, caller: Caller): boolean {
  return caller === item && !item.extras?.others?.size;
}

function isPending({ state }: Item): boolean {
  return state !== 'settled';
}
