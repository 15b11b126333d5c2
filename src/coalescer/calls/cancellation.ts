/** Calls that end before their item: aborted, or past their deadline. */
import type {
  Caller,
  Item,
  ItemAndCaller,
  ItemSendState,
  ReasonToLeaveItem,
} from '../items/item.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { ServerHealth } from '../server/server-health.ts';
import { isOnlyCaller } from './callers.ts';
import type { End, Settlement } from './settlement.ts';
import { reasonToDrop } from './settlement.ts';

export interface CancellationParts<Failure> {
  readonly backlog: Backlog;
  readonly settlement: Settlement<Failure>;
  readonly serverHealth: ServerHealth<Failure>;
}

export class Cancellation<Failure> {
  readonly #parts: CancellationParts<Failure>;
  /** Items without callers that stay, since the server has them or others need them. */
  readonly unwanted: Set<Item> = new Set();
  /** Requests that must not leave any more: one of their calls has ended as not sent. */
  recalled: ItemSendState[] = [];

  constructor(parts: CancellationParts<Failure>) {
    this.#parts = parts;
  }

  /** Rejects calls whose signal has fired. */
  abort(calls: readonly ItemAndCaller[], reason: unknown): void {
    const why = { kind: 'aborted', reason } as const;
    const neverSent: End<Failure>[] = [];
    for (const { item, caller } of calls) {
      // An earlier one has ended it.
      if (item.state === 'settled') continue;
      // Most were never sent. They end together, which costs far less than one by one.
      if (isOnlyCaller(caller, item) && item.attempts === 0) {
        neverSent.push({ kind: 'failed', item, reason: { ...why, maybeApplied: false } });
      } else {
        this.#withdraw(item, caller, why);
      }
    }
    this.#parts.settlement.settle(neverSent.filter(({ item }) => item.state !== 'settled'));
  }

  /**
   * Rejects the calls made by that time, except those in flight: their answers may be there, not yet read. Where the
   * process stood still, an item that was never sent gets one attempt instead, once, and waits as if called at
   * `reprievedTo`.
   */
  expireWaiting(calledBy: number, reprievedTo: number | undefined): void {
    const over: Item[] = [];
    const reprieved: Item[] = [];
    for (const item of this.#parts.backlog.calledBy(calledBy)) {
      if (item.state === 'in flight') continue;
      const mayStill = reprievedTo !== undefined && item.attempts === 0;
      if (mayStill && !item.extras?.retryState?.isLastChance) reprieved.push(item);
      else over.push(item);
    }
    if (reprievedTo !== undefined) this.#parts.backlog.spare(reprieved, reprievedTo);
    for (const one of over) this.#expire(one);
  }

  /** Rejects all calls made by that time. */
  expire(calledBy: number): void {
    for (;;) {
      const item = this.#parts.backlog.oldest;
      if (item === undefined || item.calledAt > calledBy) return;
      this.#expire(item);
    }
  }

  #expire(item: Item): void {
    const { sent: attempts } = item;
    const last = this.#parts.serverHealth.lastFor(item);
    const reason = { kind: 'exhausted', limit: 'deliveryTimeoutMs', attempts, last } as const;
    while (item.isAwaited && item.state !== 'settled') {
      this.#withdraw(item, item as Caller, reason);
    }
  }

  /** Aborts the recalled requests. Not within a step: that may run user code. */
  recall(): void {
    const { recalled } = this;
    this.recalled = [];
    for (const { controller } of recalled) controller.abort();
  }

  /** Ends unwanted items that are back in the queue and not needed. */
  sweep(): void {
    // Youngest first, since older ones may be needed only by them.
    for (const item of [...this.unwanted].sort((a, b) => b.seq - a.seq)) {
      const isOver = item.state === 'settled' || item.isWanted;
      if (isOver || (item.state !== 'in flight' && !this.#isNeeded(item))) {
        this.unwanted.delete(item);
        if (isOver) continue;
        this.#parts.settlement.settle([{ kind: 'failed', item, reason: reasonToDrop(item) }]);
      }
    }
  }

  /**
   * Ends a call, and its item too if that was its last caller. The item stays where the server has it, or may have it
   * and others need it; then nothing overtakes it.
   */
  #withdraw(item: Item, caller: Caller, why: ReasonToLeaveItem<Failure>): void {
    const isInFlight = item.state === 'in flight';
    const maybeApplied = item.maybeApplied || item.isAtServer;
    const reason = { ...why, maybeApplied };
    const isItsLast = isOnlyCaller(caller, item);
    if (isItsLast && !isInFlight && !this.#isNeeded(item)) {
      this.#parts.settlement.settle([{ kind: 'failed', item, reason }]);
      return;
    }
    if (isItsLast) {
      this.#parts.backlog.desert(item);
      item.keepRetryState().left = why;
      this.unwanted.add(item);
      const { sending } = item;
      if (isInFlight && sending?.hasLeft === false && !sending.isRecalled) {
        sending.isRecalled = true;
        this.recalled.push(sending);
      }
    }
    this.#parts.settlement.leave(item, caller, reason);
  }

  /** The server may have it, and others wait for what it makes. */
  #isNeeded(item: Item): boolean {
    return item.maybeApplied && this.#parts.backlog.order.isNeeded(item);
  }
}
