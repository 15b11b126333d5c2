import type { Name } from '../ports/submission.ts';
import type { Member } from './lock-queue.ts';
import { LockQueue } from './lock-queue.ts';

/** Who may make a resource, and stands among the others of its time. */
interface Maker<Of extends Member> extends Member {
  readonly seq: number;
  readonly older: Of | undefined;
  makes: Name | LockQueue<Of> | undefined;
}

export interface ResourceIndexPorts<Of> {
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
export class ResourceIndex<Of extends Maker<Of>> {
  readonly #byName = new Map<Name, LockQueue<Of>>();
  /** Items up to this place have had what they make entered. */
  #enteredUpTo = 0;
  readonly #youngest: () => Of | undefined;
  readonly #idOf: (name: Name) => Name;

  constructor({ youngest, idOf }: ResourceIndexPorts<Of>) {
    this.#youngest = youngest;
    this.#idOf = idOf;
  }

  get size(): number {
    return this.#byName.size;
  }

  find(name: Name): LockQueue<Of> | undefined {
    const resource = this.#byName.get(name);
    if (resource !== undefined || (this.#youngest()?.seq ?? 0) <= this.#enteredUpTo) {
      return resource;
    }
    this.enterMade();
    return this.#byName.get(name);
  }

  /** The resource of that name, which is entered. */
  of(name: Name): LockQueue<Of> {
    const resource = this.find(name);
    if (resource !== undefined) return resource;
    const id = typeof name === 'number' ? this.#idOf(name) : name;
    if (id !== name) return this.of(id);
    const fresh = new LockQueue<Of>(name);
    this.#byName.set(name, fresh);
    return fresh;
  }

  /** Enters what was made since the last time: each item is looked at once. */
  enterMade(): void {
    const upTo = this.#enteredUpTo;
    const youngest = this.#youngest();
    for (let item = youngest; item !== undefined && item.seq > upTo; item = item.older) {
      if (typeof item.makes !== 'string' && typeof item.makes !== 'number') continue;
      const resource = new LockQueue(item.makes, item);
      item.makes = resource;
      this.#byName.set(resource.name, resource);
    }
    this.#enteredUpTo = Math.max(upTo, youngest?.seq ?? 0);
  }

  /**
   * What went by a number goes by its id from now on; unless another resource does so already, which
   * whoever asks by the id finds then.
   */
  rename(resource: LockQueue<Of>, id: string): void {
    this.forget(resource);
    resource.name = id;
    if (this.find(id) === undefined) this.#byName.set(id, resource);
  }

  /** For a resource with nobody in line any more. */
  forget(resource: LockQueue<Of>): void {
    // Mostly nobody is entered, and to look for an id is to hash it.
    if (this.#byName.size === 0) return;
    const { name } = resource;
    if (this.#byName.get(name) === resource) this.#byName.delete(name);
  }
}
