/** How a call becomes an item or is declined, before `submit` returns. */
import type { AbortSignals } from '../../lib/abort-signals.ts';
import { runInRoot } from '../../lib/async-context.ts';
import type { Caller, ItemAndCaller, ItemSubscription } from '../items/item.ts';
import { ITEM_HOLE_BYTES, Item } from '../items/item.ts';
import { PackedBatch } from '../items/packed-batch.ts';
import type { CompleteOptions } from '../ports/options.ts';
import type { Reason } from '../ports/reason.ts';
import type { PackedAnswer, PackedItems } from '../ports/sender.ts';
import type { Name, Submission } from '../ports/submission.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { Bounds } from '../queue/queue-bounds.ts';
import type { ServerHealth } from '../server/server-health.ts';
import type { CallerNotifier } from './caller-notifier.ts';
import type { Callers } from './callers.ts';
import type { Cancellation } from './cancellation.ts';
import type { PendingKeys } from './pending-keys.ts';
import type { ResourceHistory } from './resource-history.ts';
import type { Settlement } from './settlement.ts';

/** A call that does not become an item. */
export interface DeclinedCall {
  /** Undefined for a packed batch, which the ledger does not count. */
  readonly key: string | undefined;
  readonly type: string;
  readonly makes?: Name | undefined;
  readonly signal?: AbortSignal | undefined;
}

type LackingDependency<Failure> = Extract<Reason<Failure>, { kind: 'dependency' }>;

export interface IntakeParts<Failure> extends CompleteOptions<Failure> {
  /** See `Steps` in engine-loop.ts. */
  readonly steps: { run<T>(step: () => T): T; runSoon(step: () => void): void };
  readonly signals: AbortSignals<ItemAndCaller>;
  readonly backlog: Backlog;
  readonly bounds: Bounds;
  readonly history: ResourceHistory<Failure>;
  readonly keys: PendingKeys;
  readonly callers: Callers;
  readonly settlement: Settlement<Failure>;
  readonly notifier: CallerNotifier<Failure>;
  readonly cancellation: Cancellation<Failure>;
  readonly serverHealth: ServerHealth<Failure>;
  /** Items may be packed, or were freed. */
  readonly onAdmitted: (now: number) => void;
  /** A packed batch may be sent. */
  readonly onPacked: (batch: PackedBatch) => void;
}

/** The result of a call, and its item if it became one. */
interface Entered {
  readonly promise: Promise<unknown>;
  readonly item?: Item;
}

export class Intake<Failure> {
  lastSeq = 0;
  readonly #parts: IntakeParts<Failure>;
  /** The items of the open window, in the order of the calls. Empty: no window is open. */
  #gathered: Item[] = [];
  #gatheredBytes = 0;
  /** Windows opened so far: the number of the last one. */
  #lastWindow = 0;
  /** Stops the timer of the open window. */
  #stopWindow: (() => void) | undefined;

  constructor(parts: IntakeParts<Failure>) {
    this.#parts = parts;
  }

  /** Ends the open window now, so that its items may be packed. With a number, only that window. */
  endWindow(window: number = this.#lastWindow): void {
    const { backlog, clock, steps, onAdmitted } = this.#parts;
    if (window !== this.#lastWindow || this.#gathered.length === 0) return;
    steps.run(() => {
      const gathered = this.#gathered;
      this.#gathered = [];
      this.#gatheredBytes = 0;
      if (this.#stopWindow !== undefined) stopQuietly(this.#stopWindow);
      this.#stopWindow = undefined;
      const now = clock.now();
      backlog.admit(gathered, now);
      onAdmitted(now);
    });
  }

  /**
   * Takes a call. Its signal is read before anything is entered, and the window opened after that: both may call
   * back.
   */
  take(submission: Submission): Promise<unknown> {
    let subscription: ItemSubscription;
    let entered: Entered;
    try {
      const { signal } = submission;
      subscription = signal && this.#parts.signals.subscribe(signal);
      entered = this.#parts.steps.run(() => this.#enter(submission, subscription));
    } catch (error) {
      return this.#declineThrown(submission, subscription, error);
    }
    const { promise, item } = entered;
    if (item?.state === 'gathering') this.#addToWindow(item);
    return promise;
  }

  /**
   * Takes over items of an engine that is gone; see `Coalescer.adopt`. One whose key is pending already is left out.
   */
  adopt(submissions: readonly Submission[]): void {
    const { backlog, clock, onAdmitted, steps } = this.#parts;
    steps.run(() => {
      const items = submissions.flatMap((submission) => this.#adoptOne(submission));
      const now = clock.now();
      backlog.admit(items, now);
      onAdmitted(now);
    });
  }

  /** Takes a packed batch, which waits for no item. */
  takePacked(batch: PackedItems, about: DeclinedCall): Promise<PackedAnswer> {
    const { signal } = about;
    let subscription: ItemSubscription;
    try {
      subscription = signal && this.#parts.signals.subscribe(signal);
      const promise = this.#parts.steps.run(() => this.#enterPacked(batch, about, subscription));
      return promise as Promise<PackedAnswer>;
    } catch (error) {
      return this.#declineThrown(about, subscription, error);
    }
  }

  /** Rejects a call for that reason, and counts it as declined. */
  decline(
    about: DeclinedCall,
    reason: Reason<Failure>,
    subscription?: ItemSubscription,
  ): Promise<never> {
    if (subscription !== undefined) this.#parts.signals.unsubscribe(subscription);
    return this.declineWith(this.#parts.toError(reason, about.key), about);
  }

  /** Rejects a call with that error, and counts it as declined. */
  declineWith(error: unknown, { key, type, makes }: DeclinedCall): Promise<never> {
    const { callers, history, steps, notifier } = this.#parts;
    return steps.run(() => {
      if (key !== undefined) callers.decline();
      if (makes !== undefined) history.declined(makes, 'declined');
      return notifier.decline(error, key, type);
    });
  }

  #enter(submission: Submission, subscription: ItemSubscription): Entered {
    const { backlog, bounds, callers, clock, history, keys, queue } = this.#parts;
    const { key, hasNewKey, claim, readAs } = submission;
    const shared = hasNewKey ? undefined : keys.find(key, claim);
    if (shared !== undefined) return { promise: this.#share(shared, submission, subscription) };
    const bytes = submission.bytes + submission.holes.length * ITEM_HOLE_BYTES;
    const isFull = backlog.size >= queue.maxItems || backlog.bytes + bytes > queue.maxBytes;
    const broken = isFull ? bounds.brokenBy(bytes, submission.overBound) : undefined;
    if (broken !== undefined) {
      this.endWindow();
      const { last } = this.#parts.serverHealth;
      const reason: Reason<Failure> = { kind: 'full', ...broken, last, maybeApplied: false };
      return { promise: this.decline(submission, reason, subscription) };
    }
    const lacking = this.#lacking(submission);
    // As `#now` does: one function less for each call.
    const calledAt = Math.ceil(clock.now());
    const item = new Item(this.lastSeq + 1, calledAt, submission, backlog.texts);
    this.lastSeq++;
    if (submission.holes.length > 0) this.#fill(item, submission.holes);
    if (lacking !== undefined) {
      return { promise: this.#rejectUnsent(item, submission, subscription, lacking) };
    }
    const caller = callers.join(item, readAs, subscription);
    const { promise } = caller;
    if (claim !== undefined || keys.isListed) keys.add(item);
    if (!submission.hasNewName && submission.makes !== undefined) {
      history.forgetFailure(submission.makes);
    }
    backlog.append(item, submission);
    if (subscription !== undefined) this.#withdrawEarly(item, caller, subscription);
    return { promise, item };
  }

  #adoptOne(submission: Submission): Item[] {
    const { backlog, history, keys, settlement } = this.#parts;
    const { key, holes, makes } = submission;
    if (keys.find(key) !== undefined) return [];
    const reason = this.#lacking(submission);
    const item = new Item(++this.lastSeq, this.#now(), submission, backlog.texts);
    if (holes.length > 0) this.#fill(item, holes);
    keys.add(item);
    if (makes !== undefined) history.forgetFailure(makes);
    backlog.append(item, { ...submission, hasNewName: false });
    if (reason === undefined) return [item];
    settlement.settle([{ kind: 'failed', item, reason }]);
    return [];
  }

  #enterPacked(
    batch: PackedItems,
    about: DeclinedCall,
    subscription: ItemSubscription,
  ): Promise<unknown> {
    const { backlog, callers, keys, onPacked, toError } = this.#parts;
    const taken = batch.keys.find((key) => keys.find(key) !== undefined);
    if (taken !== undefined) {
      if (subscription !== undefined) this.#parts.signals.unsubscribe(subscription);
      return this.declineWith(toError({ kind: 'conflict', maybeApplied: false }, taken), about);
    }
    const { type } = about;
    const seq = ++this.lastSeq;
    const calledAt = this.#now();
    const { texts } = backlog;
    const packed = new PackedBatch({ seq, calledAt, type, batch, envelope: this.#parts, texts });
    const caller = callers.join(packed, undefined, subscription);
    const { promise } = caller;
    keys.add(packed);
    backlog.appendPacked(packed);
    onPacked(packed);
    if (subscription !== undefined) this.#withdrawEarly(packed, caller, subscription);
    return promise;
  }

  /** Fills in the ids that are known. */
  #fill(item: Item, holes: readonly number[]): void {
    const { backlog, history } = this.#parts;
    for (const number of holes) {
      const id = history.idOf(number);
      if (typeof id === 'string') item.fill(number, id, backlog.texts);
    }
  }

  /** Its signal fired before the call was entered. */
  #withdrawEarly(item: Item, caller: Caller, subscription: ItemSubscription): void {
    if (subscription?.abortedEarly === undefined) return;
    const { clock, onAdmitted, cancellation } = this.#parts;
    cancellation.abort([{ item, caller }], subscription.abortedEarly.reason);
    onAdmitted(clock.now());
  }

  /** The signal is asked first, so without a subscription it is the one that threw. */
  #declineThrown(
    about: DeclinedCall,
    subscription: ItemSubscription,
    error: unknown,
  ): Promise<never> {
    const part = about.signal !== undefined && subscription === undefined ? 'signal' : undefined;
    return this.decline(about, { kind: 'threw', error, part, maybeApplied: false }, subscription);
  }

  /** The time, rounded up so that no deadline is early. */
  #now(): number {
    return Math.ceil(this.#parts.clock.now());
  }

  /** Adds a caller to the pending item with its key, if both ask for the same. */
  #share(item: Item, submission: Submission, subscription: ItemSubscription): Promise<unknown> {
    const fingerprint = item.extras?.fingerprint;
    if (fingerprint === undefined || fingerprint !== submission.fingerprint) {
      return this.decline(submission, { kind: 'conflict', maybeApplied: false }, subscription);
    }
    const { backlog, callers, history } = this.#parts;
    if (submission.makes !== undefined) history.forgetFailure(submission.makes);
    if (!item.isAwaited) backlog.renew(item, this.#now());
    const caller = callers.join(item, submission.readAs, subscription);
    const { promise } = caller;
    if (subscription !== undefined) this.#withdrawEarly(item, caller, subscription);
    return promise;
  }

  /** Why something that the call needs will not be there, if so. */
  #lacking({
    makes,
    changes,
    uses = [],
    holes,
  }: Submission): LackingDependency<Failure> | undefined {
    const names = changes === undefined ? uses : [changes, ...uses];
    for (const needed of holes.length === 0 ? [names] : [names, holes]) {
      for (const name of needed) {
        const because = name === makes ? undefined : this.#parts.history.failureOf(name);
        if (because === undefined) continue;
        const resourceId = typeof name === 'string' ? name : undefined;
        return { kind: 'dependency', resourceId, because, maybeApplied: false };
      }
    }
    return undefined;
  }

  /** Accepts a call and fails it at once. What it was to make will not be there either. */
  #rejectUnsent(
    item: Item,
    { makes, readAs }: Submission,
    subscription: ItemSubscription,
    lacking: LackingDependency<Failure>,
  ): Promise<unknown> {
    const { backlog, callers, history, settlement } = this.#parts;
    backlog.texts.release(item);
    const caller = callers.join(item, readAs, subscription);
    const { promise } = caller;
    if (makes !== undefined) history.declined(makes, lacking.because);
    settlement.leave(item, caller, lacking, true);
    return promise;
  }

  /** Ends the window if the batch or the queue is full. */
  #addToWindow(item: Item): void {
    const { backlog, steps, maxItems, maxBytes, queue } = this.#parts;
    const gathered = this.#gathered.push(item);
    this.#gatheredBytes += item.bytes;
    try {
      if (gathered === 1) this.#openWindow();
      const isFullBatch = gathered >= maxItems || this.#gatheredBytes >= maxBytes;
      const isFullQueue = backlog.size >= queue.maxItems || backlog.bytes > queue.maxBytes;
      if (isFullBatch || isFullQueue) this.endWindow();
    } catch {
      // The window could not be opened, so it ends; later, as the stack may be used up.
      steps.runSoon(() => this.endWindow());
    }
  }

  /** In the root context, since it works for all callers. */
  #openWindow(): void {
    const window = ++this.#lastWindow;
    const stopWindow = runInRoot(() => this.#parts.schedule(() => this.endWindow(window)));
    const isOpen = window === this.#lastWindow && this.#gathered.length > 0;
    if (isOpen) this.#stopWindow = stopWindow;
    else if (stopWindow !== undefined) stopQuietly(stopWindow);
  }
}

/** One that cannot be stopped calls a flush that does nothing. */
function stopQuietly(stopWindow: () => void): void {
  try {
    stopWindow();
  } catch {}
}
