import type { AbortSubscription } from '../../lib/abort-signals.ts';
import type { ArenaText, Chunk, TextArena } from '../../lib/text-arena.ts';
import type { KeyClaim, Name, Submission } from '../ports/submission.ts';
import type { Epoch } from './epochs.ts';
import type { LockGroup, LockQueue, Member } from './lock-queue.ts';
import type { RetryState } from './retry-state.ts';
import { newRetryState } from './retry-state.ts';

/** Stands for an id in the byte count until the id is known: 32 characters and their quotes. */
export const TYPICAL_ID_BYTES = 34;

/**
 * Where an item is in its life.
 *
 * `gathering`: its window is open. `blocked`: waits for other items. `delayed`: waits for a time.
 * `ready`: may be packed now. `held`: waits in its part of a divided batch. `in flight`: in a request without an answer yet. `settled`: over.
 */
export type ItemState =
  | 'gathering'
  | 'blocked'
  | 'delayed'
  | 'ready'
  | 'held'
  | 'in flight'
  | 'settled';

/** One call that waits for an item; several calls may share one item by its key. See calls.ts. */
export interface Caller {
  readonly promise: Promise<unknown>;
  /** Settles the promise. To reject it, it is resolved with what rejects: see `rejection`. */
  readonly resolve: (value: unknown) => void;
  /** Where the call stands among those that a flush waits for. */
  readonly epoch: Epoch;
  /** By what the item's output is read for this caller. */
  readonly readAs: unknown;
}

/** One that is not the first: that one is a part of the item. */
export interface OtherCaller extends Caller {
  /** The call follows its caller's signal. */
  readonly subscription: AbortSubscription<PendingCall> | undefined;
}

/** A call, and the item that it waits for. */
export interface PendingCall {
  readonly item: Item;
  /** May change as others leave that item: see `Calls.leave`. */
  caller: Caller;
}

/** A request on its way: until it has left, nothing of it can be at the server. */
export interface SendState {
  readonly controller: AbortController;
  hasLeft: boolean;
  /** It must not leave any more: somebody was told that what it carries was not done. */
  isRecalled: boolean;
}

/** What few items have. All are pointers that most would hold for nothing, while they wait. */
export interface Extras {
  fingerprint: string | undefined;
  /** Where whoever looks for its key finds it while it is pending. */
  claim: KeyClaim | undefined;
  /** What its answer is expected to hold beside its own text, in bytes. */
  echoBytes: number;
  /** Its text, cut where ids are missing, until they are known; what is known by now of them stands in `holes`. */
  cut: { readonly pieces: readonly string[]; readonly holes: Name[] } | undefined;
  /** The cohort, of those that precede a name, in which it is counted. */
  precedes: { readonly name: string; readonly epoch: Epoch } | undefined;
  /** It waits for all earlier ones that precede this name. */
  follows: string | undefined;
  /** The signal that the first call follows. */
  subscription: AbortSubscription<PendingCall> | undefined;
  /** Calls that wait for it beside the first one. */
  others: Set<OtherCaller> | undefined;
  retryState: RetryState | undefined;
}

const decoder = new TextDecoder();

/** Shared by all, since most are empty and each costs as much as what it holds. */
const nothing: readonly never[] = [];

/**
 * One action made ready: what queue and batch hold. Its place, `seq`, is its own for life.
 *
 * Who waits for it, its text, its place in line and its attempts are subjects of files of their own, which alone
 * write these fields. They stand in one object, since each further one would cost 32 bytes for each item
 * of a million that wait; and the first call that waits is a part of it, since few have any other.
 */
export class Item implements ArenaText, Member {
  readonly seq: number;
  readonly key: string;
  readonly type: string;
  /** Since when somebody waits for it, by the engine's clock, in whole milliseconds: so it needs no box. */
  calledAt: number;
  /** Written by the backlog. */
  state: ItemState = 'gathering';

  /** Of the first call that waits for it; undefined where none does. Written by `Calls`. */
  promise: Promise<unknown> | undefined;
  resolve: ((value: unknown) => void) | undefined;
  epoch: Epoch | undefined;
  /** By what its output is read; other callers may have it read by something else. */
  readAs: unknown;

  /** UTF-8 bytes of the text; an estimate while a hole is open. */
  bytes: number;
  /** Where the text as sent is, once every hole is filled; what is there never changes afterwards. */
  chunk: Chunk | undefined;
  start = 0;
  slot = 0;

  /** What comes into being with this item: its name, until somebody asks for that. Written by the order. */
  makes: Name | LockQueue<Item> | undefined;
  /** The groups that it stands in, one for each resource; see order.ts. */
  groups: readonly LockGroup<Item>[] = nothing;
  /** How many of them, and of the cohorts that it follows, still hold it back. */
  waits = 0;

  /** Requests that carried it, the present one included. Written by the dispatcher, as the next two. */
  attempts = 0;
  /** The request that carries it now, or did last. */
  sending: SendState | undefined;
  /** When it last became sendable, in whole milliseconds. */
  readyAt = 0;

  /** Neighbours in its chain. */
  older: Item | undefined;
  younger: Item | undefined;

  extras: Extras | undefined;

  /** What it counts for in queue and books; on the prototype, since it is the same for all of a class. */
  declare weight: 0 | 1;

  constructor(seq: number, calledAt: number, submission: Submission, texts: TextArena) {
    const { fingerprint, claim, echoBytes, pieces, holes, follows, maybeApplied } = submission;
    this.seq = seq;
    this.calledAt = calledAt;
    this.key = submission.key;
    this.type = submission.type;
    this.readAs = submission.readAs;
    this.bytes = submission.bytes + holes.length * TYPICAL_ID_BYTES;
    const isWhole = holes.length === 0;
    const isPlain = (fingerprint ?? claim ?? follows ?? maybeApplied) === undefined;
    if (!isPlain || !isWhole || echoBytes) this.extras = extrasOf(submission);
    // A batch that its caller has packed has no text: it brings texts of its own.
    if (isWhole && pieces[0] !== undefined) texts.write(pieces[0], this);
  }

  /** What attempts without progress have left behind; most items never have any. */
  get retryState(): RetryState | undefined {
    return this.extras?.retryState;
  }

  /** Had an attempt without an answer: the server may have done it. */
  get maybeApplied(): boolean {
    return this.extras?.retryState?.maybeApplied === true;
  }

  /** What it is called in events and errors. */
  get name(): string | undefined {
    return this.key;
  }

  /** The keys that it waits for answers to. */
  get keys(): readonly string[] {
    return [this.key];
  }

  /** A call waits for it. */
  get isAwaited(): boolean {
    return this.resolve !== undefined;
  }

  /**
   * It is to be done. Whether a call waits for it is another question: for one that was taken over from a
   * process that is gone, none does. It is wanted no more once its last caller has left it.
   */
  get isWanted(): boolean {
    return this.extras?.retryState?.left === undefined;
  }

  /** Something of the request that carries it may have reached the server. */
  get isAtServer(): boolean {
    return this.state === 'in flight' && this.sending?.hasLeft === true;
  }

  /** Requests of which something may have reached the server. */
  get sent(): number {
    return this.state === 'in flight' && !this.isAtServer ? this.attempts - 1 : this.attempts;
  }

  /** No id is missing in its text. */
  get isWhole(): boolean {
    return this.chunk !== undefined;
  }

  /** The text as sent, decoded anew each time; undefined while a hole is open. */
  get text(): string | undefined {
    const { chunk, start, bytes } = this;
    return chunk && decoder.decode(chunk.buffer.subarray(start, start + bytes));
  }

  /**
   * What went by that number has that id. Makes the text if all ids are known by now; returns the bytes that
   * it gained by that.
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

  /** Where to note what few items have. */
  keepExtras(): Extras {
    this.extras ??= noExtras();
    return this.extras;
  }

  /** Where to note what an attempt without progress leaves behind. */
  keepRetryState(): RetryState {
    const extras = this.keepExtras();
    extras.retryState ??= newRetryState();
    return extras.retryState;
  }
}

Item.prototype.weight = 1;

function noExtras(): Extras {
  return {
    fingerprint: undefined,
    claim: undefined,
    echoBytes: 0,
    cut: undefined,
    precedes: undefined,
    follows: undefined,
    subscription: undefined,
    others: undefined,
    retryState: undefined,
  };
}

function extrasOf(submission: Submission): Extras {
  const { fingerprint, claim, echoBytes = 0, pieces, holes, follows, maybeApplied } = submission;
  const extras = noExtras();
  extras.fingerprint = fingerprint;
  extras.claim = claim;
  extras.echoBytes = echoBytes;
  extras.follows = follows;
  if (holes.length > 0) extras.cut = { pieces, holes: [...holes] };
  if (maybeApplied) extras.retryState = { ...newRetryState(), maybeApplied };
  return extras;
}
