/** The queue for each resource: groups of items, in the order of their calls. How it works: dependency-order.ts. */
import type { Name } from '../ports/submission.ts';

export interface LockMember {
  readonly state: string;
}

/** Holds the items that make, change and use one resource, while any is pending. */
export class LockQueue<Of extends LockMember> {
  /** An id, or a number until the id is known. */
  name: Name;
  tail: LockGroup<Of> | undefined;
  /** The item that makes it, while it is alone here, as most are: then it needs no group. */
  maker: Of | undefined;

  constructor(name: Name, maker?: Of) {
    this.name = name;
    this.maker = maker;
  }

  get isPending(): boolean {
    return this.maker !== undefined || this.tail !== undefined;
  }
}

export class LockGroup<Of extends LockMember> {
  readonly queue: LockQueue<Of>;
  readonly shared: boolean;
  /** The item that makes the resource; the failure of an earlier maker does not reach beyond it. */
  readonly maker: Of | undefined;
  /** Its maker has ended, and an earlier one was pending then. */
  isMadeEarlier = false;
  before: LockGroup<Of> | undefined;
  after: LockGroup<Of> | undefined;
  open: boolean;
  /** Members that are not settled. */
  pending = 0;
  /** What the packer noted last. */
  notes: PackingNotes | undefined;
  #waiting: Of[] | undefined;
  #gone = 0;
  #asList: readonly LockGroup<Of>[] | undefined;

  constructor(queue: LockQueue<Of>, shared: boolean, maker: Of | undefined) {
    this.queue = queue;
    this.shared = shared;
    this.maker = maker;
    this.before = queue.tail;
    if (this.before !== undefined) this.before.after = this;
    queue.tail = this;
    this.open = this.before === undefined || this.mayOpen();
  }

  mayOpen(): boolean {
    const { before } = this;
    return before === undefined || (this.shared && before.shared && before.open);
  }

  /** A list of this group alone, shared by all items that stand in no other. */
  get asList(): readonly LockGroup<Of>[] {
    this.#asList ??= [this];
    return this.#asList;
  }

  /** Members that wait for the group to open; some may be settled. */
  get waiting(): Of[] {
    return this.#waiting ?? [];
  }

  wait(item: Of): void {
    if (this.#waiting === undefined) this.#waiting = [item];
    else this.#waiting.push(item);
  }

  /** Opens the group. Returns the members that waited for it. */
  admit(): Of[] {
    const { waiting } = this;
    this.open = true;
    this.#waiting = undefined;
    return waiting;
  }

  /** A member has settled. Forgets those once they are the greater part, so that aborts leave nothing behind. */
  forgetSettled(): void {
    if (++this.#gone * 2 <= this.waiting.length) return;
    this.#waiting = this.waiting.filter((item) => item.state !== 'settled');
    this.#gone = 0;
  }
}

/**
 * The packer's notes on a group, for the batch of that number. Packing changes nothing else, so there is nothing
 * to undo.
 */
export class PackingNotes {
  readonly batch: number;
  packed = 0;
  /** The batch holds all that is pending before this group. */
  reached = false;
  /** The batch holds all that is pending in this group and before it. */
  complete = false;
  /** A member in the batch is a suspect. */
  suspectWithin = false;
  /** A suspect in the batch stands before this group. */
  suspectBefore = false;

  constructor(batch: number) {
    this.batch = batch;
  }
}

/** An item, as far as it matters here. */
interface Maker<Of extends LockMember> extends LockMember {
  readonly seq: number;
  readonly older: Of | undefined;
  makes: Name | LockQueue<Of> | undefined;
}

export interface LockQueuesPorts<Of> {
  /** The pending item that came last; older ones are linked to it. */
  readonly youngest: () => Of | undefined;
  /** The id of what goes by that name, if it has one by now. */
  readonly idOf: (name: Name) => Name;
}

/**
 * The lock queues of resources, by name. Most of what is made is never named while it is pending, and to enter it
 * costs more than all else in the order. So what is made is entered late: when a name is not found.
 */
export class LockQueues<Of extends Maker<Of>> {
  readonly #byName = new Map<Name, LockQueue<Of>>();
  /** What items up to this place make is entered. */
  #enteredUpTo = 0;
  readonly #youngest: () => Of | undefined;
  readonly #idOf: (name: Name) => Name;

  constructor({ youngest, idOf }: LockQueuesPorts<Of>) {
    this.#youngest = youngest;
    this.#idOf = idOf;
  }

  get size(): number {
    return this.#byName.size;
  }

  find(name: Name): LockQueue<Of> | undefined {
    const queue = this.#byName.get(name);
    if (queue !== undefined || (this.#youngest()?.seq ?? 0) <= this.#enteredUpTo) {
      return queue;
    }
    this.enterMade();
    return this.#byName.get(name);
  }

  /** The queue of that name; a new one where there is none. */
  of(name: Name): LockQueue<Of> {
    const queue = this.find(name);
    if (queue !== undefined) return queue;
    const id = typeof name === 'number' ? this.#idOf(name) : name;
    if (id !== name) return this.of(id);
    const fresh = new LockQueue<Of>(name);
    this.#byName.set(name, fresh);
    return fresh;
  }

  /** Enters what later items make. Each item is looked at once. */
  enterMade(): void {
    const upTo = this.#enteredUpTo;
    const youngest = this.#youngest();
    for (let item = youngest; item !== undefined && item.seq > upTo; item = item.older) {
      if (typeof item.makes !== 'string' && typeof item.makes !== 'number') continue;
      const queue = new LockQueue(item.makes, item);
      item.makes = queue;
      this.#byName.set(queue.name, queue);
    }
    this.#enteredUpTo = Math.max(upTo, youngest?.seq ?? 0);
  }

  /**
   * What went by a number goes by its id from now on. Where another queue has that id already, it keeps it.
   */
  rename(queue: LockQueue<Of>, id: string): void {
    this.forget(queue);
    queue.name = id;
    if (this.find(id) === undefined) this.#byName.set(id, queue);
  }

  /** The queue is empty. */
  forget(queue: LockQueue<Of>): void {
    // Mostly nothing is entered, and to look up an id means to hash it.
    if (this.#byName.size === 0) return;
    const { name } = queue;
    if (this.#byName.get(name) === queue) this.#byName.delete(name);
  }
}
