/** Calls that end before their item does: aborted by their caller, or waited for too long. */
import type { Backlog } from './backlog.ts';
import type { Caller, Item } from './item.ts';
import type { Reason } from './ports.ts';
import type { Settlement } from './settlement.ts';

export class Withdrawals<Failure> {
  readonly #backlog: Backlog;
  readonly #settlement: Settlement<Failure>;
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
      const { maybeApplied } = item;
      this.#withdraw(item, caller, { kind: 'aborted', reason: signal.reason, maybeApplied });
      this.#onChange();
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    caller.unlisten = () => signal.removeEventListener('abort', abort);
  }

  /** Rejects all calls that were made by that time. */
  expire(calledBy: number): void {
    for (;;) {
      const item = this.#backlog.oldest;
      if (item === undefined || item.calledAt > calledBy) return;
      const { attempts } = item;
      const maybeApplied = item.maybeApplied || item.state === 'in flight';
      const limit = 'deliveryTimeoutMs';
      const reason = { kind: 'exhausted', limit, attempts, last: undefined, maybeApplied } as const;
      for (const caller of item.callers) this.#withdraw(item, caller, reason);
    }
  }

  /**
   * Ends a call, and its item with it, unless others wait for the item, or the server has it, or may
   * have it and others need it: then the item stays, and nothing overtakes it.
   */
  #withdraw(item: Item, caller: Caller, reason: Reason<Failure>): void {
    const isLast = item.callers.length === 1;
    const mayBeNeeded = item.maybeApplied && this.#backlog.isAwaited(item);
    if (isLast && item.state !== 'in flight' && !mayBeNeeded) {
      this.#settlement.settle([{ kind: 'failed', item, reason }]);
      return;
    }
    if (isLast) item.leftBy = reason;
    this.#settlement.leave(item, caller, reason);
  }
}
