/** The line of one resource: groups of items, in the order of their calls; see order.ts. */
import type { Item } from './item.ts';
import type { Cause, Name } from './ports.ts';

/** What items make, change and use. Only resources with pending items are kept. */
export class Resource {
  /** Unknown until its maker has settled, where the server gives the id. */
  id: string | undefined;
  /**
   * Why it will never be there, for whoever still holds a reference to it.
   * @internal
   */
  failure: Cause<unknown> | undefined;
  /**
   * The last group in line.
   * @internal
   */
  tail: Group | undefined;
  /**
   * Who makes it, for as long as nobody else is in line: most are never asked for while they wait.
   * @internal
   */
  maker: Item | undefined;
  /**
   * What whoever calls notes on it: the engine does not look at it.
   * @internal
   */
  note: unknown;

  constructor(id?: string) {
    this.id = id;
  }

  /** Whether somebody is in line. */
  get isPending(): boolean {
    return this.maker !== undefined || this.tail !== undefined;
  }
}

/** The id that a name is, or stands for; undefined while nobody knows it. */
export function idOf(name: Name): string | undefined {
  return typeof name === 'string' ? name : name.id;
}

export class Group {
  readonly resource: Resource;
  readonly shared: boolean;
  /** The item that makes the resource anew; a failure before it does not reach beyond it. */
  readonly maker: Item | undefined;
  /** Of a maker that has ended: whether an earlier one was pending then; see order.ts. */
  isMadeEarlier = false;
  before: Group | undefined;
  after: Group | undefined;
  open: boolean;
  /** Members that are not settled. */
  pending = 0;
  /** What the packer noted last. */
  notes: Notes | undefined;
  #waiting: Item[] | undefined;
  #gone = 0;
  #alone: readonly Group[] | undefined;

  constructor(resource: Resource, shared: boolean, maker: Item | undefined) {
    this.resource = resource;
    this.shared = shared;
    this.maker = maker;
    this.before = resource.tail;
    if (this.before !== undefined) this.before.after = this;
    resource.tail = this;
    this.open = this.mayOpen();
  }

  mayOpen(): boolean {
    const { before } = this;
    return before === undefined || (this.shared && before.shared && before.open);
  }

  /** The list of this group alone, which all can share who stand in no other. */
  get alone(): readonly Group[] {
    this.#alone ??= [this];
    return this.#alone;
  }

  /** The members, while the group is closed; some may be settled already. */
  get waiting(): Item[] {
    return this.#waiting ?? [];
  }

  /** Keeps a member until the group opens. */
  wait(item: Item): void {
    if (this.#waiting === undefined) this.#waiting = [item];
    else this.#waiting.push(item);
  }

  /** Opens the group, and gives the members that have waited for it. */
  letIn(): Item[] {
    const { waiting } = this;
    this.open = true;
    this.#waiting = undefined;
    return waiting;
  }

  /** Forgets settled members once they are the greater part, so that aborts leave nothing behind. */
  memberGone(): void {
    if (this.open || ++this.#gone * 2 <= this.waiting.length) return;
    this.#waiting = this.waiting.filter((item) => item.state !== 'settled');
    this.#gone = 0;
  }
}

/**
 * Notes of the packer on a group, for one batch: with another number they mean nothing. The order
 * itself is never changed by packing, so there is nothing to undo.
 */
export interface Notes {
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
