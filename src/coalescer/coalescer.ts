/**
 * The engine: takes calls, sends them in batches, and gives each its own result.
 *
 * A call becomes an item at once: its text, its place in the order and its entry in the ledger are made before
 * `submit` returns. It may be packed when its window ends. The dispatcher decides when a request leaves, the replies
 * what an answer means for each item, and the settlement ends items.
 */
import { deferred, rejected } from '../lib/deferred.ts';
import type { Assembly } from './assembly.ts';
import { assemble } from './assembly.ts';
import type { DeclinedCall } from './calls/intake.ts';
import type { Ledger } from './calls/ledger.ts';
import type { Item } from './items/item.ts';
import { toSubmission } from './items/to-submission.ts';
import type { EngineOptions } from './ports/options.ts';
import type { PackedAnswer, PackedItems } from './ports/sender.ts';
import type { KeyClaim, Name, Submission } from './ports/submission.ts';
import type { ServerStats } from './server/server-health.ts';

/** The state of the engine, and its counters. */
export interface Stats {
  /** Items that are not in flight. */
  readonly queued: number;
  /** Queued items that wait for other items. */
  readonly blocked: number;
  /** Items whose request has no answer yet. */
  readonly inFlight: number;
  /** UTF-8 bytes of all pending items. */
  readonly queuedBytes: number;
  /** How many requests may be in flight at once, as learned from the server's answers. */
  readonly concurrency: number;
  /** How long the oldest pending call has waited, in milliseconds. */
  readonly oldestMs: number;
  /** Requests sent, and the items and UTF-8 bytes in them. */
  readonly requests: number;
  readonly items: number;
  readonly bytes: number;
  /** How often an item went back because the server had not reached it. */
  readonly requeued: number;
  /** How often an item went back for another attempt. */
  readonly retried: number;
  /** How often a batch, or a part of one, was halved. */
  readonly bisected: number;
  /** Milliseconds in pauses that the server asked for. */
  readonly pausedMs: number;
  readonly meanBatchSize: number;
  readonly server: ServerStats;
  readonly ledger: Ledger;
}

export interface ExecuteOptions {
  /** The name of the request in events. @default 'batch' */
  readonly type?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Coalescer<Failure> {
  readonly #parts: Assembly<Failure>;
  #closing: Promise<Ledger> | undefined;

  constructor(options: EngineOptions<Failure>) {
    this.#parts = assemble(options);
  }

  /** Takes a call. The promise settles exactly once. It is marked as handled, so that no rejection goes unhandled. */
  submit(submission: Submission): Promise<unknown> {
    const promise =
      this.#closing === undefined
        ? this.#parts.intake.take(submission)
        : this.#parts.intake.decline(submission, { kind: 'closed', maybeApplied: false });
    this.#parts.loop.watch();
    return promise;
  }

  /**
   * Takes over pending items of an engine that is gone, as its `pending` gave them. They are sent in their old order,
   * new calls wait for what they make and change, and they have no deadline. No call waits for them: a failure is
   * told to `failure`, and the ledger does not count them. Does nothing once the engine is closed.
   */
  adopt(submissions: readonly Submission[]): void {
    if (this.#closing === undefined) this.#parts.intake.adopt(submissions);
  }

  /**
   * The pending items in the order of the calls, as data for another engine to `adopt`. Unwanted items are left out,
   * unless others wait for the id of what they make.
   */
  pending(): Submission[] {
    const { backlog } = this.#parts;
    const isWanted = (item: Item): boolean => item.isWanted || backlog.order.isNeeded(item);
    return backlog
      .all()
      .filter((item) => item.weight > 0 && isWanted(item))
      .map(toSubmission);
  }

  /** Calls accepted so far. */
  get accepted(): number {
    return this.#parts.callers.ledger.accepted;
  }

  /** Rejects a call with this error, and counts it as declined. */
  decline(error: unknown, about: DeclinedCall): Promise<never> {
    return this.#parts.intake.declineWith(error, about);
  }

  /** Counts a call as declined that is left out on purpose. */
  omit(): void {
    this.#parts.callers.decline();
  }

  /** Whether a call has made what goes by this id, may have made it, or is about to. */
  isThere(id: string): boolean {
    return this.#parts.history.isThereOrComing(id);
  }

  /**
   * The id of what goes by that name: the server's, where it differs from the one that was sent, or where none was.
   * Numbers are known for the last 10,000.
   */
  idOf(name: Name): Name {
    return this.#parts.history.idOf(name);
  }

  /** Whether an item with that key is pending. */
  isPending(key: string): boolean {
    return this.#parts.keys.find(key) !== undefined;
  }

  /** The name of what the pending item makes that a call with this key and fingerprint would share. */
  sharedMakes(key: string, fingerprint: string, claim?: KeyClaim): Name | undefined {
    const item = this.#parts.keys.find(key, claim);
    return item?.extras?.fingerprint === fingerprint ? item.madeName : undefined;
  }

  /** Sends a packed batch. It is retried as items are, waits for none, and counts in neither queue nor ledger. */
  execute(
    batch: PackedItems,
    { type = 'batch', signal }: ExecuteOptions = {},
  ): Promise<PackedAnswer> {
    const { intake, loop, steps } = this.#parts;
    const about = { key: undefined, type, signal };
    if (this.#closing !== undefined) {
      return intake.decline(about, { kind: 'closed', maybeApplied: false });
    }
    const promise = intake.takePacked(batch, about);
    steps.run(() => loop.pump());
    return promise;
  }

  /** Resolves with the ledger once all earlier calls have settled, or after `timeoutMs`. Never rejects. */
  flush({ timeoutMs }: { readonly timeoutMs?: number | undefined } = {}): Promise<Ledger> {
    this.#hurry('flush');
    return this.#whenSettled(timeoutMs);
  }

  /**
   * Takes no more calls, sends what is queued, and rejects what is left after `timeoutMs`. Resolves with the ledger,
   * and never rejects; a second call returns the same promise.
   */
  close({ timeoutMs = 10_000 }: { readonly timeoutMs?: number | undefined } = {}): Promise<Ledger> {
    if (this.#closing === undefined) {
      // Set before callers are told of it, who may call `close` again.
      const closed = deferred<Ledger>();
      this.#closing = closed.promise;
      closed.resolve(this.#close(timeoutMs));
    }
    return this.#closing;
  }

  /** Resolves when the queue has room, and rejects once the engine is closed. */
  ready(): Promise<void> {
    if (this.#closing !== undefined) return rejected(this.#closedError());
    return this.#parts.bounds.ready();
  }

  /** Sends at once what fits into so many bytes, in requests that outlive the process. Returns the bytes sent. */
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

  /** Resources in use: none when idle. */
  get resources(): number {
    return this.#parts.backlog.order.size;
  }

  /**
   * Bytes of the buffers that hold texts, for tests.
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
      // By another promise, which takes two promise jobs: a caller hears of a failure one job late.
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
