/** The lines of resources: groups of items, in the order of their calls; see order.ts. */
import type { Name } from '../ports/ports.ts';

/** Who stands in line. */
export interface Member {
  readonly state: string;
}

/** What items make, change and use. Only resources with pending items are kept. */
export class Resource<Of extends Member> {
  /** An id, or a number until the id is known. */
  name: Name;
  /** The last group in line. */
  tail: Group<Of> | undefined;
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
export function nameOf(makes: Name | Resource<Member>): Name {
  return typeof makes === 'object' ? makes.name : makes;
}

export class Group<Of extends Member> {
  readonly resource: Resource<Of>;
  readonly shared: boolean;
  /** The item that makes the resource anew; a failure before it does not reach beyond it. */
  readonly maker: Of | undefined;
  /** Of a maker that has ended: whether an earlier one was pending then; see order.ts. */
  isMadeEarlier = false;
  before: Group<Of> | undefined;
  after: Group<Of> | undefined;
  open: boolean;
  /** Members that are not settled. */
  pending = 0;
  /** What the packer noted last. */
  notes: Notes | undefined;
  #waiting: Of[] | undefined;
  #gone = 0;
  #alone: readonly Group<Of>[] | undefined;

  constructor(resource: Resource<Of>, shared: boolean, maker: Of | undefined) {
    this.resource = resource;
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
  get alone(): readonly Group<Of>[] {
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

/** Who may make a resource, and stands among the others of its time. */
interface Maker<Of extends Member> extends Member {
  readonly seq: number;
  readonly older: Of | undefined;
  makes: Name | Resource<Of> | undefined;
}

export interface ResourcesPorts<Of> {
  /** The pending item that came last; older ones are linked to it. */
  readonly youngest: () => Of | undefined;
  /** What goes by that name by now. */
  readonly idOf: (name: Name) => Name;
}

/**
 * The resources with pending items, by name. Most of what is made is never asked for by its name while it
 * is pending, and to enter it would cost more than the rest of the order: so what is new is entered
 * when a name is asked for that is not here.
 */
export class Resources<Of extends Maker<Of>> {
  readonly #byName = new Map<Name, Resource<Of>>();
  /** Items up to this place have had what they make entered. */
  #enteredUpTo = 0;
  readonly #youngest: () => Of | undefined;
  readonly #idOf: (name: Name) => Name;

  constructor({ youngest, idOf }: ResourcesPorts<Of>) {
    this.#youngest = youngest;
    this.#idOf = idOf;
  }

  get size(): number {
    return this.#byName.size;
  }

  find(name: Name): Resource<Of> | undefined {
    const resource = this.#byName.get(name);
    if (resource !== undefined || (this.#youngest()?.seq ?? 0) <= this.#enteredUpTo) {
      return resource;
    }
    this.enterMade();
    return this.#byName.get(name);
  }

  /** The resource of that name, which is entered. */
  of(name: Name): Resource<Of> {
    const resource = this.find(name);
    if (resource !== undefined) return resource;
    const id = typeof name === 'number' ? this.#idOf(name) : name;
    if (id !== name) return this.of(id);
    const fresh = new Resource<Of>(name);
    this.#byName.set(name, fresh);
    return fresh;
  }

  /** Enters what was made since the last time: each item is looked at once. */
  enterMade(): void {
    const upTo = this.#enteredUpTo;
    const youngest = this.#youngest();
    for (let item = youngest; item !== undefined && item.seq > upTo; item = item.older) {
      if (typeof item.makes !== 'string' && typeof item.makes !== 'number') continue;
      const resource = new Resource(item.makes, item);
      item.makes = resource;
      this.#byName.set(resource.name, resource);
    }
    this.#enteredUpTo = Math.max(upTo, youngest?.seq ?? 0);
  }

  /**
   * What went by a number goes by its id from now on; unless another resource does so already, which
   * whoever asks by the id finds then.
   */
  rename(resource: Resource<Of>, id: string): void {
    this.forget(resource);
    resource.name = id;
    if (this.find(id) === undefined) this.#byName.set(id, resource);
  }

  /** For a resource with nobody in line any more. */
  forget(resource: Resource<Of>): void {
    // Mostly nobody is entered, and to look for an id is to hash it.
    if (this.#byName.size === 0) return;
    const { name } = resource;
    if (this.#byName.get(name) === resource) this.#byName.delete(name);
  }
}
