/** How a call becomes an item, or is turned away; all of it before `submit` returns. */
import type { Clock } from '../internal/clock.ts';
import type { Backlog } from './backlog.ts';
import type { Bounds } from './bounds.ts';
import type { Fates } from './fates.ts';
import type { Caller, Waiting } from './item.ts';
import { bytesOf, Item } from './item.ts';
import { PackedBatch } from './packed-batch.ts';
import type { BatchLimits, Envelope } from './packer.ts';
import type { Parts } from './parts.ts';
import type { Answer, Batch, Gather, Name, Reason, Submission, ToError } from './ports.ts';
import type { ServerWatch } from './server-watch.ts';
import type { Settlement } from './settlement.ts';
import type { Follower, Signals } from './signals.ts';
import type { Steps } from './steps.ts';
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

/** The other parts of the engine that the intake works with. */
interface Others<Failure> {
  readonly clock: Clock;
  readonly steps: Steps;
  readonly signals: Signals<Waiting>;
  readonly backlog: Backlog;
  readonly bounds: Bounds;
  readonly parts: Parts;
  readonly fates: Fates<Failure>;
  readonly settlement: Settlement<Failure>;
  readonly withdrawals: Withdrawals<Failure>;
  readonly watch: ServerWatch<Failure>;
  readonly toError: ToError<Failure>;
  readonly gather: (onEnd: (items: readonly Item[]) => void) => Gather<Item>;
  /** Items may be packed now. */
  readonly onAdmitted: (now: number) => void;
}

type Following = Follower<Waiting> | undefined;

/** A call that was dealt with, and the item that it became, if it became one. */
interface Entered {
  readonly promise: Promise<unknown>;
  readonly item?: Item;
}

export class Intake<Failure> {
  /** The place of the youngest item. */
  lastSeq = 0;
  readonly #limits: BatchLimits & Envelope;
  readonly #others: Others<Failure>;
  readonly #gather: Gather<Item>;
  /** UTF-8 bytes of the items in the open window. */
  #gatheredBytes = 0;

  constructor(limits: BatchLimits & Envelope, others: Others<Failure>) {
    this.#limits = limits;
    this.#others = others;
    this.#gather = others.gather((items) => this.#admit(items));
  }

  /** Ends the open window at once. */
  endWindow(): void {
    this.#gather.end();
  }

  /**
   * Takes a call in. The caller's signal is read before anything of the call is entered, and the window
   * is opened when that is done: both may call back.
   */
  take(submission: Submission): Promise<unknown> {
    let follower: Following;
    let entered: Entered;
    try {
      follower = this.#follow(submission.signal);
      entered = this.#others.steps.run(() => this.#enter(submission, follower));
    } catch (error) {
      return this.#refuse(submission, follower, faultOf(error, submission.signal, follower));
    }
    const { promise, item } = entered;
    if (item?.state === 'gathering') this.#addToWindow(item);
    return promise;
  }

  /** Takes in a batch that its caller has packed: it leaves as it stands, and waits for no item. */
  takePacked(batch: Batch, { type = 'batch', signal }: ExecuteOptions): Promise<Answer> {
    const about = { key: undefined, type };
    let follower: Following;
    try {
      follower = this.#follow(signal);
      const promise = this.#others.steps.run(() => this.#enterPacked(batch, about, follower));
      return promise as Promise<Answer>;
    } catch (error) {
      return this.#refuse(about, follower, faultOf(error, signal, follower));
    }
  }

  /** Rejects a call that is not accepted. */
  turnAway({ key, type, makes }: About, reason: Reason<Failure>): Promise<never> {
    return this.decline(this.#others.toError(reason, key), { key, type, makes });
  }

  /** Counts a call that is not accepted, and rejects it with that error. */
  decline(error: unknown, { key, type, makes }: About): Promise<never> {
    const { settlement, steps } = this.#others;
    return steps.run(() => {
      if (key !== undefined) settlement.ledger.declined++;
      if (makes !== undefined) settlement.remember(makes, 'declined');
      return settlement.decline(error, key, type);
    });
  }

  /** Counts a call that is left out on purpose. */
  omit(): void {
    this.#others.settlement.ledger.declined++;
  }

  #follow(signal: AbortSignal | undefined): Following {
    return signal && this.#others.signals.follow(signal);
  }

  #enter(submission: Submission, follower: Following): Entered {
    const { backlog, bounds, settlement } = this.#others;
    const { key, hasNewKey, claim, readAs } = submission;
    const shared = hasNewKey ? undefined : settlement.find(key, claim);
    if (shared !== undefined) return { promise: this.#share(shared, submission, follower) };
    const broken = bounds.brokenBy(bytesOf(submission), submission.overBound);
    if (broken !== undefined) {
      this.endWindow();
      const { last } = this.#others.watch;
      const reason: Reason<Failure> = { kind: 'full', ...broken, last, maybeApplied: false };
      return { promise: this.#refuse(submission, follower, reason) };
    }
    const lacking = this.#lacking(submission);
    const item = new Item(this.lastSeq + 1, this.#now(), submission, backlog.texts);
    this.lastSeq++;
    if (!item.isWhole) this.#fill(item, submission.holes);
    if (lacking !== undefined) {
      return { promise: this.#rejectUnsent(item, submission, follower, lacking) };
    }
    const caller = settlement.join(item, readAs, follower);
    const { promise } = caller;
    settlement.register(item, submission.hasNewName ? undefined : submission.makes);
    backlog.append(item, submission);
    this.#withdrawEarly(item, caller);
    return { promise, item };
  }

  #enterPacked(batch: Batch, about: About, follower: Following): Promise<unknown> {
    const { backlog, parts, settlement, toError } = this.#others;
    const taken = batch.keys.find((key) => settlement.find(key) !== undefined);
    if (taken !== undefined) {
      if (follower !== undefined) this.#others.signals.leave(follower);
      return this.decline(toError({ kind: 'conflict', maybeApplied: false }, taken), about);
    }
    const { envelopeBytes } = this.#limits;
    const packed = new PackedBatch(
      ++this.lastSeq,
      this.#now(),
      about.type,
      batch,
      envelopeBytes,
      backlog.texts,
    );
    const caller = settlement.join(packed, undefined, follower);
    const { promise } = caller;
    settlement.register(packed, undefined);
    backlog.appendPacked(packed);
    parts.add(packed);
    this.#withdrawEarly(packed, caller);
    return promise;
  }

  /** Fills in the ids that are known already. */
  #fill(item: Item, holes: readonly number[]): void {
    const { backlog, fates } = this.#others;
    for (const number of holes) {
      const id = fates.idOf(number);
      if (typeof id === 'string') item.fill(number, id, backlog.texts);
    }
  }

  /** Its signal had fired before the call was entered. */
  #withdrawEarly(item: Item, caller: Caller): void {
    const early = caller.follower?.early;
    if (early !== undefined) this.#others.withdrawals.abort([{ item, caller }], early.reason);
  }

  /** Rejects a call that is not accepted, and does not follow its signal any more. */
  #refuse(about: About, follower: Following, reason: Reason<Failure>): Promise<never> {
    if (follower !== undefined) this.#others.signals.leave(follower);
    return this.turnAway(about, reason);
  }

  /** Not before now, so that nobody is given up too early. */
  #now(): number {
    return Math.ceil(this.#others.clock.now());
  }

  /** Lets another call wait for a pending item, if it asks for the same. */
  #share(item: Item, submission: Submission, follower: Following): Promise<unknown> {
    if (item.fingerprint === undefined || item.fingerprint !== submission.fingerprint) {
      return this.#refuse(submission, follower, { kind: 'conflict', maybeApplied: false });
    }
    const { backlog, settlement } = this.#others;
    settlement.forget(submission.makes);
    if (item.isGhost) backlog.renew(item, this.#now());
    const caller = settlement.join(item, submission.readAs, follower);
    const { promise } = caller;
    this.#withdrawEarly(item, caller);
    return promise;
  }

  /** What the call needs and will not be there, as the reason to reject it. */
  #lacking({ makes, changes, uses = [], holes }: Submission): Lacking<Failure> | undefined {
    const names = changes === undefined ? uses : [changes, ...uses];
    for (const needed of holes.length === 0 ? [names] : [names, holes]) {
      for (const name of needed) {
        const because = name === makes ? undefined : this.#others.settlement.failureOf(name);
        if (because === undefined) continue;
        const resourceId = typeof name === 'string' ? name : undefined;
        return { kind: 'dependency', resourceId, because, maybeApplied: false };
      }
    }
    return undefined;
  }

  /** Accepts the call and fails it at once; what it was to make is not there either. */
  #rejectUnsent(
    item: Item,
    { makes, readAs }: Submission,
    follower: Following,
    lacking: Lacking<Failure>,
  ): Promise<unknown> {
    const { backlog, settlement } = this.#others;
    item.dropText(backlog.texts);
    const caller = settlement.join(item, readAs, follower);
    const { promise } = caller;
    if (makes !== undefined) settlement.remember(makes, lacking.because);
    settlement.leave(item, caller, lacking, true);
    return promise;
  }

  /** A full batch, and a full queue, end the window at once. */
  #addToWindow(item: Item): void {
    const { backlog, bounds } = this.#others;
    const { maxItems, maxBytes } = this.#limits;
    this.#gatheredBytes += item.bytes;
    try {
      this.#gather.add(item);
    } catch {
      // A window that cannot be opened is over.
      this.#admit([item]);
    }
    const isFullBatch = backlog.count('gathering') >= maxItems || this.#gatheredBytes >= maxBytes;
    if (isFullBatch || bounds.brokenBy(0) !== undefined) this.endWindow();
  }

  #admit(items: readonly Item[]): void {
    const { backlog, clock, steps, onAdmitted } = this.#others;
    this.#gatheredBytes = 0;
    steps.run(() => {
      const now = clock.now();
      backlog.admit(items, now);
      onAdmitted(now);
    });
  }
}

/** A signal that was not followed is to blame, since it is the first that is asked. */
function faultOf(
  error: unknown,
  signal: AbortSignal | undefined,
  follower: Following,
): Extract<Reason<never>, { kind: 'fault' }> {
  const part = signal !== undefined && follower === undefined ? 'signal' : undefined;
  return { kind: 'fault', error, part, maybeApplied: false };
}
