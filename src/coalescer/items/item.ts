import type { AbortSubscription } from '../../lib/abort-signals.ts';
import type { ArenaText, Chunk, TextArena } from '../../lib/text-arena.ts';
import type { LastAttempt, Reason } from '../ports/reason.ts';
import type { KeyClaim, Name, Submission } from '../ports/submission.ts';
import type { Epoch } from './epochs.ts';
import type { LockGroup, LockMember, LockQueue } from './lock-queues.ts';

/** Counts for an id that is not known yet: 32 characters and their quotes. */
export const ITEM_HOLE_BYTES = 34;

/**
 * The state of an item. `gathering`: its window is open. `blocked`: it waits for other items. `delayed`: it waits for
 * a time. `ready`: it may be packed. `held`: it waits in a half of a divided batch. `in flight`: its request has no
 * answer yet. `settled`: it is over.
 */
export type ItemState =
  | 'gathering'
  | 'blocked'
  | 'delayed'
  | 'ready'
  | 'held'
  | 'in flight'
  | 'settled';

/** A call that waits for an item. Several calls may share one item by its key; see callers.ts. */
export interface Caller {
  readonly promise: Promise<unknown>;
  /** Settles the promise; to reject it, resolve it with a `rejection`. */
  readonly resolve: (value: unknown) => void;
  /** A flush waits for the epochs before it. */
  readonly epoch: Epoch;
  /** How to read the item's output for this caller. */
  readonly readAs: unknown;
}

/** A caller that is not the first one, which is a part of the item. */
export interface OtherCaller extends Caller {
  /** To the caller's signal. */
  readonly subscription: ItemSubscription;
}

/** A call, and the item that it waits for. */
export interface ItemAndCaller {
  readonly item: Item;
  /** Changes when other callers leave the item: see `Callers.leave`. */
  caller: Caller;
}

/** What a call has with its signal, where it has one. */
export type ItemSubscription = AbortSubscription<ItemAndCaller> | undefined;

/** A request on its way. Until it has left, the server has nothing of it. */
export interface ItemSendState {
  readonly controller: AbortController;
  hasLeft: boolean;
  /** It must not leave any more: a caller was told that it was not sent. */
  isRecalled: boolean;
}

/** What only few items have; in the item itself, each field would cost memory for all of them. */
export class ItemExtras {
  fingerprint: string | undefined;
  /** Tells the one who keeps the claim on its key that it is pending. */
  claim: KeyClaim | undefined;
  /** UTF-8 bytes that its answer is expected to have beside its own text. */
  echoBytes = 0;
  /** Its text while ids are missing, cut at each of them; `holes` has the ids that are known by now. */
  cut: { readonly pieces: readonly string[]; readonly holes: Name[] } | undefined;
  /** The name that it precedes, and its epoch among the items that do. */
  precedes: { readonly name: string; readonly epoch: Epoch } | undefined;
  /** It waits for all earlier items that precede this name. */
  follows: string | undefined;
  /** To the signal of the first caller. */
  subscription: ItemSubscription;
  /** Callers beside the first one. */
  others: Set<OtherCaller> | undefined;
  retryState: ItemRetryState | undefined;
}

const itemTextDecoder = new TextDecoder();

/** One for all, since most lists are empty, and each would cost as much as what it holds. */
export const noGroups: readonly never[] = [];

/**
 * One action made ready: what queue and batch hold. Its place, `seq`, never changes.
 *
 * Callers, text, locks and attempts each have a file of their own, which alone writes the fields about it. They are
 * in one object since each object more would cost 32 bytes for every pending item. The first caller is a part of it,
 * since few items have another.
 */
export class Item implements ArenaText, LockMember {
  readonly seq: number;
  readonly key: string;
  readonly type: string;
  /** When its oldest caller called, by the engine's clock. Whole milliseconds, which V8 stores in place. */
  calledAt: number;
  /** Written by the backlog. */
  state: ItemState = 'gathering';

  /** The first caller; undefined where no call waits for the item. Written by `Callers`. */
  promise: Promise<unknown> | undefined;
  resolve: ((value: unknown) => void) | undefined;
  epoch: Epoch | undefined;
  /** How to read its output; other callers may have it read in another way. */
  readAs: unknown;

  /** UTF-8 bytes of the text; an estimate while a hole is open. */
  bytes: number;
  /** Where its text is, once all holes are filled. The text never changes afterwards. */
  chunk: Chunk | undefined;
  start = 0;
  slot = 0;

  /** What it makes: the name, or the lock queue once the order has made one. Written by the order. */
  makes: Name | LockQueue<Item> | undefined;
  /** One for each resource that it uses, changes or makes; see dependency-order.ts. */
  groups: readonly LockGroup<Item>[] = noGroups;
  /** How many of these groups, and of the epochs that it follows, are still in its way. */
  waits = 0;

  /** Requests that have carried it, this one included. Written by the dispatcher, as are the next two. */
  attempts = 0;
  /** The last request that carried it. */
  sending: ItemSendState | undefined;
  readyAt = 0;

  /** Neighbours in its chain. */
  older: Item | undefined;
  younger: Item | undefined;

  extras: ItemExtras | undefined;

  /** How much it counts in queue and ledger; on the prototype, since it is the same for all of a class. */
  declare weight: 0 | 1;

  constructor(seq: number, calledAt: number, submission: Submission, texts: TextArena) {
    const { fingerprint, claim, echoBytes, pieces, holes, follows, maybeApplied } = submission;
    this.seq = seq;
    this.calledAt = calledAt;
    this.key = submission.key;
    this.type = submission.type;
    this.readAs = submission.readAs;
    this.bytes = submission.bytes + holes.length * ITEM_HOLE_BYTES;
    const isWhole = holes.length === 0;
    const isPlain = (fingerprint ?? claim ?? follows ?? maybeApplied) === undefined;
    if (!isPlain || !isWhole || echoBytes) this.extras = extrasOf(submission);
    // A packed batch has no text of its own.
    if (isWhole && pieces[0] !== undefined) texts.write(pieces[0], this);
  }

  /** What its attempts without progress have left; most items have none. */
  get retryState(): ItemRetryState | undefined {
    return this.extras?.retryState;
  }

  /** An attempt had no answer, so the server may have done it. */
  get maybeApplied(): boolean {
    return this.extras?.retryState?.maybeApplied === true;
  }

  /** The key that events and errors give. */
  get keyInEvents(): string | undefined {
    return this.key;
  }

  /** The keys whose outputs it waits for. */
  get keys(): readonly string[] {
    return [this.key];
  }

  /** What it makes goes by this name. */
  get madeName(): Name | undefined {
    return typeof this.makes === 'object' ? this.makes.name : this.makes;
  }

  get isAwaited(): boolean {
    return this.resolve !== undefined;
  }

  /**
   * It is to be done, also where no call waits for it, as for an adopted item. No longer, once its last caller has
   * left it.
   */
  get isWanted(): boolean {
    return this.extras?.retryState?.left === undefined;
  }

  /** The server may have something of the request that carries it. */
  get isAtServer(): boolean {
    return this.state === 'in flight' && this.sending?.hasLeft === true;
  }

  /** Requests of which the server may have something. */
  get sent(): number {
    return this.state === 'in flight' && !this.isAtServer ? this.attempts - 1 : this.attempts;
  }

  get isWhole(): boolean {
    return this.chunk !== undefined;
  }

  /** Its text, decoded anew each time; undefined while an id is missing. */
  get text(): string | undefined {
    const { chunk, start, bytes } = this;
    return chunk && itemTextDecoder.decode(chunk.buffer.subarray(start, start + bytes));
  }

  /**
   * Fills in the id of what went by that number, and makes the text if none is missing any more. Returns how many
   * bytes that adds.
   */
  fill(number: Name, id: string, texts: TextArena): number {
    const cut = this.extras?.cut;
    if (cut === undefined) return 0;
    let text = cut.pieces[0] ?? '';
    let isWhole = true;
    for (const [index, hole] of cut.holes.entries()) {
      const known = hole === number ? id : hole;
      cut.holes[index] = known;
      isWhole &&= typeof known === 'string';
      text += JSON.stringify(known) + (cut.pieces[index + 1] ?? '');
    }
    if (!isWhole) return 0;
    const before = this.bytes;
    texts.write(text, this);
    this.keepExtras().cut = undefined;
    return this.bytes - before;
  }

  keepExtras(): ItemExtras {
    this.extras ??= new ItemExtras();
    return this.extras;
  }

  keepRetryState(): ItemRetryState {
    const extras = this.keepExtras();
    extras.retryState ??= new ItemRetryState();
    return extras.retryState;
  }
}

Item.prototype.weight = 1;

function extrasOf(submission: Submission): ItemExtras {
  const { fingerprint, claim, echoBytes = 0, pieces, holes, follows, maybeApplied } = submission;
  const extras = new ItemExtras();
  extras.fingerprint = fingerprint;
  extras.claim = claim;
  extras.echoBytes = echoBytes;
  extras.follows = follows;
  if (holes.length > 0) extras.cut = { pieces, holes: [...holes] };
  if (maybeApplied) {
    extras.retryState = new ItemRetryState();
    extras.retryState.maybeApplied = true;
  }
  return extras;
}

export type ReasonToLeaveItem<Failure> =
  | Omit<Extract<Reason<Failure>, { kind: 'aborted' }>, 'maybeApplied'>
  | Omit<Extract<Reason<Failure>, { kind: 'exhausted' }>, 'maybeApplied'>;

/** What an item keeps of its attempts that made no progress. */
export class ItemRetryState {
  /** An attempt had no answer, so the server may have done it. */
  maybeApplied = false;
  /** Not to be sent before this time, by the engine's clock. */
  notBefore = 0;
  /** How many usable answers the engine had seen at the end of its last attempt. */
  answersSeen: number | undefined;
  /** Attempts that count against `retry.limit`. */
  countedAttempts = 0;
  /** Attempts lost right after a ping was answered, that do not count. */
  lostAfterPing = 0;
  /** When such an attempt counted last. */
  pingCountedAt: number | undefined;
  /** It was refused because of that attempt, and is sent once more: the next may have another token, say. */
  hadSecondChance = false;
  /** Its time was over before it was sent, since the process stood still. If this attempt gets lost, it ends. */
  isLastChance = false;
  /** An error that may pass, since when, and how often in a row the server gave it. */
  transient: { code: string; times: number; readonly since: number } | undefined;
  last: LastAttempt<unknown> | undefined;
  /** Why its last caller left it; then it is no longer wanted. */
  left: ReasonToLeaveItem<unknown> | undefined;
}
