/**
 * Which items wait for which.
 *
 * Each resource has a queue of groups, in the order of the calls. A *shared* group holds any number of items that use
 * the resource; an exclusive one holds the single item that changes or makes it. A group is open when nothing stands
 * before it, or when it is shared and stands behind an open shared one. An item may be sent once all its groups are
 * open.
 *
 *     resource   [ create ] → [ child, child, child ] → [ finish ]
 *                   open              closed              closed
 *
 * It is a ticket lock for readers and writers. Items have no edges to each other: a finish behind a million children
 * waits for one counter.
 */
import type { TextArena } from '../../lib/text-arena.ts';
import type { Name, Submission } from '../ports/submission.ts';
import { Epochs } from './epochs.ts';
import type { Item } from './item.ts';
import { noGroups } from './item.ts';
import type { LockQueue, LockQueuesPorts } from './lock-queues.ts';
import { LockGroup, LockQueues } from './lock-queues.ts';

/** What an item does to resources; see `Submission`. */
export type ItemDependencies = Pick<
  Submission,
  'makes' | 'hasNewName' | 'changes' | 'uses' | 'precedes' | 'follows'
>;

export interface BrokenItem {
  readonly item: Item;
  readonly error: unknown;
}

/** The effect of an id that became known. */
interface Named {
  /** Bytes that the texts grew by. */
  readonly gained: number;
  readonly broken: readonly BrokenItem[];
}

const NOTHING_NAMED: Named = { gained: 0, broken: [] };

export interface OrderPorts extends LockQueuesPorts<Item> {
  /** Called for each item that has nothing left to wait for. */
  readonly onFree: (item: Item) => void;
}

export class Order {
  readonly #lockQueues: LockQueues<Item>;
  readonly #epochs = new Map<string, Epochs>();
  readonly #onFree: (item: Item) => void;

  constructor({ onFree, ...ports }: OrderPorts) {
    this.#onFree = onFree;
    this.#lockQueues = new LockQueues(ports);
  }

  /** Queues and epochs that are kept. An idle engine has none. */
  get size(): number {
    return this.#lockQueues.size + this.#epochs.size;
  }

  /** Enters a new item. Where it depends on one resource in several ways, the strongest counts. */
  join(
    item: Item,
    { makes, hasNewName, changes, uses, precedes, follows }: ItemDependencies,
  ): void {
    if (hasNewName) {
      // The name is new, so no queue can have it. Most such names are never asked for.
      item.makes = makes;
    } else if (makes !== undefined) {
      const resource = this.#lockQueues.of(makes);
      item.makes = resource;
      this.#standAsMaker(item, resource);
    }
    if (changes !== undefined) this.#stand(item, this.#lockQueues.of(changes), false);
    for (const name of uses ?? []) this.#stand(item, this.#lockQueues.of(name), true);
    const epochs = follows === undefined ? undefined : this.#epochs.get(follows);
    if (epochs !== undefined) {
      item.waits++;
      epochs.whenOver(() => this.#letGo(item));
    }
    // Last, so that an item that follows the name that it precedes does not wait for itself.
    if (precedes !== undefined) {
      item.keepExtras().precedes = { name: precedes, epoch: this.#epochsOf(precedes).enter() };
    }
  }

  /** Takes a settled item out, and frees the items that waited for nothing else. */
  leave(item: Item): void {
    for (const group of item.groups) {
      group.pending--;
      if (!group.open) group.forgetSettled();
      if (group.pending === 0) this.#unlink(group);
    }
    item.groups = noGroups;
    const { makes } = item;
    if (typeof makes === 'object' && makes.maker === item) {
      makes.maker = undefined;
      this.#lockQueues.forget(makes);
    }
    const precedes = item.extras?.precedes;
    if (precedes === undefined) return;
    const { name, epoch } = precedes;
    const epochs = this.#epochsOf(name);
    epochs.leave(epoch);
    if (epochs.empty) this.#epochs.delete(name);
  }

  /** Whether other items wait for what this one makes. */
  isNeeded(item: Item): boolean {
    return makerGroup(item)?.after !== undefined;
  }

  /** Whether a pending item makes what goes by this name. */
  isBeingMade(name: Name): boolean {
    const resource = this.#lockQueues.find(name);
    if (isPendingMaker(resource?.maker)) return true;
    for (let group = resource?.tail; group !== undefined; group = group.before) {
      if (isPendingMaker(group.maker)) return true;
    }
    return false;
  }

  /** Whether an earlier pending item makes the same resource as this settled one. */
  isMadeEarlier(item: Item): boolean {
    const own = makerGroup(item);
    let group = own?.before;
    while (group !== undefined && group.maker === undefined) {
      group = group.before;
    }
    if (own === undefined || group === undefined) return false;
    // One that ended in the same step was asked before; its answer saves looking further.
    own.isMadeEarlier = isPendingMaker(group.maker) || group.isMadeEarlier;
    return own.isMadeEarlier;
  }

  /** Whether a later item makes the same resource. */
  isMadeAgain(item: Item): boolean {
    for (let group = makerGroup(item)?.after; group !== undefined; group = group.after) {
      if (group.maker !== undefined) return true;
    }
    return false;
  }

  /**
   * The items that cannot succeed once this one has failed to make its resource: all behind it, up to the next maker.
   */
  dependents(item: Item): Item[] {
    const found: Item[] = [];
    let group = makerGroup(item)?.after;
    while (group !== undefined && group.maker === undefined) {
      for (const member of group.waiting) {
        if (member.state !== 'settled') found.push(member);
      }
      group = group.after;
    }
    return found;
  }

  /** Whether any pending item makes, changes or uses what goes by this name. */
  isInLine(name: Name): boolean {
    return this.#lockQueues.find(name)?.isPending === true;
  }

  /**
   * Makes the id known of what this item made: fills the holes of the items that wait for it, and lets the queue go
   * by the id from now on. All in one step, so that no call by id can overtake a call by number.
   */
  name({ makes: resource }: Item, id: string, texts: TextArena): Named {
    // Nothing else is in the queue, and the maker is about to leave.
    if (typeof resource !== 'object' || resource.tail === undefined) return NOTHING_NAMED;
    const number = resource.name;
    this.#lockQueues.rename(resource, id);
    const broken: BrokenItem[] = [];
    let gained = 0;
    for (
      let group: LockGroup<Item> | undefined = resource.tail;
      group !== undefined;
      group = group.before
    ) {
      for (const member of group.waiting) {
        if (member.state === 'settled') continue;
        try {
          gained += member.fill(number, id, texts);
        } catch (error) {
          broken.push({ item: member, error });
        }
      }
    }
    return { gained, broken };
  }

  /** To be called before an item moves among its neighbours. */
  enterMade(): void {
    this.#lockQueues.enterMade();
  }

  #epochsOf(name: string): Epochs {
    let epochs = this.#epochs.get(name);
    if (epochs === undefined) {
      epochs = new Epochs();
      this.#epochs.set(name, epochs);
    }
    return epochs;
  }

  /** An only maker needs no group until others come. */
  #standAsMaker(item: Item, resource: LockQueue<Item>): void {
    if (resource.isPending) {
      this.#stand(item, resource, false, item);
    } else {
      resource.maker = item;
    }
  }

  #stand(item: Item, resource: LockQueue<Item>, shared: boolean, maker?: Item): void {
    // The stronger ones come first, so an item never waits for itself.
    if (resource.maker === item) return;
    for (const group of item.groups) if (group.queue === resource) return;
    if (resource.maker !== undefined) this.#groupMaker(resource, resource.maker);
    const { tail } = resource;
    const group = shared && tail?.shared ? tail : new LockGroup(resource, shared, maker);
    group.pending++;
    item.groups = item.groups.length === 0 ? group.asList : withGroup(item.groups, group);
    if (group.open) return;
    group.wait(item);
    item.waits++;
  }

  /** Others come to stand behind the maker, so it gets a group. */
  #groupMaker(resource: LockQueue<Item>, maker: Item): void {
    resource.maker = undefined;
    const group = new LockGroup(resource, false, maker);
    group.pending++;
    maker.groups = maker.groups.length === 0 ? group.asList : withGroup(maker.groups, group);
  }

  #unlink(group: LockGroup<Item>): void {
    const { queue, before, after } = group;
    if (before !== undefined) before.after = after;
    if (after !== undefined) after.before = before;
    else queue.tail = before;
    if (queue.tail === undefined) this.#lockQueues.forget(queue);
    for (let next = after; next !== undefined && !next.open && next.mayOpen(); next = next.after) {
      for (const member of next.admit()) this.#letGo(member);
    }
  }

  #letGo(item: Item): void {
    if (item.state !== 'settled' && --item.waits === 0) this.#onFree(item);
  }
}

/** An array of exact size: spare room in it would be most of what a waiting item costs. */
function withGroup(
  groups: readonly LockGroup<Item>[],
  group: LockGroup<Item>,
): readonly LockGroup<Item>[] {
  const [first, ...others] = groups as readonly [LockGroup<Item>, ...LockGroup<Item>[]];
  return others.length === 0 ? [first, group] : [first, ...others, group];
}

/** The group in which the item makes its resource; undefined where it is alone. */
function makerGroup(item: Item): LockGroup<Item> | undefined {
  return item.groups.find(({ maker }) => maker === item);
}

function isPendingMaker(maker: Item | undefined): boolean {
  return maker !== undefined && maker.state !== 'settled';
}
