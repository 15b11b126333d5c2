/**
 * The engine: takes calls in, lets them leave in batches, and gives each its own result.
 *
 * A call becomes an item at once: its text, its place in the order and its entry in the books are
 * made before `submit` returns. When its window ends it may be packed; the dispatcher says when a
 * request leaves, the replies say what it means for each item, and the settlement ends items.
 */
import { deferred, rejected } from '../lib/deferred.ts';
import type { Assembly } from './assembly.ts';
import { assemble } from './assembly.ts';
import type { CallInfo, ExecuteOptions } from './calls/intake.ts';
import type { Ledger } from './calls/ledger.ts';
import type { Item } from './items/item.ts';
import { nameOf } from './items/lock-queue.ts';
import { toSubmission } from './items/to-submission.ts';
import type { EngineOptions } from './ports/options.ts';
import type { Answer, Batch } from './ports/sender.ts';
import type { KeyClaim, Name, Submission } from './ports/submission.ts';
import type { ServerStats } from './server/server-health.ts';

/** The engine at one moment, and what it has done so far. */
export interface Stats {
  /** Items that are not in flight. */
  readonly queued: number;
  /** Those of them that wait for other items. */
  readonly blocked: number;
  /** Items in requests without an answer yet. */
  readonly inFlight: number;
  /** UTF-8 bytes of all pending items. */
  readonly queuedBytes: number;
  /** Requests that may be in flight at once, as learned from the server's answers. */
  readonly concurrency: number;
  /** How long the oldest pending call has waited, in milliseconds. */
  readonly oldestMs: number;
  /** Requests that left, and the items and UTF-8 bytes that they carried. */
  readonly requests: number;
  readonly items: number;
  readonly bytes: number;
  /** Times that an item went back since the server had not reached it. */
  readonly requeued: number;
  /** Times that an item went back for another attempt. */
  readonly retried: number;
  /** Times that a batch, or a part of one, was halved. */
  readonly bisected: number;
  /** Milliseconds in pauses that the server asked for. */
  readonly pausedMs: number;
  readonly meanBatchSize: number;
  readonly server: ServerStats;
  readonly ledger: Ledger;
}

export class Coalescer<Failure> {
  readonly #parts: Assembly<Failure>;
  #closing: Promise<Ledger> | undefined;

  constructor(options: EngineOptions<Failure>) {
    this.#parts = assemble(options);
  }

  /**
   * Takes a call in. The promise settles exactly once, and is marked as handled: a failure nobody
   * waits for harms nobody.
   */
  submit(submission: Submission): Promise<unknown> {
    const promise =
      this.#closing === undefined
        ? this.#parts.intake.take(submission)
        : this.#parts.intake.turnAway(submission, { kind: 'closed', maybeApplied: false });
    this.#parts.loop.watch();
    return promise;
  }

  /**
   * Takes in what was accepted before, by an engine that is gone, as its `pending` had it: it is wanted, though
   * no call waits for it. It is sent in its old order, new calls wait for what it makes and changes, and it has
   * no time in which it must be done. One that fails is told to `failure`; none is in the books. A closed engine
   * takes nothing in.
   */
  adopt(submissions: readonly Submission[]): void {
    if (this.#closing === undefined) this.#parts.intake.adopt(submissions);
  }

  /**
   * What is pending, in the order of the calls, as data that can be written down. What is wanted no more is left
   * out, unless others need what it makes: they would wait for its id for ever.
   */
  pending(): Submission[] {
    const { backlog } = this.#parts;
    const isWanted = (item: Item): boolean => item.isWanted || backlog.order.isNeeded(item);
    return backlog
      .all()
      .filter((item) => item.weight > 0 && isWanted(item))
      .map(toSubmission);
  }

  /** Calls that were accepted so far. */
  get accepted(): number {
    return this.#parts.callers.ledger.accepted;
  }

  /** Counts a call that cannot be accepted, and rejects it with this error. */
  decline(error: unknown, about: CallInfo): Promise<never> {
    return this.#parts.intake.decline(error, about);
  }

  /** Counts a call that is left out on purpose, as declined. Nobody else is concerned. */
  omit(): void {
    this.#parts.intake.omit();
  }

  /** Whether a call has made what goes by this id, or may have, or is about to. */
  isThere(id: string): boolean {
    return this.#parts.history.isThereOrComing(id);
  }

  /**
   * What goes by that name by now: the id that the server gave, where it differs from the one that was
   * sent, and where there was none. Of numbers, the last 10,000 are known.
   */
  idOf(name: Name): Name {
    return this.#parts.history.idOf(name);
  }

  /** Whether an item with that key is pending. */
  isPending(key: string): boolean {
    return this.#parts.keys.find(key) !== undefined;
  }

  /** What the pending item makes that a call with this key and fingerprint would share. */
  sharedMakes(key: string, fingerprint: string, claim?: KeyClaim): Name | undefined {
    const item = this.#parts.keys.find(key, claim);
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
      return this.#parts.intake.turnAway(about, { kind: 'closed', maybeApplied: false });
    }
    const promise = this.#parts.intake.takePacked(batch, options);
    const { loop, steps } = this.#parts;
    steps.run(() => loop.pump());
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
    return this.#parts.bounds.ready();
  }

  /**
   * Sends at once what fits into so many bytes, in requests that are to outlive this process. Returns the
   * bytes that it sends.
   */
  sendOutliving(maxBytes: number): number {
    const { loop, dispatcher, intake } = this.#parts;
    return loop.holdFor(() => {
      intake.endWindow();
      return dispatcher.sendOutliving(maxBytes);
    });
  }

  stats(): Stats {
    const { retries, backlog, adaptive, clock, dispatcher, bisection, serverHealth } = this.#parts;
    const { size, bytes, oldest } = backlog;
    const { requests, items, bytes: sentBytes } = dispatcher;
    const inFlight = backlog.count('in flight');
    const now = clock.now();
    return {
      queued: size - inFlight,
      blocked: backlog.count('blocked'),
      inFlight,
      queuedBytes: bytes,
      concurrency: adaptive.concurrency.limit,
      oldestMs: oldest === undefined ? 0 : Math.max(0, now - oldest.calledAt),
      requests,
      items,
      bytes: sentBytes,
      requeued: retries.requeued,
      retried: retries.retried,
      bisected: bisection.divided,
      pausedMs: adaptive.gate.pausedMs(now),
      meanBatchSize: requests === 0 ? 0 : items / requests,
      server: serverHealth.stats(now),
      ledger: this.#ledger(),
    };
  }

  /** Resources with pending items: none when idle. */
  get resources(): number {
    return this.#parts.backlog.order.size;
  }

  /**
   * Bytes of the buffers in which texts wait, for tests.
   * @internal
   */
  get heldBytes(): number {
    return this.#parts.backlog.texts.capacity;
  }

  #hurry(reason: 'flush' | 'close'): void {
    const { loop, dispatcher, intake, steps } = this.#parts;
    steps.run(() => {
      intake.endWindow();
      dispatcher.hurry(intake.lastSeq, reason);
      loop.pump();
    });
  }

  #whenSettled(timeoutMs: number | undefined): Promise<Ledger> {
    const settled = deferred<Ledger>();
    const stopWaiting =
      timeoutMs === undefined
        ? undefined
        : this.#parts.timeouts.after(timeoutMs, () => settled.resolve(this.#ledger()));
    this.#parts.callers.whenTold(() => {
      stopWaiting?.();
      // By way of another promise, which takes two promise jobs: a call that failed is told one job late.
      settled.resolve(Promise.resolve(this.#ledger()));
    });
    return settled.promise;
  }

  async #close(timeoutMs: number): Promise<Ledger> {
    this.#parts.bounds.rejectAll(() => this.#closedError());
    this.#hurry('close');
    await this.#whenSettled(timeoutMs);
    const { backlog, loop, settlement, steps, inFlight, serverHealth } = this.#parts;
    const abort = steps.run(() => {
      const abortAll = inFlight.giveUpAll();
      settlement.settle(
        backlog.all().map((item) => {
          const maybeApplied = item.maybeApplied || item.isAtServer;
          const last = serverHealth.lastFor(item);
          return { kind: 'failed', item, reason: { kind: 'closed', last, maybeApplied } };
        }),
      );
      loop.pump();
      return abortAll;
    });
    abort();
    return this.#whenSettled(undefined);
  }

  #closedError(): unknown {
    return this.#parts.toError({ kind: 'closed', maybeApplied: false }, undefined);
  }

  #ledger(): Ledger {
    return { ...this.#parts.callers.ledger };
  }
}
