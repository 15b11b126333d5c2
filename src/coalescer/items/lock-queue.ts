/** The lines of resources: groups of items, in the order of their calls; see order.ts. */
import type { Name } from '../ports/submission.ts';

/** Who stands in line. */
export interface Member {
  readonly state: string;
}

/** What items make, change and use. Only resources with pending items are kept. */
export class LockQueue<Of extends Member> {
  /** An id, or a number until the id is known. */
  name: Name;
  /** The last group in line. */
  tail: LockGroup<Of> | undefined;
  /** Who makes it, for as long as nobody else is in line: most are never asked for while they wait. */
  maker: Of | undefined;

  constructor(name: Name, maker?: Of) {
    this.name = name;
    this.maker = maker;
  }

  /** Whether somebody is in line. */
  get isPending(): boolean {
    return this.maker !== undefined || this.tail !== undefined;
  }
}

/** The name of what a member makes, entered or not. */
export function nameOf(makes: Name | LockQueue<Member>): Name {
  return typeof makes === 'object' ? makes.name : makes;
}

export class LockGroup<Of extends Member> {
  readonly queue: LockQueue<Of>;
  readonly shared: boolean;
  /** The item that makes the resource anew; a failure before it does not reach beyond it. */
  readonly maker: Of | undefined;
  /** Of a maker that has ended: whether an earlier one was pending then; see order.ts. */
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
  #alone: readonly LockGroup<Of>[] | undefined;

  constructor(resource: LockQueue<Of>, shared: boolean, maker: Of | undefined) {
    this.queue = resource;
    this.shared = shared;
    this.maker = maker;
    this.before = resource.tail;
    if (this.before !== undefined) this.before.after = this;
    resource.tail = this;
    this.open = this.before === undefined || this.mayOpen();
  }

  mayOpen(): boolean {
    const { before } = this;
    return before === undefined || (this.shared && before.shared && before.open);
  }

  /** The list of this group alone, which all can share who stand in no other. */
  get alone(): readonly LockGroup<Of>[] {
    this.#alone ??= [this];
    return this.#alone;
  }

  /** The members, while the group is closed; some may be settled already. */
  get waiting(): Of[] {
    return this.#waiting ?? [];
  }

  /** Keeps a member until the group opens. */
  wait(item: Of): void {
    if (this.#waiting === undefined) this.#waiting = [item];
    else this.#waiting.push(item);
  }

  /** Opens the group, and gives the members that have waited for it. */
  letIn(): Of[] {
    const { waiting } = this;
    this.open = true;
    this.#waiting = undefined;
    return waiting;
  }

  /** Forgets settled members once they are the greater part, so that aborts leave nothing behind. */
  memberGone(): void {
    if (++this.#gone * 2 <= this.waiting.length) return;
    this.#waiting = this.waiting.filter((item) => item.state !== 'settled');
    this.#gone = 0;
  }
}

/**
 * Notes of the packer on a group, for one batch: with another number they mean nothing. The order
 * itself is never changed by packing, so there is nothing to undo.
 */
export interface PackingNotes {
  readonly batch: number;
  /** How many members ride in the batch. */
  riding: number;
  /** All that stands before this group rides in the batch: its members may ride as well. */
  boarding: boolean;
  /** The whole of it, and all that stands before it, rides in the batch. */
  cleared: boolean;
  /** A member that rides is tainted. */
  taintWithin: boolean;
  /** Something tainted rides before this group. */
  taintBefore: boolean;
}
