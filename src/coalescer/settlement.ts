/**
 * The end of an item's life: the only place where calls are settled, and the books are kept.
 *
 * An item that fails to make a resource takes with it whoever needs that resource. All of them are
 * taken out of the queue before anybody is let go, so that none becomes sendable meanwhile, and
 * before any caller hears of it.
 */
import { deferred, rejected } from '../internal/deferred.ts';
import type { Backlog } from './backlog.ts';
import type { Bounds } from './bounds.ts';
import type { Emitter } from './events.ts';
import type { Caller, Item } from './item.ts';
import type { MutableLedger } from './ledger.ts';
import { columnOf, emptyLedger } from './ledger.ts';
import type { Resource } from './line.ts';
import { Memory } from './memory.ts';
import type { Cause, Name, Reason, ToError } from './ports.ts';
import { Turnstile } from './turnstile.ts';

/** How an item ends. */
export type End<Failure> =
  | {
      readonly kind: 'succeeded';
      readonly item: Item;
      readonly output: unknown;
      readonly value: unknown;
      /** The id of what the item made, as the answer has it. */
      readonly id: string | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly item: Item;
      readonly reason: Reason<Failure>;
      /** What it was to make is there already: those who need it go on by its id. */
      readonly exists?: boolean;
      /** With it, refusals begin to look as if all calls will be refused alike. */
      readonly systemic?: boolean;
    };

/** Ids whose making failed that are remembered, and ids that the server replaced. */
const MAX_REMEMBERED = 10_000;

export class Settlement<Failure> {
  readonly ledger: MutableLedger = emptyLedger();
  /** Calls that are not settled; a flush waits for those that came before it. */
  readonly calls: Turnstile = new Turnstile();
  /** Made when somebody asks, and dropped when idle: nobody asks for keys that are made for each call. */
  #byKey: Map<string, Item> | undefined;
  readonly #failed = new Memory<string, Cause<Failure>>(MAX_REMEMBERED);
  readonly #replaced = new Memory<string, string>(MAX_REMEMBERED);
  readonly #backlog: Backlog;
  readonly #bounds: Bounds;
  readonly #toError: ToError<Failure>;
  readonly #events: Emitter;
  readonly #onNamed: (name: Name, id: string) => void;

  constructor(
    backlog: Backlog,
    bounds: Bounds,
    toError: ToError<Failure>,
    events: Emitter,
    onNamed: (name: Name, id: string) => void,
  ) {
    this.#backlog = backlog;
    this.#bounds = bounds;
    this.#toError = toError;
    this.#events = events;
    this.#onNamed = onNamed;
  }

  /** The pending item with that key. */
  find(key: string): Item | undefined {
    this.#byKey ??= new Map(
      this.#backlog.all().flatMap((item) => item.keys.map((of) => [of, item] as const)),
    );
    return this.#byKey.get(key);
  }

  /** Enters an accepted item, and forgets that what it makes could not be made before. */
  register(item: Item, makes: Name | undefined): void {
    if (this.#byKey !== undefined) for (const key of item.keys) this.#byKey.set(key, item);
    this.forget(makes);
  }

  /** What is made anew has not failed, and is known by its own id. */
  forget(makes: Name | undefined): void {
    if (typeof makes !== 'string') return;
    this.#failed.take(makes);
    this.#replaced.take(makes);
  }

  /** Counts a call in that waits for an item. */
  join(item: Item): Caller {
    const { promise, resolve, reject } = deferred<unknown>();
    const cohort = this.calls.enter();
    const caller = { promise, resolve, reject, cohort, unlisten: undefined, next: undefined };
    item.join(caller);
    this.ledger.accepted += item.weight;
    this.ledger.pending += item.weight;
    return caller;
  }

  /** Why what goes by this name will not be there, if that is known. */
  failureOf(name: Name): Cause<Failure> | undefined {
    if (typeof name === 'string') return this.#failed.get(name);
    if (name.failure !== undefined) return name.failure as Cause<Failure>;
    if (name.id !== undefined) return this.#failed.get(name.id);
    // Without an id, and with nobody in line to make it, it never was called for.
    return name.isPending ? undefined : 'declined';
  }

  /** Keeps in mind that what goes by this name could not be made. */
  remember(name: Name, cause: Cause<Failure>): void {
    const id = typeof name === 'string' ? name : name.id;
    if (id !== undefined) this.#failed.set(id, cause);
    else if (typeof name !== 'string') name.failure = cause;
  }

  /** The id that the server gave where it differs from the one that was sent. */
  idOf(id: string): string {
    return this.#replaced.get(id) ?? id;
  }

  /** Ends items, and with those that failed whatever cannot succeed without them. */
  settle(ends: End<Failure>[]): void {
    if (ends.length === 0) return;
    for (const { item } of ends) this.#retire(item);
    // The list grows while it is walked: no recursion, however long a chain is.
    for (const end of ends) this.#follow(end, ends);
    // The oldest last, since memory is bounded: a root must outlive its descendants there.
    const failed = ends.filter(({ kind }) => kind === 'failed');
    for (const end of failed.reverse()) this.#rememberFailure(end);
    for (const { item } of ends) this.#backlog.release(item);
    for (const end of ends) {
      for (let { caller } = end.item; caller !== undefined; caller = caller.next) {
        this.#tell(end, caller);
      }
    }
    // After all of them were told, since a flush may be over with the last.
    for (const { item } of ends) {
      for (let { caller } = item; caller !== undefined; caller = caller.next) {
        this.calls.leave(caller.cohort);
      }
    }
    this.#bounds.serve();
    if (this.#backlog.isEmpty) {
      this.#byKey = undefined;
      this.#events.emit('idle', {});
    }
  }

  /** Ends one call, while its item may live on. */
  leave(item: Item, caller: Caller, reason: Reason<Failure>): void {
    item.leave(caller);
    this.#reject(item, caller, reason);
    this.calls.leave(caller.cohort);
  }

  /** Gives a call that is not accepted its error. */
  decline(error: unknown, key: string | undefined, type: string): Promise<never> {
    this.#events.emit('failure', { error, key, type });
    return rejected(error);
  }

  #retire(item: Item): void {
    this.#backlog.retire(item);
    if (this.#byKey !== undefined) for (const key of item.keys) this.#byKey.delete(key);
  }

  /** Draws the consequences for those who need what the item was to make. */
  #follow(end: End<Failure>, ends: End<Failure>[]): void {
    const { item } = end;
    const { makes } = item;
    if (makes === undefined) return;
    if (end.kind === 'failed') {
      if (!isThere(end, makes)) this.#takeAlong(item, rootOf(item.key, end.reason), ends);
    } else if (makes.id === undefined) {
      if (end.id !== undefined) {
        this.#backlog.name(makes, end.id);
        this.#onNamed(makes, end.id);
      } else {
        this.remember(makes, 'no id');
        this.#takeAlong(item, 'no id', ends);
      }
    } else if (end.id !== undefined && end.id !== makes.id) {
      // They were made for an id that the server did not take.
      this.#replaced.set(makes.id, end.id);
      this.#onNamed(makes.id, end.id);
      this.#takeAlong(item, 'other id', ends);
    }
  }

  /**
   * In doubt is not failed: what may be there can still be asked for by whoever knows its id. Nor is
   * what a later item makes again.
   */
  #rememberFailure(end: End<Failure>): void {
    const { makes } = end.item;
    if (end.kind !== 'failed' || makes === undefined || isThere(end, makes)) return;
    if (end.reason.maybeApplied && makes.id !== undefined) return;
    if (this.#backlog.isMadeAgain(end.item)) return;
    this.remember(makes, rootOf(end.item.key, end.reason));
  }

  #takeAlong(item: Item, because: Cause<Failure>, ends: End<Failure>[]): void {
    const resourceId = item.makes?.id;
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

  #tell(end: End<Failure>, caller: Caller): void {
    if (end.kind === 'failed') {
      this.#reject(end.item, caller, end.reason, end.systemic);
      return;
    }
    this.ledger.pending -= end.item.weight;
    this.ledger.succeeded += end.item.weight;
    caller.unlisten?.();
    caller.resolve(valueFor(end, caller));
  }

  #reject(
    { name: key, type, weight }: Item,
    caller: Caller,
    reason: Reason<Failure>,
    systemic: boolean | undefined = false,
  ): void {
    this.ledger.pending -= weight;
    this.ledger[columnOf(reason)] += weight;
    caller.unlisten?.();
    const error = errorFrom(this.#toError, reason, key);
    // An abort is the caller's own doing, and no news to anybody.
    if (reason.kind !== 'aborted') {
      this.#events.emit('failure', { error, key, type, ...(systemic && { systemic }) });
    }
    // Marked as handled first: a failed call never brings down the agent that made it.
    caller.promise.catch(() => {});
    caller.reject(error);
  }
}

/** Whether the item failed only because what it was to make is there already, by the same id. */
function isThere({ exists }: Extract<End<unknown>, { kind: 'failed' }>, makes: Resource): boolean {
  return exists === true && makes.id !== undefined;
}

/** The failure that started it all, where one failure follows from another. */
function rootOf<Failure>(key: string, reason: Reason<Failure>): Cause<Failure> {
  if (reason.kind !== 'dependency' || reason.because === 'other id') return { key, reason };
  return reason.because;
}

/** Callers who share an item get a value each, so that none sees what another does to it. */
function valueFor(
  { item, output, value }: Extract<End<unknown>, { kind: 'succeeded' }>,
  caller: Caller,
): unknown {
  if (caller === item.caller) return value;
  const verdict = item.read(output);
  return verdict.kind === 'success' ? verdict.value : value;
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
