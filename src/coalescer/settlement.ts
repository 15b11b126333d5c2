/**
 * The end of an item's life: the only place where calls are settled, and the books are kept.
 *
 * An item that fails to make a resource takes with it whoever needs that resource. All of them are
 * taken out of the queue before anybody is let go, so that none becomes sendable meanwhile. That, the
 * order and the books change in one step, `settle`; callers are told when it is over, by `tell`.
 */
import { rejected, rejection } from '../internal/deferred.ts';
import type { Backlog } from './backlog.ts';
import type { Bounds } from './bounds.ts';
import type { CallEnd, Departure, End, Failed, Succeeded } from './ends.ts';
import { causeOf, endFor } from './ends.ts';
import type { Emitter } from './events.ts';
import type { Fates } from './fates.ts';
import type { Caller, Item, Waiting } from './item.ts';
import type { MutableLedger } from './ledger.ts';
import { columnOf, emptyLedger } from './ledger.ts';
import { nameOf } from './line.ts';
import type { Blame, Cause, KeyClaim, Name, Reason, ToError, ToRecord } from './ports.ts';
import { recordOf } from './record.ts';
import type { Follower, Signals } from './signals.ts';
import { Turnstile } from './turnstile.ts';

/** Callers that are told in one turn of the event loop: to make so many errors takes some milliseconds. */
const TOLD_AT_ONCE = 1_000;

export class Settlement<Failure> {
  readonly ledger: MutableLedger = emptyLedger();
  /** Calls that are not settled; a flush waits for those that came before it. */
  readonly calls: Turnstile = new Turnstile();
  /** Made when somebody asks, and dropped when idle: nobody asks for keys that are made for each call. */
  #byKey: Map<string, Item> | undefined;
  readonly #fates: Fates<Failure>;
  readonly #records = new WeakMap<Blame<Failure>, Blame<Failure>>();
  readonly #backlog: Backlog;
  readonly #bounds: Bounds;
  readonly #toError: ToError<Failure>;
  readonly #toRecord: ToRecord<Failure>;
  readonly #events: Emitter;
  readonly #signals: Signals<Waiting>;
  readonly #onNamed: (name: Name, id: string | undefined) => void;
  /** Ends of which not all callers have been told, in their order; those before `#told` have been. */
  #untold: (End<Failure> | Departure<Failure>)[] = [];
  #told = 0;
  /** The callers of the first of them that are left, once its first one has been told. */
  #rest: Iterator<Caller> | undefined;
  /** Nothing is pending any more, and that has not been told. */
  #isIdle = false;
  #isTelling = false;

  constructor(
    fates: Fates<Failure>,
    backlog: Backlog,
    bounds: Bounds,
    toError: ToError<Failure>,
    toRecord: ToRecord<Failure>,
    events: Emitter,
    signals: Signals<Waiting>,
    onNamed: (name: Name, id: string | undefined) => void,
  ) {
    this.#fates = fates;
    this.#backlog = backlog;
    this.#bounds = bounds;
    this.#toError = toError;
    this.#toRecord = toRecord;
    this.#events = events;
    this.#signals = signals;
    this.#onNamed = onNamed;
  }

  /** The pending item with that key. */
  find(key: string, claim?: KeyClaim): Item | undefined {
    if (claim?.pending !== undefined) return claim.pending as Item;
    // A batch that its caller has packed has no claims, but while it is pending, keys are looked up.
    if (claim !== undefined && this.#byKey === undefined) return undefined;
    this.#byKey ??= new Map(
      this.#backlog.all().flatMap((item) => item.keys.map((of) => [of, item] as const)),
    );
    return this.#byKey.get(key);
  }

  /** Enters an accepted item, and forgets that what it makes could not be made before. */
  register(item: Item, makes: Name | undefined): void {
    if (item.claim !== undefined) item.claim.pending = item;
    if (this.#byKey !== undefined) for (const key of item.keys) this.#byKey.set(key, item);
    this.forget(makes);
  }

  /** What is made anew has not failed. */
  forget(makes: Name | undefined): void {
    if (makes !== undefined) this.#fates.forgetFailure(makes);
  }

  /** Counts a call in that waits for an item. */
  join(item: Item, readAs: unknown, follower: Follower<Waiting> | undefined): Caller {
    let resolve!: Caller['resolve'];
    const promise = new Promise<unknown>((onResolve) => {
      resolve = onResolve;
    });
    const caller = item.join({ promise, resolve, cohort: this.calls.enter(), readAs, follower });
    if (follower !== undefined) follower.of = { item, caller };
    this.ledger.accepted += item.weight;
    this.ledger.pending += item.weight;
    return caller;
  }

  /** Why what goes by this name will not be there, if that is known. */
  failureOf(name: Name): Cause<Failure> | undefined {
    const failure = this.#fates.failureOf(name);
    if (failure !== undefined || typeof name === 'string' || this.#backlog.isInLine(name)) {
      return failure;
    }
    const id = this.#fates.idOf(name);
    // Without an id, and with nobody in line to make it, it never was called for.
    return typeof id === 'string' ? this.#fates.failureOf(id) : 'declined';
  }

  /**
   * Keeps in mind that a call could not make what goes by this name: unless another call has made
   * it, or may have, or is about to, to which this one changes nothing.
   */
  remember(name: Name, cause: Cause<Failure>): void {
    if (!this.isThere(name)) this.#failed(name, cause);
  }

  /** Whether a call has made what goes by this name, or may have, or is about to. */
  isThere(name: Name): boolean {
    return this.#fates.isThere(name) || this.#backlog.isBeingMade(name);
  }

  /** Ends items, and with those that failed whatever cannot succeed without them. */
  settle(ends: End<Failure>[]): void {
    if (ends.length === 0) return;
    for (const { item } of ends) this.#retire(item);
    // The list grows while it is walked: no recursion, however long a chain is.
    for (const end of ends) this.#follow(end, ends);
    // The oldest last, since memory is bounded: a root must outlive its descendants there.
    const failed = ends.filter((end) => end.kind === 'failed');
    for (const end of failed.reverse()) this.#rememberFailure(end);
    for (const { item } of ends) this.#backlog.release(item);
    for (const end of ends) {
      const { item } = end;
      if (item.caller !== undefined) this.#book(item, item.caller, endFor(end, item.caller));
      if (item.others !== undefined) {
        for (const caller of item.others) this.#book(item, caller, endFor(end, caller));
      }
      this.#untold.push(end);
    }
    this.#bounds.serve();
    if (!this.#backlog.isEmpty) return;
    this.#byKey = undefined;
    this.#isIdle = true;
  }

  /** Ends one call, while its item may live on. `isNew`: the call is only being made. */
  leave(item: Item, caller: Caller, reason: Reason<Failure>, isNew = false): void {
    const isQuiet = isNew && this.#events.isTelling?.('failure') === true;
    const left = item.leave(caller);
    const departure = { kind: 'left', item, caller: left, reason, isQuiet } as const;
    this.#book(item, left, departure);
    this.#untold.push(departure);
  }

  /**
   * Tells callers how their calls ended, the first first; so many at once that the event loop can turn
   * in between. False: some are left.
   */
  tell(): boolean {
    if (this.#isTelling || this.#untold.length === 0) return true;
    this.#isTelling = true;
    const isThrough = this.#tellSome();
    this.#isTelling = false;
    if (isThrough && this.#isIdle) {
      this.#isIdle = false;
      if (this.#backlog.isEmpty) this.#events.emit('idle', {});
    }
    return isThrough;
  }

  /** Gives a call that is not accepted its error. */
  decline(error: unknown, key: string | undefined, type: string): Promise<never> {
    if (!this.#events.isTelling?.('failure')) this.#events.emit('failure', { error, key, type });
    return rejected(error);
  }

  #retire(item: Item): void {
    this.#backlog.retire(item);
    if (item.claim !== undefined) item.claim.pending = undefined;
    if (this.#byKey !== undefined) for (const key of item.keys) this.#byKey.delete(key);
  }

  /** Draws the consequences for those who need what the item was to make. */
  #follow(end: End<Failure>, ends: End<Failure>[]): void {
    const { item } = end;
    const { makes } = item;
    if (makes === undefined) return;
    const name = nameOf(makes);
    if (end.kind === 'failed') {
      if (end.exists === true && typeof name === 'string') this.#fates.mayBeThere(name);
      if (!this.#failsAlone(end, name)) this.#takeAlong(item, causeOf(end), ends);
    } else if (typeof name === 'number') {
      this.#learn(end, name, ends);
    } else if (end.id !== undefined && end.id !== name) {
      // They were made for an id that the server did not take.
      this.#fates.madeAs(name, end.id);
      this.#onNamed(name, end.id);
      this.#takeAlong(item, 'other id', ends);
    } else {
      this.#fates.made(name);
    }
  }

  /** Lets those go on by the id of what was made who have waited for it, if the answer says one. */
  #learn({ item, id }: Succeeded<Failure>, number: number, ends: End<Failure>[]): void {
    if (id === undefined) {
      this.#failed(number, 'no id');
      this.#takeAlong(item, 'no id', ends);
      return;
    }
    this.#fates.madeAs(number, id);
    for (const { item: broken, error } of this.#backlog.name(item, id)) {
      const { maybeApplied } = broken;
      this.#retire(broken);
      ends.push({ kind: 'failed', item: broken, reason: { kind: 'fault', error, maybeApplied } });
    }
    this.#onNamed(number, id);
  }

  /** It could not be made; what went by a number will never have an id. */
  #failed(name: Name, cause: Cause<Failure>): void {
    this.#fates.failed(name, cause);
    if (typeof name === 'number') this.#onNamed(name, undefined);
  }

  /** What it was to make is there, or may be, or is still to be made by an earlier call. */
  #failsAlone({ item }: Failed<Failure>, name: Name): boolean {
    return this.#fates.isThere(name) || this.#backlog.isMadeEarlier(item);
  }

  /**
   * In doubt is not failed: what may be there can still be asked for by whoever knows its id. Nor is
   * what another item makes, before it or again.
   */
  #rememberFailure(end: Failed<Failure>): void {
    const { item, reason } = end;
    const { makes } = item;
    if (makes === undefined) return;
    const name = nameOf(makes);
    if (typeof name === 'string' && reason.maybeApplied) {
      this.#fates.mayBeThere(name);
    } else if (!this.#failsAlone(end, name) && !this.#backlog.isMadeAgain(item)) {
      this.#failed(name, this.#recordOf(causeOf(end)));
    }
  }

  /** What is kept of a cause: one record for all whom it took along. */
  #recordOf(cause: Cause<Failure>): Cause<Failure> {
    if (typeof cause !== 'object') return cause;
    let record = this.#records.get(cause);
    if (record === undefined) {
      record = { key: cause.key, reason: recordOf(this.#toRecord, cause.reason) };
      this.#records.set(cause, record);
      this.#records.set(record, record);
    }
    return record;
  }

  #takeAlong(item: Item, because: Cause<Failure>, ends: End<Failure>[]): void {
    const name = item.makes && nameOf(item.makes);
    const resourceId = typeof name === 'string' ? name : undefined;
    for (const dependent of this.#backlog.dependents(item)) {
      const { maybeApplied } = dependent;
      this.#retire(dependent);
      ends.push({
        kind: 'failed',
        item: dependent,
        reason: { kind: 'dependency', resourceId, because, maybeApplied },
      });
    }
  }

  #tellSome(): boolean {
    for (let calls = 0; calls < TOLD_AT_ONCE; calls++) {
      const end = this.#untold[this.#told];
      if (end === undefined) break;
      const caller = end.kind === 'left' ? end.caller : this.#nextOf(end.item);
      const isLast = this.#rest === undefined;
      if (isLast) this.#told++;
      if (caller !== undefined) this.#tellOne(end, caller);
      if (isLast && end.kind !== 'left') end.item.letGo();
    }
    if (this.#told < this.#untold.length) return false;
    this.#untold = [];
    this.#told = 0;
    return true;
  }

  /** The next of an item's callers; there may be more of them while `#rest` is there. */
  #nextOf({ caller, others }: Item): Caller | undefined {
    if (this.#rest === undefined) {
      if (others?.size) this.#rest = others.values();
      return caller;
    }
    const { done, value } = this.#rest.next();
    if (done) this.#rest = undefined;
    return value;
  }

  #tellOne(end: End<Failure> | Departure<Failure>, caller: Caller): void {
    const { name: key, type } = end.item;
    const own = endFor(end, caller);
    if (own.kind === 'succeeded') {
      caller.resolve(own.value);
    } else {
      const error = errorFrom(this.#toError, own.reason, key);
      // An abort is the caller's own doing, and no news to anybody.
      const isQuiet = own.reason.kind === 'aborted' || (end.kind === 'left' && end.isQuiet);
      if (!isQuiet) {
        const systemic = end.kind === 'failed' && end.systemic === true;
        this.#events.emit('failure', { error, key, type, ...(systemic && { systemic }) });
      }
      // Marked as handled first: a failed call never brings down the agent that made it.
      caller.promise.catch(() => {});
      caller.resolve(rejection(error));
    }
    this.calls.leave(caller.cohort);
  }

  /** Enters how a call ended. It cannot be aborted any more. */
  #book({ weight }: Item, { follower }: Caller, end: CallEnd<Failure>): void {
    this.ledger.pending -= weight;
    this.ledger[end.kind === 'succeeded' ? 'succeeded' : columnOf(end.reason)] += weight;
    if (follower !== undefined) this.#signals.leave(follower);
  }
}

/** If the error cannot be made, its maker's own error must do: each caller has to hear something. */
function errorFrom<Failure>(
  toError: ToError<Failure>,
  reason: Reason<Failure>,
  key: string | undefined,
): unknown {
  try {
    return toError(reason, key);
  } catch (error) {
    return error;
  }
}
