import type { Slab, Tenant, TextArena } from '../internal/text-arena.ts';
import type { Group, Resource } from './line.ts';
import type { KeyClaim, Name, Reason, Submission } from './ports.ts';
import type { LeftBy, Setbacks } from './setbacks.ts';
import { noSetbacks } from './setbacks.ts';
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

/** One call that waits for an item; several calls may share one item by its key. */
export interface Caller {
  readonly promise: Promise<unknown>;
  /** Settles the promise. To reject it, it is resolved with what rejects: see `rejection`. */
  readonly resolve: (value: unknown) => void;
  /** Where the call stands among those that a flush waits for. */
  readonly cohort: Cohort;
  /** By what the item's output is read for this caller. */
  readonly readAs: unknown;
  /** The call follows its caller's signal. */
  readonly follower: Follower<Waiting> | undefined;
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
  /** May change as others leave that item: see `Item.leave`. */
  caller: Caller;
}

const decoder = new TextDecoder();

/** Shared by all, since most are empty and each costs as much as what it holds. */
const nothing: readonly never[] = [];

/** What few items have. All are pointers that most would hold for nothing, while they wait. */
interface Seldom {
  readonly fingerprint: string | undefined;
  readonly claim: KeyClaim | undefined;
  readonly echoBytes: number;
  /** Its text, cut where ids are missing, until they are known; what is known by now of them stands in `holes`. */
  cut: { readonly pieces: readonly string[]; readonly holes: Name[] } | undefined;
  /** The cohort, of those that precede a name, in which it is counted. */
  precedes: { readonly name: string; readonly cohort: Cohort } | undefined;
  follower: Follower<Waiting> | undefined;
  /** Calls that wait for it beside the first one. */
  others: Set<Caller> | undefined;
  setbacks: Setbacks | undefined;
}

/**
 * One action made ready: what queue and batch hold. Its place, `seq`, is its own for life. The first call
 * that waits for it is a part of it, since few items have any other.
 */
export class Item implements Tenant {
  readonly seq: number;
  readonly key: string;
  readonly type: string;
  /** Since when somebody waits for it, by the engine's clock, in whole milliseconds: so it needs no box. */
  calledAt: number;
  state: ItemState = 'gathering';

  /** Of the first call that waits for it; undefined where none does. */
  promise: Promise<unknown> | undefined;
  resolve: ((value: unknown) => void) | undefined;
  cohort: Cohort | undefined;
  /** By what its output is read; other callers may have it read by something else. */
  readAs: unknown;

  /** UTF-8 bytes of the text; an estimate while a hole is open. */
  bytes: number;
  /** Where the text as sent is, once every hole is filled; what is there never changes afterwards. */
  slab: Slab | undefined;
  start = 0;
  slot = 0;

  /** What comes into being with this item: its name, until somebody asks for that. */
  makes: Name | Resource<Item> | undefined;
  /** The groups that it stands in, one for each resource; see order.ts. */
  groups: readonly Group<Item>[] = nothing;
  /** How many of them, and of the cohorts that it follows, still hold it back. */
  waits = 0;

  /** Requests that carried it, the present one included. */
  attempts = 0;
  /** The request that carries it now, or did last. */
  trip: Trip | undefined;
  /** When it last became sendable, in whole milliseconds. */
  readyAt = 0;

  /** Neighbours in its chain. */
  older: Item | undefined;
  younger: Item | undefined;

  #seldom: Seldom | undefined;

  constructor(seq: number, calledAt: number, submission: Submission, texts: TextArena) {
    const { fingerprint, claim, echoBytes = 0, pieces, holes } = submission;
    this.seq = seq;
    this.calledAt = calledAt;
    this.key = submission.key;
    this.type = submission.type;
    this.readAs = submission.readAs;
    this.bytes = bytesOf(submission);
    const isWhole = holes.length === 0;
    if ((fingerprint ?? claim) !== undefined || echoBytes > 0 || !isWhole) {
      this.#seldom = seldom(fingerprint, claim, echoBytes);
    }
    // A batch that its caller has packed has none: it brings texts of its own.
    if (!isWhole) Item.#noteSeldom(this).cut = { pieces, holes: [...holes] };
    else if (pieces[0] !== undefined) texts.write(pieces[0], this);
  }

  get fingerprint(): string | undefined {
    return this.#seldom?.fingerprint;
  }

  /** Where whoever looks for its key finds it while it is pending. */
  get claim(): KeyClaim | undefined {
    return this.#seldom?.claim;
  }

  /** What its answer is expected to hold beside its own text. */
  get echoBytes(): number {
    return this.#seldom?.echoBytes ?? 0;
  }

  get follower(): Follower<Waiting> | undefined {
    return this.#seldom?.follower;
  }

  get others(): ReadonlySet<Caller> | undefined {
    return this.#seldom?.others;
  }

  get precedes(): Seldom['precedes'] {
    return this.#seldom?.precedes;
  }

  set precedes(cohort: Seldom['precedes']) {
    Item.#noteSeldom(this).precedes = cohort;
  }

  /** What attempts without progress have left behind; most items never have any. */
  get setbacks(): Setbacks | undefined {
    return this.#seldom?.setbacks;
  }

  /** Had an attempt without an answer: the server may have done it. */
  get maybeApplied(): boolean {
    return this.setbacks?.maybeApplied === true;
  }

  /** Not to be sent before this time, by the engine's clock. */
  get notBefore(): number {
    return this.setbacks?.notBefore ?? 0;
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

  /**
   * What went by that number has that id. Makes the text if all ids are known by now; returns the bytes that
   * it gained by that.
   */
  fill(number: Name, id: string, texts: TextArena): number {
    const cut = this.#seldom?.cut;
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
    Item.#noteSeldom(this).cut = undefined;
    return this.bytes - before;
  }

  /** No id is missing in its text. */
  get isWhole(): boolean {
    return this.slab !== undefined;
  }

  /** The text as sent, decoded anew each time; undefined while a hole is open. */
  get text(): string | undefined {
    const encoded = encodedOf(this);
    return encoded && decoder.decode(encoded);
  }

  /** It is over, and its text is not read any more. */
  dropText(texts: TextArena): void {
    texts.release(this);
    if (this.#seldom !== undefined) this.#seldom.cut = undefined;
  }

  /**
   * It is over, and all is told. Queues and windows pass over settled items as they come to them, some
   * of them late: till then they must not keep what the callers gave and got.
   */
  letGo(): void {
    this.promise = undefined;
    this.resolve = undefined;
    this.cohort = undefined;
    this.makes = undefined;
    this.readAs = undefined;
    this.#seldom = undefined;
  }

  /** Where to note what an attempt without progress leaves behind. */
  noteSetback(): Setbacks {
    const noted = Item.#noteSeldom(this);
    noted.setbacks ??= noSetbacks();
    return noted.setbacks;
  }

  /** The first call that waits for it; undefined where none does. */
  get caller(): Caller | undefined {
    return this.resolve === undefined ? undefined : (this as Item & Caller);
  }

  /** Lets one more call wait for it. Returns what stands for that call from now on. */
  join(caller: Caller): Caller {
    if (this.caller !== undefined) {
      const noted = Item.#noteSeldom(this);
      noted.others ??= new Set();
      noted.others.add(caller);
      return caller;
    }
    Item.#takeIn(this, caller);
    return this as Item & Caller;
  }

  /**
   * Lets a call go that waits for it; its place as the first one goes to the next. Returns what is left
   * of the call, to tell it.
   */
  leave(caller: Caller): Caller {
    const others = this.#seldom?.others;
    if (caller !== this.caller) {
      others?.delete(caller);
      return caller;
    }
    const { promise, resolve, cohort, readAs, follower } = caller;
    const [next] = others ?? [];
    if (next === undefined) {
      this.promise = undefined;
      this.resolve = undefined;
      this.cohort = undefined;
      if (this.#seldom !== undefined) this.#seldom.follower = undefined;
    } else {
      others?.delete(next);
      Item.#takeIn(this, next);
    }
    return { promise, resolve, cohort, readAs, follower };
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
    return this.resolve === undefined;
  }

  // Static, since a private method is one more field of each item.
  static #takeIn(item: Item, caller: Caller): void {
    const { promise, resolve, cohort, readAs, follower } = caller;
    item.promise = promise;
    item.resolve = resolve;
    item.cohort = cohort;
    item.readAs = readAs;
    if (follower !== undefined || item.follower !== undefined) {
      Item.#noteSeldom(item).follower = follower;
    }
    if (follower?.of !== undefined) follower.of.caller = item as Item & Caller;
  }

  static #noteSeldom(item: Item): Seldom {
    item.#seldom ??= seldom(undefined, undefined, 0);
    return item.#seldom;
  }
}

function encodedOf({ slab, start, bytes }: Item): Uint8Array | undefined {
  return slab?.buffer.subarray(start, start + bytes);
}

function seldom(
  fingerprint: string | undefined,
  claim: KeyClaim | undefined,
  echoBytes: number,
): Seldom {
  return {
    fingerprint,
    claim,
    echoBytes,
    cut: undefined,
    precedes: undefined,
    follower: undefined,
    others: undefined,
    setbacks: undefined,
  };
}

/** UTF-8 bytes of an item's text; as well as can be told, where ids are missing. */
export function bytesOf({ bytes, holes }: Pick<Submission, 'bytes' | 'holes'>): number {
  return bytes + holes.length * TYPICAL_ID_BYTES;
}

/** What the end of a ghost is for those who need what it was to make: its callers left it. */
export function ghostReason<Failure>({ setbacks, maybeApplied }: Item): Reason<Failure> {
  const why = setbacks?.left as LeftBy<Failure> | undefined;
  return { ...(why ?? { kind: 'aborted', reason: undefined }), maybeApplied };
}
