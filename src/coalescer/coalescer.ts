/**
 * The engine: takes calls in, lets them leave in batches, and gives each its own result.
 *
 * A call becomes an item at once: its text, its place in the order and its entry in the books are
 * made before `submit` returns. When its window ends it may be packed; the dispatcher says when a
 * request leaves, the replies say what it means for each item, and the settlement ends items.
 */
import type { Clock } from '../internal/clock.ts';
import { inLaterTurn, systemClock } from '../internal/clock.ts';
import { deferred, rejected } from '../internal/deferred.ts';
import { Patience } from '../internal/patience.ts';
import { Alarm } from './alarm.ts';
import type { AttemptSettings } from './attempts.ts';
import { Attempts } from './attempts.ts';
import { Backlog } from './backlog.ts';
import { chanceFrom } from './backoff.ts';
import type { QueueBounds } from './bounds.ts';
import { Bounds } from './bounds.ts';
import { Calls } from './calls.ts';
import { Capacity } from './capacity.ts';
import type { DispatchSettings } from './dispatcher.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Emitter } from './events.ts';
import { silent } from './events.ts';
import { Fates } from './fates.ts';
import type { Flight } from './flight.ts';
import { Health } from './health.ts';
import type { About, ExecuteOptions } from './intake.ts';
import { endOfRun, Intake } from './intake.ts';
import type { Item, Waiting } from './item.ts';
import { KeyIndex } from './keys.ts';
import type { Ledger } from './ledger.ts';
import { nameOf } from './line.ts';
import type { Outcome } from './outcome.ts';
import type { BatchLimits } from './packer.ts';
import { Parts } from './parts.ts';
import type {
  Answer,
  Batch,
  KeyClaim,
  Name,
  Ping,
  Read,
  Reply,
  Schedule,
  Send,
  Submission,
  ToError,
  ToRecord,
  Trouble,
} from './ports.ts';
import { bareReason } from './record.ts';
import { toRejectedError } from './rejected-error.ts';
import { Replies } from './replies.ts';
import { ServerWatch } from './server-watch.ts';
import { Settlement } from './settlement.ts';
import { Signals } from './signals.ts';
import type { Stats } from './stats.ts';
import { Steps } from './steps.ts';
import { Telling } from './telling.ts';
import { UnderWay } from './under-way.ts';
import { Withdrawals } from './withdrawals.ts';
import { written } from './written.ts';

export interface CoalescerSettings extends DispatchSettings, AttemptSettings, BatchLimits {
  /** Requests in flight, at most. */
  readonly concurrency: number;
  readonly queue: QueueBounds;
  /** The longest from a call to its settlement, in milliseconds. */
  readonly deliveryTimeoutMs: number;
}

export interface CoalescerPorts<Failure> {
  readonly send: Send<Failure>;
  /** Judges outputs. @default each is a success, and its item's value */
  readonly read?: Read | undefined;
  /** Without it, an item that makes the server fall cannot be told from an outage. */
  readonly ping?: Ping<Failure> | undefined;
  /** Puts a failure in words. Without it, no more than a status is told. */
  readonly describe?: ((failure: Failure) => Trouble) | undefined;
  readonly toError?: ToError<Failure> | undefined;
  /** Without it, nothing is kept of an answer, and none of the reason of an abort. */
  readonly toRecord?: ToRecord<Failure> | undefined;
  /** What a sender should have said of an attempt of which nothing was heard in so many ms. @default an Error */
  readonly overdue?: ((ms: number) => Failure) | undefined;
  readonly clock?: Clock | undefined;
  /** From 0 up to 1, for jitter. */
  readonly random?: (() => number) | undefined;
  /** Says when a window ends, and nothing else. @default at the end of the synchronous run of code */
  readonly schedule?: Schedule | undefined;
  readonly events?: Emitter | undefined;
  /**
   * Told of each id that only an answer made known: of what goes by a number, or instead of the id sent. And,
   * without an id, of a number whose item has failed: it will never have one.
   */
  readonly onNamed?: ((name: Name, id: string | undefined) => void) | undefined;
}

export class Coalescer<Failure> {
  readonly #settings: CoalescerSettings;
  readonly #clock: Clock;
  readonly #patience: Patience;
  readonly #toError: ToError<Failure>;
  readonly #events: Emitter;
  readonly #steps: Steps = new Steps(() => this.#tell());
  readonly #signals: Signals<Waiting>;
  readonly #fates: Fates<Failure>;
  readonly #backlog: Backlog;
  readonly #bounds: Bounds;
  readonly #keys: KeyIndex;
  readonly #calls: Calls<Failure>;
  readonly #telling: Telling<Failure>;
  readonly #settlement: Settlement<Failure>;
  readonly #replies: Replies<Failure>;
  readonly #underWay: UnderWay<Failure>;
  readonly #dispatcher: Dispatcher<Failure>;
  readonly #attempts: Attempts<Failure>;
  readonly #parts: Parts;
  readonly #capacity: Capacity;
  readonly #watch: ServerWatch<Failure>;
  readonly #withdrawals: Withdrawals<Failure>;
  readonly #intake: Intake<Failure>;
  readonly #alarm: Alarm;
  /**
   * How long after a call the alarm wakes at first: not too late for it, nor for the attempt that carries it.
   * So the timer that a lone call sets is early enough for all of its life.
   */
  readonly #firstWakeMs: number;
  #closing: Promise<Ledger> | undefined;
  /** What is gathered is to leave in requests that outlive the process, not by the usual rules. */
  #sendsOutliving = false;
  /** Callers are left to be told, in a later turn of the event loop. */
  #tellsLater = false;

  constructor(ports: CoalescerPorts<Failure>, settings: CoalescerSettings) {
    const { send, ping } = ports;
    const clock = ports.clock ?? systemClock();
    const random = chanceFrom(ports.random ?? Math.random);
    const events = ports.events ?? silent;
    const toError = ports.toError ?? toRejectedError;
    const health = new Health(settings.retry);
    const patience = new Patience(clock);
    this.#settings = settings;
    this.#clock = clock;
    this.#patience = patience;
    this.#toError = toError;
    this.#events = events;
    this.#signals = new Signals((waiting, reason) =>
      this.#steps.runSoon(() => {
        this.#withdrawals.abort(waiting, reason);
        this.#pump();
      }),
    );
    const fates = new Fates<Failure>({
      toRecord: ports.toRecord ?? bareReason,
      onNamed: ports.onNamed ?? (() => {}),
      isInLine: (name) => this.#backlog.isInLine(name),
      isBeingMade: (name) => this.#backlog.isBeingMade(name),
    });
    this.#fates = fates;
    this.#backlog = new Backlog({
      envelope: settings,
      now: () => clock.now(),
      idOf: (name) => fates.idOf(name),
    });
    this.#bounds = new Bounds(settings.queue, this.#backlog, inLaterTurn);
    this.#keys = new KeyIndex(() => this.#backlog.all());
    this.#calls = new Calls(this.#signals);
    this.#telling = new Telling({
      calls: this.#calls,
      events,
      toError,
      isIdle: () => this.#backlog.isEmpty,
    });
    this.#settlement = new Settlement({
      fates,
      backlog: this.#backlog,
      bounds: this.#bounds,
      calls: this.#calls,
      events,
      keys: this.#keys,
      telling: this.#telling,
    });
    this.#attempts = new Attempts(settings, this.#backlog, health, events);
    this.#capacity = new Capacity(settings);
    this.#parts = new Parts({
      minDelayMs: settings.retry.minDelayMs,
      onTooMany: (items) => this.#capacity.items.refused(items),
      onTooLarge: (bytes) => this.#capacity.bytes.refused(bytes),
    });
    this.#watch = new ServerWatch({
      health,
      capacity: this.#capacity,
      random,
      events,
      describe: ports.describe,
      waiting: () => this.#calls.ledger.pending,
    });
    const shared = {
      watch: this.#watch,
      backlog: this.#backlog,
      capacity: this.#capacity,
      parts: this.#parts,
      health,
      events,
      random,
    };
    this.#underWay = new UnderWay({
      send,
      read: ports.read ?? readAll,
      ping,
      clock,
      attemptTimeoutMs: settings.attemptTimeoutMs,
      heard: () => {
        patience.heard++;
      },
      overdue: ports.overdue,
      onReply: (...reply) => this.#onReply(...reply),
      onPing: (silence, now) =>
        this.#steps.run(() => {
          this.#watch.pinged(silence, now);
          this.#pump(now);
        }),
    });
    this.#replies = new Replies({
      ...shared,
      retry: settings.retry,
      attempts: this.#attempts,
      settlement: this.#settlement,
    });
    this.#dispatcher = new Dispatcher(settings, {
      ...shared,
      underWay: this.#underWay,
      ping,
      clock,
    });
    this.#withdrawals = new Withdrawals(this.#backlog, this.#settlement, this.#watch);
    this.#intake = new Intake(settings, {
      clock,
      steps: this.#steps,
      signals: this.#signals,
      backlog: this.#backlog,
      bounds: this.#bounds,
      parts: this.#parts,
      fates,
      keys: this.#keys,
      calls: this.#calls,
      settlement: this.#settlement,
      telling: this.#telling,
      withdrawals: this.#withdrawals,
      watch: this.#watch,
      toError,
      schedule: ports.schedule ?? endOfRun,
      onAdmitted: (now) => this.#pump(now),
    });
    this.#alarm = new Alarm({
      clock,
      patience,
      wake: (isLate) =>
        this.#steps.run(() => {
          this.#underWay.giveUpOverdue();
          const now = clock.now();
          this.#expireWaiting(now, isLate);
          this.#withdrawals.expire(now - settings.deliveryTimeoutMs);
          this.#pump(now);
        }),
    });
    // A call was made up to a millisecond before its own time says.
    this.#firstWakeMs = Math.min(
      settings.deliveryTimeoutMs,
      (settings.attemptTimeoutMs ?? Number.POSITIVE_INFINITY) - 1,
    );
  }

  /**
   * Takes a call in. The promise settles exactly once, and is marked as handled: a failure nobody
   * waits for harms nobody.
   */
  submit(submission: Submission): Promise<unknown> {
    const promise =
      this.#closing === undefined
        ? this.#intake.take(submission)
        : this.#intake.turnAway(submission, { kind: 'closed', maybeApplied: false });
    if (!this.#backlog.isEmpty) this.#alarm.setBy(this.#backlog.lastCalledAt + this.#firstWakeMs);
    return promise;
  }

  /**
   * Takes in what was accepted before, by an engine that is gone, as its `pending` had it: it is wanted, though
   * no call waits for it. It is sent in its old order, new calls wait for what it makes and changes, and it has
   * no time in which it must be done. One that fails is told to `failure`; none is in the books.
   */
  adopt(submissions: readonly Submission[]): void {
    this.#intake.adopt(submissions);
  }

  /**
   * What is pending, in the order of the calls, as data that can be written down. What is wanted no more is left
   * out, unless others need what it makes: they would wait for its id for ever.
   */
  pending(): Submission[] {
    return this.#backlog
      .all()
      .filter((item) => item.weight > 0 && (item.isWanted || this.#backlog.isNeeded(item)))
      .map(written);
  }

  /** Calls that were accepted so far. */
  get accepted(): number {
    return this.#calls.ledger.accepted;
  }

  /** Counts a call that cannot be accepted, and rejects it with this error. */
  decline(error: unknown, about: About): Promise<never> {
    return this.#intake.decline(error, about);
  }

  /** Counts a call that is left out on purpose, as declined. Nobody else is concerned. */
  omit(): void {
    this.#intake.omit();
  }

  /** Whether a call has made what goes by this id, or may have, or is about to. */
  isThere(id: string): boolean {
    return this.#fates.isThereOrComing(id);
  }

  /**
   * What goes by that name by now: the id that the server gave, where it differs from the one that was
   * sent, and where there was none. Of numbers, the last 10,000 are known.
   */
  idOf(name: Name): Name {
    return this.#fates.idOf(name);
  }

  /** Whether an item with that key is pending. */
  isPending(key: string): boolean {
    return this.#keys.find(key) !== undefined;
  }

  /** What the pending item makes that a call with this key and fingerprint would share. */
  sharedMakes(key: string, fingerprint: string, claim?: KeyClaim): Name | undefined {
    const item = this.#keys.find(key, claim);
    if (item?.makes === undefined || item.extras?.fingerprint !== fingerprint) return undefined;
    return nameOf(item.makes);
  }

  /**
   * Sends a batch as it stands. It takes the same attempts as items do, waits for none, and counts for
   * nothing in queue and books.
   */
  execute(batch: Batch, options: ExecuteOptions = {}): Promise<Answer> {
    const { type = 'batch' } = options;
    if (this.#closing !== undefined) {
      const about = { key: undefined, type };
      return this.#intake.turnAway(about, { kind: 'closed', maybeApplied: false });
    }
    const promise = this.#intake.takePacked(batch, options);
    this.#steps.run(() => this.#pump());
    return promise;
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
    if (this.#closing === undefined) {
      // Before the first step of it tells anybody anything: who is told may call, or close, once more.
      const closed = deferred<Ledger>();
      this.#closing = closed.promise;
      closed.resolve(this.#close(timeoutMs));
    }
    return this.#closing;
  }

  /** Resolves when the queue has room; rejects once the engine is closed. */
  ready(): Promise<void> {
    if (this.#closing !== undefined) return rejected(this.#closedError());
    return this.#bounds.ready();
  }

  /**
   * Sends at once what fits into so many bytes, in requests that are to outlive this process. Returns the
   * bytes that it sends.
   */
  sendOutliving(maxBytes: number): number {
    return this.#steps.run(() => {
      this.#sendsOutliving = true;
      this.#intake.endWindow();
      const sentBytes = this.#dispatcher.sendOutliving(maxBytes);
      this.#sendsOutliving = false;
      this.#pump();
      return sentBytes;
    });
  }

  stats(): Stats {
    const { size, bytes, oldest } = this.#backlog;
    const { requests, items, bytes: sentBytes } = this.#dispatcher;
    const inFlight = this.#backlog.count('in flight');
    const now = this.#clock.now();
    return {
      queued: size - inFlight,
      blocked: this.#backlog.count('blocked'),
      inFlight,
      queuedBytes: bytes,
      concurrency: this.#capacity.concurrency.limit,
      oldestMs: oldest === undefined ? 0 : Math.max(0, now - oldest.calledAt),
      requests,
      items,
      bytes: sentBytes,
      requeued: this.#attempts.requeued,
      retried: this.#attempts.retried,
      bisected: this.#parts.divided,
      pausedMs: this.#capacity.gate.pausedMs(now),
      meanBatchSize: requests === 0 ? 0 : items / requests,
      server: this.#watch.stats(now),
      ledger: this.#ledger(),
    };
  }

  /** Resources with pending items: none when idle. */
  get resources(): number {
    return this.#backlog.resources;
  }

  /**
   * Nodes looked at so far by queue, order and packer: the cost, for tests.
   * @internal
   */
  get visits(): number {
    return this.#backlog.visits;
  }

  /**
   * Bytes of the buffers in which texts wait, for tests.
   * @internal
   */
  get heldBytes(): number {
    return this.#backlog.texts.held;
  }

  /** The end of every step that may have made something sendable; such a step has one time. */
  #pump(now: number = this.#clock.now()): void {
    if (this.#sendsOutliving) return;
    let deadline = this.#deadline;
    if (now >= deadline) {
      // Before anything is sent whose time is over.
      this.#expireWaiting(now, this.#alarm.isLate(now));
      deadline = this.#deadline;
    }
    if (this.#withdrawals.unwanted.size > 0) this.#withdrawals.sweep();
    if (this.#backlog.isEmpty) {
      this.#dispatcher.rest();
      this.#alarm.clear();
      // All who were in it have been withdrawn: no timer of it is to keep the process alive.
      this.#intake.endWindow();
    } else {
      const next = this.#dispatcher.pump(now);
      this.#alarm.setBy(Math.min(next, deadline), now);
      this.#backlog.lastCalledAt = Number.POSITIVE_INFINITY;
    }
  }

  #onReply(
    flight: Flight,
    reply: Reply<Failure>,
    outcomes: readonly Outcome<Item>[],
    now: number,
  ): void {
    this.#steps.run(() => {
      const { requeued } = this.#attempts;
      try {
        this.#replies.apply(flight, reply, outcomes, now);
      } catch (error) {
        this.#giveUp(flight, error);
      }
      if (this.#attempts.requeued > requeued) this.#dispatcher.hurryRequeued();
      this.#pump(now);
    });
  }

  /** Whatever went wrong with a reply, nobody waits for ever for what it said. */
  #giveUp({ items, part }: Flight, error: unknown): void {
    if (part !== undefined) this.#parts.again(part, [], 0);
    this.#settlement.settle(
      items
        .filter(({ state }) => state === 'in flight')
        .map((item) => {
          return { kind: 'failed', item, reason: { kind: 'fault', error, maybeApplied: true } };
        }),
    );
  }

  /** What the steps so far have to tell, now that they are over. */
  #tell(): void {
    if (this.#withdrawals.recalled.length > 0) this.#withdrawals.recall();
    if (this.#signals.deserted.length > 0) this.#signals.letGo();
    if (this.#telling.isDue && !this.#tellsLater && !this.#telling.tell()) {
      this.#tellsLater = true;
      inLaterTurn(() => {
        this.#tellsLater = false;
        this.#tell();
      });
    }
    if (this.#events.hasNews !== false) this.#events.deliver();
  }

  #expireWaiting(now: number, isLate: boolean): void {
    if (now < this.#deadline) return;
    const { deliveryTimeoutMs, attemptTimeoutMs = deliveryTimeoutMs } = this.#settings;
    const calledBy = now - deliveryTimeoutMs;
    const reprievedTo = isLate ? Math.ceil(calledBy + attemptTimeoutMs) : undefined;
    this.#withdrawals.expireWaiting(calledBy, reprievedTo);
  }

  /** When the call that has waited longest has waited as long as a call may. */
  get #deadline(): number {
    const oldest = this.#backlog.isEmpty ? undefined : this.#backlog.oldest;
    if (oldest === undefined) return Number.POSITIVE_INFINITY;
    return oldest.calledAt + this.#settings.deliveryTimeoutMs;
  }

  #hurry(reason: 'flush' | 'close'): void {
    this.#steps.run(() => {
      this.#intake.endWindow();
      this.#dispatcher.hurry(this.#intake.lastSeq, reason);
      this.#pump();
    });
  }

  #whenSettled(timeoutMs: number | undefined): Promise<Ledger> {
    const settled = deferred<Ledger>();
    const stopWaiting =
      timeoutMs === undefined
        ? undefined
        : this.#patience.after(timeoutMs, () => settled.resolve(this.#ledger()));
    this.#calls.whenTold(() => {
      stopWaiting?.();
      // By way of another promise, which takes two promise jobs: a call that failed is told one job late.
      settled.resolve(Promise.resolve(this.#ledger()));
    });
    return settled.promise;
  }

  async #close(timeoutMs: number): Promise<Ledger> {
    this.#bounds.rejectAll(() => this.#closedError());
    this.#hurry('close');
    await this.#whenSettled(timeoutMs);
    const abort = this.#steps.run(() => {
      const abortAll = this.#underWay.giveUpAll();
      this.#settlement.settle(
        this.#backlog.all().map((item) => {
          const maybeApplied = item.maybeApplied || item.isAtServer;
          const last = this.#watch.lastFor(item);
          return { kind: 'failed', item, reason: { kind: 'closed', last, maybeApplied } };
        }),
      );
      this.#pump();
      return abortAll;
    });
    abort();
    return this.#whenSettled(undefined);
  }

  #closedError(): unknown {
    return this.#toError({ kind: 'closed', maybeApplied: false }, undefined);
  }

  #ledger(): Ledger {
    return { ...this.#calls.ledger };
  }
}

const readAll: Read = (output) => ({ kind: 'success', value: output });
