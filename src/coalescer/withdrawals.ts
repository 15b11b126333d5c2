/** Calls that end before their item does: aborted by their caller, or waited for too long. */
import type { Backlog } from './backlog.ts';
import type { Caller, Item, LeftBy } from './item.ts';
import { ghostReason } from './item.ts';
import type { Last } from './ports.ts';
import type { Settlement } from './settlement.ts';
import { Signals } from './signals.ts';

export class Withdrawals<Failure> {
  readonly #backlog: Backlog;
  readonly #settlement: Settlement<Failure>;
  /** Items that were left by their last caller, while they were at the server or needed by others. */
  readonly #ghosts = new Set<Item>();
  readonly #signals = new Signals();
  /** Something may have become sendable. */
  readonly #onChange: () => void;

  constructor(backlog: Backlog, settlement: Settlement<Failure>, onChange: () => void) {
    this.#backlog = backlog;
    this.#settlement = settlement;
    this.#onChange = onChange;
  }

  /** Follows a caller's signal until the call is settled. */
  listen(item: Item, caller: Caller, signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const abort = (): void => {
      this.#withdraw(item, caller, { kind: 'aborted', reason: signal.reason });
      this.#onChange();
    };
    if (signal.aborted) {
      abort();
      return;
    }
    caller.unlisten = this.#signals.follow(signal, abort);
  }

  /** Rejects all calls that were made by that time. */
  expire(calledBy: number): void {
    for (;;) {
      const item = this.#backlog.oldest;
      if (item === undefined || item.calledAt > calledBy) return;
      const { attempts } = item;
      const last = item.setbacks?.last as Last<Failure> | undefined;
      const reason = { kind: 'exhausted', limit: 'deliveryTimeoutMs', attempts, last } as const;
      for (let { caller } = item; caller !== undefined; ) {
        const { next } = caller;
        this.#withdraw(item, caller, reason);
        caller = next;
      }
    }
  }

  /** Drops the ghosts in the queue that nobody needs any more. */
  sweep(): void {
    if (this.#ghosts.size === 0) return;
    // The youngest first: with it goes the need for those that it waited for.
    for (const item of [...this.#ghosts].sort((a, b) => b.seq - a.seq)) {
      const isOver = item.state === 'settled' || !item.isGhost;
      if (isOver || (item.state !== 'in flight' && !this.#isNeeded(item))) {
        this.#ghosts.delete(item);
        if (!isOver) this.#settlement.settle([{ kind: 'failed', item, reason: ghostReason(item) }]);
      }
    }
  }

  /**
   * Ends a call, and its item with it, unless others wait for the item, or the server has it, or may
   * have it and others need it: then the item stays, and nothing overtakes it.
   */
  #withdraw(item: Item, caller: Caller, leftBy: LeftBy<Failure>): void {
    const isInFlight = item.state === 'in flight';
    const isLast = item.caller === caller && caller.next === undefined;
    const maybeApplied = item.maybeApplied || isInFlight;
    if (isLast && !isInFlight && !this.#isNeeded(item)) {
      this.#settlement.settle([{ kind: 'failed', item, reason: { ...leftBy, maybeApplied } }]);
      return;
    }
    if (isLast) {
      item.leftBy = leftBy;
      this.#ghosts.add(item);
    }
    this.#settlement.leave(item, caller, { ...leftBy, maybeApplied });
  }

  /** The server may have it, and others wait for what it makes. */
  #isNeeded(item: Item): boolean {
    return item.maybeApplied && this.#backlog.isAwaited(item);
  }
}
