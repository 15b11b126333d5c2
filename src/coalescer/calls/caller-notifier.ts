/** Tells callers how their calls ended, once the step is over that decided it. Promises are settled only here. */
import { rejected, rejection } from '../../lib/deferred.ts';
import type { Caller, Item } from '../items/item.ts';
import { PackedBatch } from '../items/packed-batch.ts';
import type { Emitter } from '../ports/events.ts';
import type { ToError } from '../ports/reason.ts';
import type { Callers } from './callers.ts';
import type { CallEnd, Departure, End, Failed } from './settlement.ts';
import { endFor } from './settlement.ts';

/** Callers told in one turn of the event loop. To make so many errors takes some milliseconds. */
const TOLD_AT_ONCE = 1_000;

export interface CallerNotifierParts<Failure> {
  readonly callers: Callers;
  readonly events: Emitter;
  readonly toError: ToError<Failure>;
  readonly isIdle: () => boolean;
}

export class CallerNotifier<Failure> {
  readonly #parts: CallerNotifierParts<Failure>;
  isDue = false;
  /** Ends whose callers have not all been told; those before `#told` have. */
  #untold: (End<Failure> | Departure<Failure>)[] = [];
  #told = 0;
  /** The remaining callers of the first of them. */
  #rest: Iterator<Caller> | undefined;
  /** Nothing is pending any more, and `idle` was not told yet. */
  idles = false;
  #isTelling = false;

  constructor(parts: CallerNotifierParts<Failure>) {
    this.#parts = parts;
  }

  /** Adds an end, to be told when the step is over. */
  add(end: End<Failure> | Departure<Failure>): void {
    this.#untold.push(end);
    this.isDue = true;
  }

  /** Tells callers in order, a slice at a time. Returns false where some are left. */
  tell(): boolean {
    if (this.#isTelling) return true;
    this.#isTelling = true;
    const isThrough = this.#tellSome();
    this.#isTelling = false;
    if (isThrough && this.idles) {
      this.idles = false;
      const { events, isIdle } = this.#parts;
      if (events.observed.idle && isIdle()) events.emit('idle', {});
    }
    return isThrough;
  }

  /** Rejects a call that is not accepted. */
  decline(error: unknown, key: string | undefined, type: string): Promise<never> {
    const { events } = this.#parts;
    if (!events.isDelivering?.('failure')) events.emit('failure', { error, key, type });
    return rejected(error);
  }

  #tellSome(): boolean {
    for (let calls = 0; calls < TOLD_AT_ONCE; calls++) {
      const end = this.#untold[this.#told];
      if (end === undefined) break;
      const caller = this.#nextOf(end);
      const isLast = this.#rest === undefined;
      if (isLast) this.#told++;
      if (caller !== undefined) this.#tellOne(end, caller);
      else if (isLast && end.kind === 'failed') this.#tellListeners(end);
      if (isLast && end.kind !== 'left') letGo(end.item);
    }
    if (this.#told < this.#untold.length) return false;
    this.#untold = [];
    this.#told = 0;
    this.isDue = false;
    return true;
  }

  /** The next caller of an item; there may be more while `#rest` is set. */
  #nextOf(end: End<Failure> | Departure<Failure>): Caller | undefined {
    if (end.kind === 'left') return end.caller;
    const { item } = end;
    if (this.#rest === undefined) {
      const others = item.extras?.others;
      if (others?.size) this.#rest = others.values();
      return item.resolve === undefined ? undefined : (item as Caller);
    }
    const { done, value } = this.#rest.next();
    if (done) this.#rest = undefined;
    return value;
  }

  #tellOne(end: End<Failure> | Departure<Failure>, caller: Caller): void {
    const { callers, toError } = this.#parts;
    const own: CallEnd<Failure> =
      end.kind === 'succeeded' && end.others ? endFor(end, caller.promise) : end;
    if (own.kind === 'succeeded') {
      caller.resolve(own.value);
    } else {
      const error = toError(own.reason, end.item.keyInEvents);
      // The caller knows of its own abort.
      const isQuiet = own.reason.kind === 'aborted' || (end.kind === 'left' && end.isQuiet);
      if (!isQuiet) this.#emitFailure(end, error);
      // Handled first, so that a failed call never brings down the agent.
      caller.promise.catch(() => {});
      caller.resolve(rejection(error));
    }
    callers.told(caller.epoch);
  }

  /** An adopted item has failed, and no call waits for it: then listeners are told. */
  #tellListeners(end: Failed<Failure>): void {
    if (end.item.isAwaited || !end.item.isWanted) return;
    this.#emitFailure(end, this.#parts.toError(end.reason, end.item.keyInEvents));
  }

  #emitFailure(end: End<Failure> | Departure<Failure>, error: unknown): void {
    const { keyInEvents: key, type } = end.item;
    const systemic = end.kind === 'failed' && end.systemic === true;
    this.#parts.events.emit('failure', { error, key, type, ...(systemic && { systemic }) });
  }
}

/** Drops what the callers gave and got: queues and windows may hold a settled item for a while. */
export function letGo(item: Item): void {
  item.promise = undefined;
  item.resolve = undefined;
  item.epoch = undefined;
  item.makes = undefined;
  item.readAs = undefined;
  item.extras = undefined;
  if (item instanceof PackedBatch) item.letGo();
}
