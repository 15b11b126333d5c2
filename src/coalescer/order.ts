/**
 * Who waits for whom.
 *
 * Each resource has a line of groups, in the order of the calls. A *shared* group holds any number
 * of items that use the resource; an exclusive one holds the single item that changes or makes it.
 * A group is open when nothing stands before it, or when it is shared and stands behind an open
 * shared one. An item may be sent once all groups that it stands in are open.
 *
 *     resource   [ create ] → [ child, child, child ] → [ finish ]
 *                   open              closed              closed
 *
 * The maker of a resource gets its group only when others come to stand behind it.
 *
 * It is a ticket lock for readers and writers. There are no edges between items: a finish behind a
 * million children waits for one counter.
 */
import type { Item } from './item.ts';
import type { Cause, Name } from './ports.ts';
import { Turnstile } from './turnstile.ts';

/** What items make, change and use. Only resources with pending items are kept. */
export class Resource {
  /** Unknown until its maker has settled, where the server gives the id. */
  id: string | undefined;
  /** Why it will never be there, for whoever still holds a reference to it. */
  failure: Cause<unknown> | undefined;
  /** The last group in line. */
  tail: Group | undefined;
  /** Who makes it, for as long as nobody else is in line: most are never asked for while they wait. */
  maker: Item | undefined;
  /** Nobody knows its id yet but whoever made it up: no line of that id can be there already. */
  isNew: boolean;

  constructor(id?: string, isNew = false) {
    this.id = id;
    this.isNew = isNew;
  }

  /** Whether somebody is in line. */
  get isPending(): boolean {
    return this.maker !== undefined || this.tail !== undefined;
  }
}

export class Group {
  readonly resource: Resource;
  readonly shared: boolean;
  /** The item that makes the resource anew; a failure before it does not reach beyond it. */
  readonly maker: Item | undefined;
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

/** What an item does to the resources that it names. */
export interface Relations {
  readonly makes?: Name | undefined;
  readonly changes?: Name | undefined;
  readonly uses?: readonly Name[] | undefined;
  readonly precedes?: string | undefined;
  readonly follows?: string | undefined;
}

const noGroups: readonly Group[] = [];

export class Order {
  /** Groups and members looked at so far: the cost, for tests. */
  visits = 0;
  /** By id; those that are new are entered when an id is asked for that is not here. */
  readonly #resources = new Map<string, Resource>();
  /** Items up to this place have had what they make entered. */
  #enteredUpTo = 0;
  readonly #turnstiles = new Map<string, Turnstile>();
  /** Told of each item that has nothing left to wait for. */
  readonly #onFree: (item: Item) => void;
  /** The pending item that came last; older ones are linked to it. */
  readonly #youngest: () => Item | undefined;

  constructor(onFree: (item: Item) => void, youngest: () => Item | undefined) {
    this.#onFree = onFree;
    this.#youngest = youngest;
  }

  /** Resources with pending items. An idle engine has none. */
  get size(): number {
    return this.#resources.size + this.#turnstiles.size;
  }

  /** Puts an item into line. Of several relations to one resource the strongest holds. */
  join(item: Item, { makes, changes, uses, precedes, follows }: Relations): void {
    if (makes !== undefined) {
      item.makes = this.#made(makes);
      this.#standAsMaker(item, item.makes);
    }
    if (changes !== undefined) this.#stand(item, this.#resource(changes), false);
    for (const name of uses ?? []) this.#stand(item, this.#resource(name), true);
    if (precedes !== undefined) {
      item.precedes = { name: precedes, cohort: this.#turnstile(precedes).enter() };
    }
    const turnstile = follows === undefined ? undefined : this.#turnstiles.get(follows);
    if (turnstile !== undefined) {
      item.waits++;
      turnstile.whenLeft(() => this.#letGo(item));
    }
  }

  /** Takes a settled item out of line, and lets go those who waited for nothing else. */
  leave(item: Item): void {
    for (const group of item.groups) {
      this.visits++;
      group.pending--;
      group.memberGone();
      if (group.pending === 0) this.#unlink(group);
    }
    item.groups = noGroups;
    const { makes } = item;
    if (makes?.maker === item) {
      makes.maker = undefined;
      this.#forget(makes);
    }
    if (item.precedes === undefined) return;
    const { name, cohort } = item.precedes;
    const turnstile = this.#turnstile(name);
    turnstile.leave(cohort);
    if (turnstile.empty) this.#turnstiles.delete(name);
  }

  /** Whether others wait for what this item makes. */
  isAwaited(item: Item): boolean {
    return behindMaker(item) !== undefined;
  }

  /** Whether a pending item makes what goes by this name. */
  isBeingMade(name: Name): boolean {
    const id = typeof name === 'string' ? name : name.id;
    const resource = id === undefined ? (name as Resource) : this.#find(id);
    if (resource?.maker !== undefined) return true;
    for (let group = resource?.tail; group !== undefined; group = group.before) {
      this.visits++;
      if (group.maker !== undefined) return true;
    }
    return false;
  }

  /** Whether a later item makes the same resource. */
  isMadeAgain(item: Item): boolean {
    for (let group = behindMaker(item); group !== undefined; group = group.after) {
      this.visits++;
      if (group.maker !== undefined) return true;
    }
    return false;
  }

  /**
   * Those who cannot succeed once this item has failed to make its resource: all who stand behind
   * it, up to the next item that makes the same resource (design.md 4).
   */
  dependents(item: Item): Item[] {
    const found: Item[] = [];
    let group = behindMaker(item);
    while (group !== undefined && group.maker === undefined) {
      for (const member of group.waiting) {
        this.visits++;
        if (member.state !== 'settled') found.push(member);
      }
      group = group.after;
    }
    return found;
  }

  /**
   * Makes an id known: fills the holes of all who wait for it, and lets the id stand for the
   * resource from now on, in one step, so that a call by id cannot overtake a call by reference.
   * Returns the bytes that the items gained.
   */
  name(resource: Resource, id: string): number {
    let gained = 0;
    resource.id = id;
    if (resource.isPending && this.#find(id) === undefined) {
      this.#resources.set(id, resource);
    }
    for (let group = resource.tail; group !== undefined; group = group.before) {
      for (const member of group.waiting) {
        this.visits++;
        if (member.state !== 'settled') gained += member.fill();
      }
    }
    return gained;
  }

  /**
   * Enters what was made since the last time. Most of what is made is never asked for by its id while
   * it is pending, and each entry costs more than the rest of the order. Called also before an item
   * changes its place among the others.
   */
  enterMade(): void {
    const upTo = this.#enteredUpTo;
    const youngest = this.#youngest();
    for (let item = youngest; item !== undefined && item.seq > upTo; item = item.older) {
      this.visits++;
      const { makes } = item;
      if (!makes?.isNew || makes.id === undefined) continue;
      makes.isNew = false;
      this.#resources.set(makes.id, makes);
    }
    this.#enteredUpTo = Math.max(upTo, youngest?.seq ?? 0);
  }

  #find(id: string): Resource | undefined {
    const resource = this.#resources.get(id);
    if (resource !== undefined) return resource;
    this.enterMade();
    return this.#resources.get(id);
  }

  #made(name: Name): Resource {
    return typeof name !== 'string' && name.isNew ? name : this.#resource(name);
  }

  #resource(name: Name): Resource {
    const id = typeof name === 'string' ? name : name.id;
    if (id === undefined) return name as Resource;
    let resource = this.#find(id);
    if (resource === undefined) {
      resource = typeof name === 'string' ? new Resource(id) : name;
      this.#resources.set(id, resource);
    }
    return resource;
  }

  #turnstile(name: string): Turnstile {
    let turnstile = this.#turnstiles.get(name);
    if (turnstile === undefined) {
      turnstile = new Turnstile();
      this.#turnstiles.set(name, turnstile);
    }
    return turnstile;
  }

  /** Alone, it needs no group; it gets one when others come. */
  #standAsMaker(item: Item, resource: Resource): void {
    if (resource.isPending) {
      this.#stand(item, resource, false, item);
    } else {
      this.visits++;
      resource.maker = item;
    }
  }

  #stand(item: Item, resource: Resource, shared: boolean, maker?: Item): void {
    this.visits++;
    // The stronger relations come first, so an item never waits for itself.
    if (resource.maker === item) return;
    if (item.groups.some((group) => group.resource === resource)) return;
    this.#groupMaker(resource);
    const { tail } = resource;
    const group = shared && tail?.shared ? tail : new Group(resource, shared, maker);
    group.pending++;
    item.groups = withOneMore(item.groups, group);
    if (group.open) return;
    group.wait(item);
    item.waits++;
  }

  #groupMaker(resource: Resource): void {
    const { maker } = resource;
    if (maker === undefined) return;
    resource.maker = undefined;
    const group = new Group(resource, false, maker);
    group.pending++;
    maker.groups = withOneMore(maker.groups, group);
  }

  #unlink(group: Group): void {
    const { resource, before, after } = group;
    if (before !== undefined) before.after = after;
    if (after !== undefined) after.before = before;
    else resource.tail = before;
    if (resource.tail === undefined) this.#forget(resource);
    for (let next = after; next !== undefined && !next.open && next.mayOpen(); next = next.after) {
      for (const member of next.letIn()) this.#letGo(member);
    }
  }

  #letGo(item: Item): void {
    this.visits++;
    if (item.state !== 'settled' && --item.waits === 0) this.#onFree(item);
  }

  #forget(resource: Resource): void {
    const { id, isNew } = resource;
    resource.isNew = false;
    if (isNew || id === undefined) return;
    if (this.#resources.get(id) === resource) this.#resources.delete(id);
  }
}

/** A new list without room to grow, which would be most of what each waiting item takes. */
function withOneMore(groups: readonly Group[], group: Group): readonly Group[] {
  const [first, second] = groups;
  if (first === undefined) return group.alone;
  return groups.length === 1 ? [first, group] : [first, second as Group, ...groups.slice(2), group];
}

/** The group behind the one in which the item makes its resource. */
function behindMaker(item: Item): Group | undefined {
  return item.groups.find(({ maker }) => maker === item)?.after;
}
