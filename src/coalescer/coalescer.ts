/**
 * The engine: takes calls in, lets them leave in batches, and gives each its own result.
 *
 * A call becomes an item at once: its text, its place in the order and its entry in the books are
 * made before `submit` returns. When its window ends it may be packed; the dispatcher says when a
 * request leaves, the replies say what it means for each item, and the settlement ends items.
 */
import type { Clock } from '../internal/clock.ts';
import { systemClock } from '../internal/clock.ts';
import { deferred } from '../internal/deferred.ts';
import { Alarm } from './alarm.ts';
import { Backlog } from './backlog.ts';
import type { RetrySettings } from './backoff.ts';
import type { QueueBounds } from './bounds.ts';
import { Bounds } from './bounds.ts';
import { Direct } from './direct.ts';
import type { DispatchSettings } from './dispatcher.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Emitter } from './events.ts';
import { gatherRun } from './gather.ts';
import { Health } from './health.ts';
import type { Caller } from './item.ts';
import { Item } from './item.ts';
import type { Ledger } from './ledger.ts';
import { Resource } from './order.ts';
import type {
  Answer,
  Batch,
  Blame,
  Gather,
  Name,
  Ping,
  Reason,
  Send,
  Submission,
  ToError,
} from './ports.ts';
import { toRejectedError } from './rejected-error.ts';
import { Replies } from './replies.ts';
import { Settlement } from './settlement.ts';
import type { Stats } from './stats.ts';

export interface CoalescerSettings extends DispatchSettings {
  readonly queue: QueueBounds;
  readonly retry: RetrySettings;
  readonly onSkipped: 'requeue' | 'reject';
  /** The longest from a call to its settlement, in milliseconds. */
  readonly deliveryTimeoutMs: number;
}

export interface CoalescerPorts<Failure> {
  readonly send: Send<Failure>;
  /** Without it, an item that makes the server fall cannot be told from an outage. */
  readonly ping?: Ping | undefined;
  readonly toError?: ToError<Failure> | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 up to 1, for jitter. */
  readonly random?: (() => number) | undefined;
  /** Says when a window ends. */
  readonly gather?: ((onEnd: (items: readonly Item[]) => void) => Gather<Item>) | undefined;
  readonly events?: Emitter | undefined;
}

/** What is known of a call that does not become an item. */
export interface About {
  readonly key: string;
  readonly type: string;
  readonly makes?: Name | undefined;
}

export class Coalescer<Failure> {
  readonly #settings: CoalescerSettings;
  readonly #clock: Clock;
  readonly #toError: ToError<Failure>;
  readonly #events: Emitter;
  readonly #backlog: Backlog;
  readonly #bounds: Bounds;
  readonly #settlement: Settlement<Failure>;
  readonly #dispatcher: Dispatcher<Failure>;
  readonly #replies: Replies<Failure>;
  readonly #direct: Direct<Failure>;
  readonly #gather: Gather<Item>;
  readonly #alarm: Alarm;
  #lastSeq = 0;
  #gatheredBytes = 0;
  #closing: Promise<Ledger> | undefined;

  constructor(ports: CoalescerPorts<Failure>, settings: CoalescerSettings) {
    const { send, ping } = ports;
    const clock = ports.clock ?? systemClock();
    const random = ports.random ?? Math.random;
    const events = ports.events ?? silent;
    const toError = ports.toError ?? toRejectedError;
    const health = new Health(settings.retry);
    this.#settings = settings;
    this.#clock = clock;
    this.#toError = toError;
    this.#events = events;
    this.#backlog = new Backlog(settings);
    this.#bounds = new Bounds(settings.queue, this.#backlog);
    this.#settlement = new Settlement(this.#backlog, this.#bounds, toError, events);
    this.#replies = new Replies(settings, this.#backlog, this.#settlement, health, events, random);
    this.#dispatcher = new Dispatcher(
      settings,
      { send, ping, clock, random },
      this.#backlog,
      health,
      events,
      (flight, reply) => {
        const { requeued } = this.#replies;
        this.#replies.apply(flight, reply, clock.now());
        if (this.#replies.requeued > requeued) this.#dispatcher.hurryRequeued();
        this.#pump();
      },
      () => this.#pump(),
    );
    this.#direct = new Direct(settings, { send, clock, random, toError }, health, this.#settlement);
    this.#gather = (ports.gather ?? gatherRun)((items) => this.#admit(items));
    this.#alarm = new Alarm(clock, () => {
      this.#expire();
      this.#pump();
    });
  }

  /**
   * Takes a call in. The promise settles exactly once, and is marked as handled: a failure nobody
   * waits for harms nobody.
   */
  submit<T>(submission: Submission<T>): Promise<T> {
    const promise = this.#take(submission) as Promise<T>;
    this.#events.deliver();
    return promise;
  }

  /** Counts a call that cannot be accepted, and rejects it with this error. */
  decline(error: unknown, { key, type, makes }: About): Promise<never> {
    const promise = this.#decline(error, { key, type, makes });
    this.#events.deliver();
    return promise;
  }

  /** Counts a call that is left out on purpose; what it was to make will not be there. */
  omit({ makes }: About): void {
    this.#settlement.ledger.declined++;
    if (makes !== undefined) this.#settlement.remember(makes, 'declined');
  }

  /** A resource whose id only an answer will tell. */
  newResource(): Resource {
    return new Resource();
  }

  /** The id that the server gave where it differs from the one that was sent. */
  idOf(id: string): string {
    return this.#settlement.idOf(id);
  }

  /** Whether an item with that key is pending. */
  isPending(key: string): boolean {
    return this.#settlement.find(key) !== undefined;
  }

  /** What the pending item makes that a call with this key and fingerprint would share. */
  sharedMakes(key: string, fingerprint: string): Resource | undefined {
    const item = this.#settlement.find(key);
    return item?.fingerprint === fingerprint ? item.makes : undefined;
  }

  /** Sends a batch as it stands, outside the queue, the order and the books. */
  execute(batch: Batch): Promise<Answer> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError());
    return this.#direct.execute(batch);
  }

  /**
   * Resolves with the books when all calls made before it have settled, or after `timeoutMs`. Never
   * rejects.
   */
  flush({ timeoutMs }: { readonly timeoutMs?: number | undefined } = {}): Promise<Ledger> {
    this.#hurry('flush');
    return this.#whenSettled(timeoutMs);
  }

  /**
   * Takes no more calls, sends what is queued, and after `timeoutMs` rejects what is left. Resolves
   * with the books, and never rejects; a second call returns the first one's promise.
   */
  close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number | undefined } = {}): Promise<Ledger> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /** Resolves when the queue has room; rejects once the engine is closed. */
  ready(): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError());
    return this.#bounds.ready();
  }

  /** Sends what fits, since the page is going away. */
  depart(budgetBytes: number): void {
    this.#gather.end();
    this.#dispatcher.depart(budgetBytes);
    this.#pump();
  }

  stats(): Stats {
    const { size, bytes, oldest } = this.#backlog;
    const { requests, items, bytes: sentBytes } = this.#dispatcher;
    const inFlight = this.#backlog.count('in flight');
    return {
      queued: size - inFlight,
      blocked: this.#backlog.count('blocked'),
      inFlight,
      queuedBytes: bytes,
      concurrency: this.#settings.concurrency,
      oldestMs: oldest === undefined ? 0 : this.#clock.now() - oldest.calledAt,
      requests,
      items,
      bytes: sentBytes,
      requeued: this.#replies.requeued,
      retried: this.#replies.retried,
      meanBatchSize: requests === 0 ? 0 : items / requests,
      ledger: this.#ledger(),
    };
  }

  /** Resources with pending items: none when idle. */
  get resources(): number {
    return this.#backlog.resources;
  }

  /** Nodes looked at so far by queue, order and packer: the cost, for tests. */
  get visits(): number {
    return this.#backlog.visits;
  }

  #take(submission: Submission<unknown>): Promise<unknown> {
    if (this.#closing !== undefined) {
      return this.#turnAway(submission, { kind: 'closed', maybeApplied: false });
    }
    const shared = this.#settlement.find(submission.key);
    if (shared !== undefined) return this.#share(shared, submission);
    const broken = submission.overBound ? undefined : this.#bounds.brokenBy(submission.bytes);
    if (broken !== undefined) {
      this.#gather.end();
      return this.#turnAway(submission, { kind: 'full', ...broken, maybeApplied: false });
    }
    const item = new Item(++this.#lastSeq, this.#clock.now(), submission);
    const call = deferred<unknown>();
    const caller = this.#settlement.join(item, call);
    const lacking = this.#lacking(submission);
    if (lacking !== undefined) {
      this.#settlement.leave(item, caller, lacking);
      if (submission.makes !== undefined)
        this.#settlement.remember(submission.makes, lacking.because);
      return call.promise;
    }
    this.#settlement.register(item, submission.makes);
    this.#backlog.append(item, submission);
    this.#listen(item, caller, submission.signal);
    if (item.state === 'gathering') this.#addToWindow(item);
    return call.promise;
  }

  /** Lets another call wait for a pending item, if it asks for the same. */
  #share(item: Item, submission: Submission<unknown>): Promise<unknown> {
    if (item.fingerprint === undefined || item.fingerprint !== submission.fingerprint) {
      return this.#turnAway(submission, { kind: 'conflict', maybeApplied: false });
    }
    if (item.isGhost) this.#backlog.renew(item, this.#clock.now());
    const call = deferred<unknown>();
    this.#listen(item, this.#settlement.join(item, call), submission.signal);
    return call.promise;
  }

  #turnAway(submission: Submission<unknown>, reason: Reason<Failure>): Promise<never> {
    return this.#decline(this.#toError(reason, submission.key), submission);
  }

  #decline(error: unknown, { key, type, makes }: About): Promise<never> {
    // A pending item that makes the same is not made to fail by a call that was turned away.
    const isMadeByAnother = makes !== undefined && this.#settlement.find(key)?.makes?.id === makes;
    if (makes !== undefined && !isMadeByAnother) this.#settlement.remember(makes, 'declined');
    return this.#settlement.decline(error, key, type);
  }

  /** What the call needs and will not be there, as the reason to reject it unsent. */
  #lacking({
    makes,
    changes,
    uses = [],
    holes,
  }: Submission<unknown>): Lacking<Failure> | undefined {
    for (const name of changes === undefined ? [...uses, ...holes] : [changes, ...uses, ...holes]) {
      const because = name === makes ? undefined : this.#settlement.failureOf(name);
      if (because === undefined) continue;
      const resourceId = typeof name === 'string' ? name : name.id;
      return { kind: 'dependency', resourceId, because, maybeApplied: false };
    }
    return undefined;
  }

  /** Follows the caller's signal, if there is one. */
  #listen(item: Item, caller: Caller, signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const abort = (): void => {
      this.#abort(item, caller, signal.reason);
      this.#pump();
    };
    if (signal.aborted) {
      this.#abort(item, caller, signal.reason);
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    caller.unlisten = () => signal.removeEventListener('abort', abort);
  }

  #abort(item: Item, caller: Caller, why: unknown): void {
    const { maybeApplied } = item;
    this.#dismiss(item, caller, { kind: 'aborted', reason: why, maybeApplied });
  }

  /**
   * Rejects a call. Its item ends with it, unless others wait for the item or the server may have
   * it: then it stays, as a ghost, so that nothing overtakes it.
   */
  #dismiss(item: Item, caller: Caller, reason: Reason<Failure>): void {
    const isLast = item.callers.length === 1;
    const isAtServer = item.state === 'in flight';
    const mayBeNeeded = item.maybeApplied && this.#backlog.isAwaited(item);
    if (isLast && !isAtServer && !mayBeNeeded) {
      this.#settlement.settle([{ kind: 'failed', item, reason }]);
      return;
    }
    if (isLast) item.leftBy = reason;
    this.#settlement.leave(item, caller, reason);
  }

  /** A full batch, and a full queue, end the window at once. */
  #addToWindow(item: Item): void {
    const { maxItems, maxBytes } = this.#settings;
    this.#gather.add(item);
    this.#gatheredBytes += item.bytes;
    const isFullBatch =
      this.#backlog.count('gathering') >= maxItems || this.#gatheredBytes >= maxBytes;
    if (isFullBatch || this.#bounds.brokenBy(0) !== undefined) this.#gather.end();
  }

  #admit(items: readonly Item[]): void {
    this.#gatheredBytes = 0;
    for (const item of items) this.#backlog.admit(item);
    this.#pump();
  }

  #pump(): void {
    const next = this.#dispatcher.pump();
    const { oldest } = this.#backlog;
    const { deliveryTimeoutMs } = this.#settings;
    const deadline = oldest === undefined ? next : oldest.calledAt + deliveryTimeoutMs;
    if (this.#backlog.size === 0) this.#alarm.clear();
    else this.#alarm.setBy(Math.min(next, deadline));
    this.#events.deliver();
  }

  /** Rejects the calls that have waited as long as a call may. */
  #expire(): void {
    const { deliveryTimeoutMs } = this.#settings;
    const calledBy = this.#clock.now() - deliveryTimeoutMs;
    for (;;) {
      const item = this.#backlog.oldest;
      if (item === undefined || item.calledAt > calledBy) return;
      const { attempts } = item;
      const maybeApplied = item.maybeApplied || item.state === 'in flight';
      const limit = 'deliveryTimeoutMs';
      const reason = { kind: 'exhausted', limit, attempts, last: undefined, maybeApplied } as const;
      for (const caller of item.callers) this.#dismiss(item, caller, reason);
    }
  }

  #hurry(reason: 'flush' | 'close'): void {
    this.#gather.end();
    this.#dispatcher.hurry(this.#lastSeq, reason);
    this.#pump();
  }

  #whenSettled(timeoutMs: number | undefined): Promise<Ledger> {
    const settled = deferred<Ledger>();
    const stopWaiting =
      timeoutMs === undefined
        ? undefined
        : this.#clock.after(timeoutMs, () => settled.resolve(this.#ledger()));
    this.#settlement.calls.whenLeft(() => {
      stopWaiting?.();
      settled.resolve(this.#ledger());
    });
    return settled.promise;
  }

  async #close(timeoutMs: number): Promise<Ledger> {
    this.#bounds.rejectAll(() => this.#closedError());
    this.#hurry('close');
    await this.#whenSettled(timeoutMs);
    this.#dispatcher.abortAll();
    this.#direct.abortAll();
    this.#settlement.settle(
      this.#backlog.all().map((item) => {
        const maybeApplied = item.maybeApplied || item.state === 'in flight';
        return { kind: 'failed', item, reason: { kind: 'closed', maybeApplied } };
      }),
    );
    this.#pump();
    return this.#ledger();
  }

  #closedError(): unknown {
    return this.#toError({ kind: 'closed', maybeApplied: false }, undefined);
  }

  #ledger(): Ledger {
    return { ...this.#settlement.ledger };
  }
}

type Lacking<Failure> = Extract<Reason<Failure>, { kind: 'dependency' }> & {
  readonly because: Blame<Failure> | 'declined';
};

const silent: Emitter = { has: () => false, emit: () => {}, deliver: () => {} };
