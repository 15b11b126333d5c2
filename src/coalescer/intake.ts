/** How a call becomes an item, or is turned away; all of it before `submit` returns. */
import type { Clock } from '../internal/clock.ts';
import type { Backlog } from './backlog.ts';
import type { Bounds } from './bounds.ts';
import { bytesOf, Item } from './item.ts';
import { PackedBatch } from './packed-batch.ts';
import type { BatchLimits, Envelope } from './packer.ts';
import type { Parts } from './parts.ts';
import type { Answer, Batch, Gather, Name, Reason, Submission, ToError } from './ports.ts';
import type { Settlement } from './settlement.ts';
import type { Withdrawals } from './withdrawals.ts';

export interface ExecuteOptions {
  /** What the request is called in events. @default 'batch' */
  readonly type?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What is known of a call that does not become an item. */
export interface About {
  /** Undefined for a batch that its caller has packed, which is not in the books. */
  readonly key: string | undefined;
  readonly type: string;
  readonly makes?: Name | undefined;
}

type Lacking<Failure> = Extract<Reason<Failure>, { kind: 'dependency' }>;

export class Intake<Failure> {
  /** The place of the youngest item. */
  lastSeq = 0;
  readonly #limits: BatchLimits & Envelope;
  readonly #clock: Clock;
  readonly #toError: ToError<Failure>;
  readonly #backlog: Backlog;
  readonly #bounds: Bounds;
  readonly #parts: Parts;
  readonly #settlement: Settlement<Failure>;
  readonly #withdrawals: Withdrawals<Failure>;
  readonly #gather: Gather<Item>;
  /** UTF-8 bytes of the items in the open window. */
  #gatheredBytes = 0;

  constructor(
    limits: BatchLimits & Envelope,
    clock: Clock,
    toError: ToError<Failure>,
    backlog: Backlog,
    bounds: Bounds,
    parts: Parts,
    settlement: Settlement<Failure>,
    withdrawals: Withdrawals<Failure>,
    gather: (onEnd: (items: readonly Item[]) => void) => Gather<Item>,
    onAdmitted: () => void,
  ) {
    this.#limits = limits;
    this.#clock = clock;
    this.#toError = toError;
    this.#backlog = backlog;
    this.#bounds = bounds;
    this.#parts = parts;
    this.#settlement = settlement;
    this.#withdrawals = withdrawals;
    this.#gather = gather((items) => {
      this.#gatheredBytes = 0;
      backlog.admit(items);
      onAdmitted();
    });
  }

  /** Ends the open window at once. */
  endWindow(): void {
    this.#gather.end();
  }

  take(submission: Submission<unknown>): Promise<unknown> {
    const { key, hasNewKey } = submission;
    const shared = hasNewKey ? undefined : this.#settlement.find(key);
    if (shared !== undefined) return this.#share(shared, submission);
    const broken = submission.overBound ? undefined : this.#bounds.brokenBy(bytesOf(submission));
    if (broken !== undefined) {
      this.endWindow();
      return this.turnAway(submission, { kind: 'full', ...broken, maybeApplied: false });
    }
    const item = new Item(++this.lastSeq, this.#now(), submission);
    const lacking = this.#lacking(submission);
    if (lacking !== undefined) return this.#rejectUnsent(item, submission, lacking);
    const caller = this.#settlement.join(item);
    this.#settlement.register(item, submission.makes);
    this.#backlog.append(item, submission);
    this.#withdrawals.listen(item, caller, submission.signal);
    if (item.state === 'gathering') this.#addToWindow(item);
    return caller.promise;
  }

  /** Takes in a batch that its caller has packed: it leaves as it stands, and waits for no item. */
  takePacked(batch: Batch, { type = 'batch', signal }: ExecuteOptions): Promise<Answer> {
    const taken = batch.keys.find((key) => this.#settlement.find(key) !== undefined);
    if (taken !== undefined) {
      const reason: Reason<Failure> = { kind: 'conflict', maybeApplied: false };
      return this.decline(this.#toError(reason, taken), { key: undefined, type });
    }
    const { envelopeBytes } = this.#limits;
    const packed = new PackedBatch(++this.lastSeq, this.#now(), type, batch, envelopeBytes);
    const caller = this.#settlement.join(packed);
    this.#settlement.register(packed, undefined);
    this.#backlog.appendPacked(packed);
    this.#parts.add(packed);
    this.#withdrawals.listen(packed, caller, signal);
    return caller.promise as Promise<Answer>;
  }

  /** Rejects a call that is not accepted. */
  turnAway({ key, type, makes }: About, reason: Reason<Failure>): Promise<never> {
    return this.decline(this.#toError(reason, key), { key, type, makes });
  }

  /** Counts a call that is not accepted, and rejects it with that error. */
  decline(error: unknown, { key, type, makes }: About): Promise<never> {
    if (key !== undefined) this.#settlement.ledger.declined++;
    // What a pending item makes is not made to fail by a call that wanted to make it again.
    if (makes !== undefined && !this.#backlog.isBeingMade(makes)) {
      this.#settlement.remember(makes, 'declined');
    }
    return this.#settlement.decline(error, key, type);
  }

  /** Counts a call that is left out on purpose: what it was to make will not be there. */
  omit({ makes }: About): void {
    this.#settlement.ledger.declined++;
    if (makes !== undefined) this.#settlement.remember(makes, 'declined');
  }

  /** Not before now, so that nobody is given up too early. */
  #now(): number {
    return Math.ceil(this.#clock.now());
  }

  /** Lets another call wait for a pending item, if it asks for the same. */
  #share(item: Item, submission: Submission<unknown>): Promise<unknown> {
    if (item.fingerprint === undefined || item.fingerprint !== submission.fingerprint) {
      return this.turnAway(submission, { kind: 'conflict', maybeApplied: false });
    }
    this.#settlement.forget(submission.makes);
    if (item.isGhost) this.#backlog.renew(item, this.#now());
    const caller = this.#settlement.join(item);
    this.#withdrawals.listen(item, caller, submission.signal);
    return caller.promise;
  }

  /** What the call needs and will not be there, as the reason to reject it. */
  #lacking({
    makes,
    changes,
    uses = [],
    holes,
  }: Submission<unknown>): Lacking<Failure> | undefined {
    const names = changes === undefined ? uses : [changes, ...uses];
    for (const needed of holes.length === 0 ? [names] : [names, holes]) {
      for (const name of needed) {
        const because = name === makes ? undefined : this.#settlement.failureOf(name);
        if (because === undefined) continue;
        const resourceId = typeof name === 'string' ? name : name.id;
        return { kind: 'dependency', resourceId, because, maybeApplied: false };
      }
    }
    return undefined;
  }

  /** Accepts the call and fails it at once; what it was to make is not there either. */
  #rejectUnsent(
    item: Item,
    { makes }: Submission<unknown>,
    lacking: Lacking<Failure>,
  ): Promise<unknown> {
    const caller = this.#settlement.join(item);
    if (makes !== undefined) this.#settlement.remember(makes, lacking.because);
    this.#settlement.leave(item, caller, lacking);
    return caller.promise;
  }

  /** A full batch, and a full queue, end the window at once. */
  #addToWindow(item: Item): void {
    const { maxItems, maxBytes } = this.#limits;
    this.#gather.add(item);
    this.#gatheredBytes += item.bytes;
    const isFullBatch =
      this.#backlog.count('gathering') >= maxItems || this.#gatheredBytes >= maxBytes;
    if (isFullBatch || this.#bounds.brokenBy(0) !== undefined) this.endWindow();
  }
}
