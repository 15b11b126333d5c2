import type { Item } from './item.ts';
import { Resource } from './line.ts';
import type { Name } from './ports.ts';

/**
 * The resources with pending items, by id. Most of what is made is never asked for by its id while it
 * is pending, and to enter it would cost more than the rest of the order: so what is new is entered
 * when an id is asked for that is not here.
 */
export class Known {
  /** Items looked at so far: the cost, for tests. */
  visits = 0;
  readonly #byId = new Map<string, Resource>();
  /** Items up to this place have had what they make entered. */
  #enteredUpTo = 0;
  readonly #youngest: () => Item | undefined;

  constructor(youngest: () => Item | undefined) {
    this.#youngest = youngest;
  }

  get size(): number {
    return this.#byId.size;
  }

  find(id: string): Resource | undefined {
    const resource = this.#byId.get(id);
    if (resource !== undefined) return resource;
    this.enterMade();
    return this.#byId.get(id);
  }

  /** The resource of that name, which is entered if it has an id. */
  of(name: Name): Resource {
    const id = typeof name === 'string' ? name : name.id;
    if (id === undefined) return name as Resource;
    let resource = this.find(id);
    if (resource === undefined) {
      resource = typeof name === 'string' ? new Resource(id) : name;
      this.#byId.set(id, resource);
    }
    return resource;
  }

  /** Enters what was made since the last time: each item is looked at once. */
  enterMade(): void {
    const upTo = this.#enteredUpTo;
    const youngest = this.#youngest();
    for (let item = youngest; item !== undefined && item.seq > upTo; item = item.older) {
      this.visits++;
      if (typeof item.makes !== 'string') continue;
      const id = item.makes;
      const resource = new Resource(id);
      resource.maker = item;
      item.makes = resource;
      this.#byId.set(id, resource);
    }
    this.#enteredUpTo = Math.max(upTo, youngest?.seq ?? 0);
  }

  /** For a resource with nobody in line any more. */
  forget(resource: Resource): void {
    const { id } = resource;
    // Mostly nobody is entered, and to look for an id is to hash it.
    if (this.#byId.size === 0 || id === undefined) return;
    if (this.#byId.get(id) === resource) this.#byId.delete(id);
  }
}
