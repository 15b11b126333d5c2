import type { Name } from '../ports/submission.ts';
import type { Member } from './lock-queue.ts';
import { LockQueue } from './lock-queue.ts';

/** An item, as far as it matters here. */
interface Maker<Of extends Member> extends Member {
  readonly seq: number;
  readonly older: Of | undefined;
  makes: Name | LockQueue<Of> | undefined;
}

export interface ResourceIndexPorts<Of> {
  /** The pending item that came last; older ones are linked to it. */
  readonly youngest: () => Of | undefined;
  /** The id of what goes by that name, if it has one by now. */
  readonly idOf: (name: Name) => Name;
}

/**
 * The lock queues of resources, by name. Most of what is made is never named while it is pending, and to enter it
 * costs more than all else in the order. So what is made is entered late: when a name is not found.
 */
export class ResourceIndex<Of extends Maker<Of>> {
  readonly #byName = new Map<Name, LockQueue<Of>>();
  /** What items up to this place make is entered. */
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
