import type { Deferred } from '../internal/deferred.ts';
import type { Slab, Tenant, TextArena } from '../internal/text-arena.ts';
import type { Group, Resource } from './line.ts';
import type { Last, Reason, Submission, Verdict } from './ports.ts';
import type { Follower } from './signals.ts';
import type { Cohort } from './turnstile.ts';

/** Stands for an id in the byte count until the id is known: 32 characters and their quotes. */
const TYPICAL_ID_BYTES = 34;

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

/** Judges an output. */
export type Read = (output: unknown) => Verdict<unknown>;

/** One call that waits for an item; several calls may share one item by its key. */
export interface Caller extends Deferred<unknown> {
  /** Where the call stands among those that a flush waits for. */
  readonly cohort: Cohort;
  /** Judges the item's output for this caller. */
  readonly read: Read;
  /** The call follows its caller's signal. */
  readonly follower: Follower<Waiting> | undefined;
  /** Its neighbours among the calls that wait for the same item. */
  previous: Caller | undefined;
  next: Caller | undefined;
}

/** A request on its way: until it has left, nothing of it can be at the server. */
export interface Trip {
  readonly request: AbortController;
  hasLeft: boolean;
  /** It must not leave any more: somebody was told that what it carries was not done. */
  isRecalled: boolean;
}

/** A call, and the item that it waits for. */
export interface Waiting {
  readonly item: Item;
  readonly caller: Caller;
}

/** Why a call left its item behind. */
export type LeftBy<Failure> =
  | Omit<Extract<Reason<Failure>, { kind: 'aborted' }>, 'maybeApplied'>
  | Omit<Extract<Reason<Failure>, { kind: 'exhausted' }>, 'maybeApplied'>;

function unreadable(): Verdict<never> {
  return { kind: 'malformed' };
}

const decoder = new TextDecoder();

/** Shared by all, since most are empty and each costs as much as what it holds. */
const nothing: readonly never[] = [];

/** What the attempts of an item that made no progress have left behind. */
export interface Setbacks {
  /** Attempts that count against `retry.limit`. */
  countedAttempts: number;
  /** Attempts that were lost although a ping was answered just before, and that did not count. */
  suspicions: number;
  /** When such an attempt did count, the last time. */
  pingCountedAt: number | undefined;
  /** Was refused for whom it came from, and is sent once more: that may be another by now. */
  wasDenied: boolean;
  /** Its time was over before it was sent, since the process stood still: if this gets lost, it is over. */
  isLastChance: boolean;
  /** An error that may pass, and how often in a row the server gave the same. */
  transient: { code: string; times: number; readonly since: number } | undefined;
  /** What the last of them met. */
  last: Last<unknown> | undefined;
}

/** One action made ready: what queue and batch hold. Its place, `seq`, is its own for life. */
export class Item implements Tenant {
  readonly seq: number;
  readonly key: string;
  readonly type: string;
  readonly fingerprint: string | undefined;
  /** Since when somebody waits for it, by the engine's clock, in whole milliseconds: so it needs no box. */
  calledAt: number;
  /** The first call that waits for it, linked to the others: few items have any. */
  caller: Caller | undefined;
  #lastCaller: Caller | undefined;
  state: ItemState = 'gathering';

  /** UTF-8 bytes of the text; an estimate while a hole is open. */
  bytes: number;
  /** Where the text as sent is, once every hole is filled; what is there never changes afterwards. */
  slab: Slab | undefined;
  start = 0;
  slot = 0;
  #pieces: readonly string[];
  #holes: readonly Resource[];

  /** What its answer is expected to hold beside its own text. */
  readonly echoBytes: number;

  /** The resource that comes into being with this item. */
  makes: Resource | undefined;
  /** The groups that it stands in, one for each resource; see order.ts. */
  groups: readonly Group[] = nothing;
  /** How many of them, and of the cohorts that it follows, still hold it back. */
  waits = 0;
  /** The cohort, of those that precede a name, in which it is counted. */
  precedes: { readonly name: string; readonly cohort: Cohort } | undefined;

  /** Requests that carried it, the present one included. */
  attempts = 0;
  /** The request that carries it now, or did last. */
  trip: Trip | undefined;
  /** The number of usable answers that the engine had seen at its last attempt. */
  answersSeen = 0;
  /** Had an attempt without an answer: the server may have done it. */
  maybeApplied = false;
  /** Not to be sent before this time, by the engine's clock. */
  notBefore = 0;
  /** When it last became sendable, in whole milliseconds. */
  readyAt = 0;
  /** What its last caller has left behind, where it is a ghost. */
  left: { readonly why: LeftBy<unknown>; readonly read: Read } | undefined;
  /** What attempts without progress have left behind; most items never have any. */
  setbacks: Setbacks | undefined;

  /** Neighbours in its chain. */
  older: Item | undefined;
  younger: Item | undefined;

  /** The batch that these two notes of the packer speak of. */
  batch = 0;
  /** In that batch: may fail, or waits for an item of it that may; goes last. */
  tainted = false;

  constructor(seq: number, calledAt: number, submission: Submission<unknown>, texts: TextArena) {
    this.seq = seq;
    this.calledAt = calledAt;
    this.key = submission.key;
    this.type = submission.type;
    this.fingerprint = submission.fingerprint;
    this.echoBytes = submission.echoBytes ?? 0;
    this.bytes = bytesOf(submission);
    this.#pieces = submission.pieces;
    this.#holes = submission.holes;
    // A batch that its caller has packed has none: it brings texts of its own.
    if (this.#pieces.length > 0) this.fill(texts);
  }

  /** What it is called in events and errors. */
  get name(): string | undefined {
    return this.key;
  }

  /** The keys that it waits for answers to. */
  get keys(): readonly string[] {
    return [this.key];
  }

  /** What it counts for in queue and books. */
  get weight(): 0 | 1 {
    return 1;
  }

  /** Makes the text if all ids are known by now. Returns the bytes that it gained by that. */
  fill(texts: TextArena): number {
    if (this.isWhole) return 0;
    let text = this.#pieces[0] ?? '';
    for (const [index, { id }] of this.#holes.entries()) {
      if (id === undefined) return 0;
      const quoted = JSON.stringify(id);
      text += quoted + (this.#pieces[index + 1] ?? '');
    }
    const before = this.bytes;
    texts.write(text, this);
    this.#pieces = nothing;
    this.#holes = nothing;
    return this.bytes - before;
  }

  /** No id is missing in its text. */
  get isWhole(): boolean {
    return this.slab !== undefined;
  }

  /** The text as sent, decoded anew each time; undefined while a hole is open. */
  get text(): string | undefined {
    return this.#encoded && decoder.decode(this.#encoded);
  }

  /** Copies the text into a body; returns where it ends there. */
  copyTo(body: Uint8Array, at: number): number {
    if (this.#encoded !== undefined) body.set(this.#encoded, at);
    return at + this.bytes;
  }

  /** It is over, and its text is not read any more. */
  dropText(texts: TextArena): void {
    texts.release(this);
    this.#pieces = nothing;
    this.#holes = nothing;
  }

  /**
   * It is over, and all is told. Queues and windows pass over settled items as they come to them, some
   * of them late: till then they must not keep what the callers gave and got.
   */
  letGo(): void {
    this.caller = undefined;
    this.#lastCaller = undefined;
    this.makes = undefined;
    this.precedes = undefined;
    this.left = undefined;
    this.setbacks = undefined;
  }

  get #encoded(): Uint8Array | undefined {
    return this.slab?.buffer.subarray(this.start, this.start + this.bytes);
  }

  /** Where to note what an attempt without progress leaves behind. */
  noteSetback(): Setbacks {
    this.setbacks ??= {
      countedAttempts: 0,
      suspicions: 0,
      pingCountedAt: undefined,
      wasDenied: false,
      isLastChance: false,
      transient: undefined,
      last: undefined,
    };
    return this.setbacks;
  }

  /** Judges its output; for all callers together, who may have readers of their own. */
  get read(): Read {
    return this.caller?.read ?? this.left?.read ?? unreadable;
  }

  /** Lets one more call wait for it. */
  join(caller: Caller): void {
    caller.previous = this.#lastCaller;
    if (this.#lastCaller === undefined) this.caller = caller;
    else this.#lastCaller.next = caller;
    this.#lastCaller = caller;
  }

  /** Lets a call go that waits for it. */
  leave(caller: Caller): void {
    const { previous, next } = caller;
    if (previous === undefined) this.caller = next;
    else previous.next = next;
    if (next === undefined) this.#lastCaller = previous;
    else next.previous = previous;
    caller.previous = undefined;
    caller.next = undefined;
  }

  /** Something of the request that carries it may have reached the server. */
  get isAtServer(): boolean {
    return this.state === 'in flight' && this.trip?.hasLeft === true;
  }

  /** Requests of which something may have reached the server. */
  get sent(): number {
    return this.state === 'in flight' && !this.isAtServer ? this.attempts - 1 : this.attempts;
  }

  /** Nobody waits for it any more; where the server has it or may have it, it keeps its place. */
  get isGhost(): boolean {
    return this.caller === undefined;
  }
}

/** UTF-8 bytes of an item's text; as well as can be told, where ids are missing. */
export function bytesOf({ bytes, holes }: Pick<Submission<unknown>, 'bytes' | 'holes'>): number {
  return bytes + holes.length * TYPICAL_ID_BYTES;
}

/** What the end of a ghost is for those who need what it was to make: its callers left it. */
export function ghostReason<Failure>({ left, maybeApplied }: Item): Reason<Failure> {
  const why = left?.why as LeftBy<Failure> | undefined;
  return { ...(why ?? { kind: 'aborted', reason: undefined }), maybeApplied };
}
