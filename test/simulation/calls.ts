/** Makes calls, and keeps what became of each. */
import type { AutobatchClient } from '../../src/client/client.ts';
import type { ActionPromise, Ledger } from '../../src/index.ts';
import type { Call, Item, Outcome, Relations, Thing } from './model.ts';
import { goesAlong, isSettled, mustPrecede } from './model.ts';
import type { Fate, HookAct } from './plan.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface Made {
  readonly call: Call;
  readonly promise: ActionPromise<unknown>;
}

interface Making {
  readonly label: string;
  readonly relations: Relations;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly fate?: Fate | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly isOverBound?: boolean | undefined;
  /** Another call with the same key is pending, and asks for something else. */
  readonly mustClash?: boolean | undefined;
  readonly mustDecline?: boolean | undefined;
  readonly hook?: HookAct | undefined;
  invoke(options: { readonly signal?: AbortSignal | undefined }): ActionPromise<unknown>;
}

/** A call that is being made, and what the client had before. */
interface Frame {
  accepted: number;
  pending: number;
  readonly act: HookAct | undefined;
  wasAsked: boolean;
}

/** Hears of calls as they are made and settled. */
export interface CallListener {
  /** `pendingBefore`: items in the queue when the call was made. */
  onMade(call: Call, pendingBefore: number): void;
  onSettled(call: Call, outcome: Outcome): void;
}

export class CallLog {
  /** In their order; what was declined too. */
  readonly calls: Call[] = [];
  /** Of the client's queue, in the order of the calls. */
  readonly items: Item[] = [];
  /** Batches that the callers packed, by key of their items. */
  readonly packed = new Map<string, Call>();
  /** Calls that the books have to know of. */
  counted = 0;
  /** Calls that `beforeEnqueue` changed. */
  readonly redacted = new Set<string>();
  isClosed = false;
  readonly #client: AutobatchClient;
  readonly #time: VirtualTime;
  readonly #listener: CallListener;
  readonly #deliveryTimeoutMs: number;
  readonly #fates = new Map<string, Fate>();
  readonly #current = new Map<string, Item>();
  /** The call that is being made; one that the hook makes meanwhile comes first. */
  #making: Frame | undefined;
  #keys = 0;
  #batches = 0;
  /** When the process goes on that has stopped last. */
  wakesAt = Number.NaN;

  constructor(
    client: AutobatchClient,
    time: VirtualTime,
    listener: CallListener,
    deliveryTimeoutMs: number,
  ) {
    this.#client = client;
    this.#time = time;
    this.#listener = listener;
    this.#deliveryTimeoutMs = deliveryTimeoutMs;
  }

  /** A call is being made: the books may know of it or not. */
  get isCalling(): boolean {
    return this.#making !== undefined;
  }

  /**
   * The process goes on at this moment, or the time of a pending call is over: others may end with the
   * next call, and of one that is accepted nobody can say whether it pends.
   */
  get isUnclear(): boolean {
    return this.wakesAt === this.#time.now() || this.#isTimeOver();
  }

  /** What `beforeEnqueue`, asked now, is to do. */
  actOfHook(): HookAct | undefined {
    if (this.#making === undefined) return undefined;
    this.#making.wasAsked = true;
    return this.#making.act;
  }

  newKey(): string {
    return `own-key-${String(this.#keys++).padStart(4, '0')}`;
  }

  /** The item that a key stands for at this moment. */
  itemOf(key: string): Item | undefined {
    return this.#current.get(key);
  }

  /** For stories. */
  nameOf(key: string): string {
    return this.itemOf(key)?.label ?? this.packed.get(key)?.label ?? key;
  }

  fateOf(key: string): Fate | undefined {
    return this.#fates.get(key);
  }

  /** A signal that fires so much later; it is of no use once its call has settled. */
  abortAfter(ms: number | undefined): AbortSignal | undefined {
    if (ms === undefined) return undefined;
    const abort = new AbortController();
    this.#time.after(ms, () => abort.abort(new Error(`aborted after ${ms} ms`)));
    return abort.signal;
  }

  /** What was made is open from now on, if the call was taken in. */
  opened(thing: Thing, call: Call): void {
    thing.isOpen = this.isUnclear ? undefined : call.item !== undefined;
  }

  make(making: Making): Made {
    const { label, relations, signal } = making;
    const outer = this.#making;
    const before = this.#client.stats();
    const frame: Frame = {
      accepted: before.ledger.accepted,
      pending: before.queued + before.inFlight,
      act: making.hook,
      wasAsked: false,
    };
    const along = goesAlong(relations);
    this.counted++;
    this.#making = frame;
    const promise = making.invoke({ signal });
    this.#making = outer;
    const after = this.#client.stats();
    // What the hook has called meanwhile has been counted already.
    const pendingBefore = frame.pending;
    const isAccepted = after.ledger.accepted > frame.accepted;
    const isNew = after.queued + after.inFlight > pendingBefore;
    if (outer !== undefined) {
      outer.accepted += after.ledger.accepted - before.ledger.accepted;
      outer.pending += after.queued + after.inFlight - before.queued - before.inFlight;
    }
    const act = frame.wasAsked ? making.hook : undefined;
    const key = promise.idempotencyKey;
    const call: Call = {
      label: `#${this.calls.length} ${label}`,
      key,
      type: label,
      relations,
      fate: making.fate,
      calledAt: this.#time.now(),
      isOverBound: making.isOverBound ?? false,
      expected: making.expected,
      signal,
      isAccepted,
      isLate: this.isClosed,
      mustClash: making.mustClash ?? false,
      mustDecline:
        act === 'throws' || act === 'rejects' || (making.mustDecline === true && along === false),
      isLeftOut: act === 'leaves out' ? true : along,
      item: undefined,
      outcome: undefined,
    };
    this.calls.push(call);
    relations.makes?.makers.push(call);
    if (making.fate !== undefined) this.#fates.set(key, making.fate);
    if (act === 'redacts') this.redacted.add(key);
    // With a call others may end whose time is over.
    const haveOthersEnded =
      givenUp(after.ledger) > givenUp(before.ledger) ||
      (after.ledger.refused > before.ledger.refused && this.isUnclear);
    if (isAccepted && (isNew || (haveOthersEnded && !this.#current.has(key)))) this.#enter(call);
    else if (isAccepted) this.#join(call);
    this.#follow(call, promise);
    this.#listener.onMade(call, pendingBefore);
    return { call, promise };
  }

  /** A batch that the caller has packed. */
  execute(items: number, fate: Fate | undefined, abortAfterMs: number | undefined): void {
    const number = this.#batches++;
    const keys = Array.from({ length: items }, (_, at) => `packed-${number}-${at}-by-caller`);
    const signal = this.abortAfter(abortAfterMs);
    const call: Call = {
      label: `#${this.calls.length} execute ${items}`,
      key: keys[0] as string,
      type: 'execute',
      relations: {},
      fate,
      calledAt: this.#time.now(),
      isOverBound: false,
      expected: { status: 'success' },
      signal,
      isAccepted: undefined,
      isLate: this.isClosed,
      mustClash: false,
      mustDecline: false,
      isLeftOut: false,
      item: undefined,
      outcome: undefined,
    };
    this.calls.push(call);
    for (const key of keys) this.packed.set(key, call);
    if (fate !== undefined) this.#fates.set(keys[0] as string, fate);
    const result = this.#client.bulk.execute(
      {
        items: keys.map((key) => ({
          _type: 'agents/create',
          idempotency_key: key,
          details: { name: key },
        })),
      },
      { signal },
    );
    this.#follow(call, result);
    this.#listener.onMade(call, 0);
  }

  #enter(call: Call): void {
    const { key, label, relations } = call;
    const after = this.items.filter((earlier) => mustPrecede(earlier.relations, relations));
    const item: Item = {
      key,
      label,
      calls: [call],
      relations,
      after,
      effectAt: undefined,
      isUsed: false,
      isMalformed: false,
    };
    call.item = item;
    this.items.push(item);
    this.#current.set(key, item);
  }

  #isTimeOver(): boolean {
    const calledBy = this.#time.now() - this.#deliveryTimeoutMs;
    return this.items.some(
      (item) => !isSettled(item) && item.calls.some(({ calledAt }) => calledAt <= calledBy),
    );
  }

  /** Shares a pending item. One that nobody waits for may be pending, or over: who knows. */
  #join(call: Call): void {
    const shared = this.#current.get(call.key);
    if (shared === undefined || isSettled(shared)) return;
    call.item = shared;
    shared.calls.push(call);
  }

  #follow(call: Call, promise: Promise<unknown>): void {
    const settle = (outcome: Outcome): void => {
      call.outcome = outcome;
      this.#listener.onSettled(call, outcome);
    };
    promise.then(
      (value) => settle({ kind: 'resolved', value, at: this.#time.now() }),
      (error) => settle({ kind: 'rejected', error, at: this.#time.now() }),
    );
  }
}

function givenUp({ notAttempted, inDoubt }: Ledger): number {
  return notAttempted + inDoubt;
}
