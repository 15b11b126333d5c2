/** What became of things that were to be made, for those who come later: bounded, by name. */
import { Memory } from '../internal/memory.ts';
import type { Cause, Name } from './ports.ts';
import { Recent } from './recent.ts';

/** Of each kind, at least the last so many are remembered. */
const MAX_REMEMBERED = 10_000;

export class Fates<Failure> {
  /** What could not be made, and why: short records, see `ToRecord`. */
  readonly #failed = new Memory<Name, Cause<Failure>>(MAX_REMEMBERED);
  /** Ids that were seen made, or may have been: no later call can make them fail. */
  readonly #there = new Recent<string>(MAX_REMEMBERED);
  /** The ids that the server gave in the place of others. */
  readonly #replaced = new Memory<string, string>(MAX_REMEMBERED);
  /** The ids of what went by numbers. */
  readonly #named = new Memory<number, string>(MAX_REMEMBERED);

  /** It was made under this id, and is known by it from now on: one entry for each success. */
  made(id: string): void {
    this.#replaced.take(id);
    this.mayBeThere(id);
  }

  /** It was made, but goes by another id than the one that was sent, or than the number that it had. */
  madeAs(sent: Name, id: string): void {
    if (typeof sent === 'string') this.#replaced.set(sent, id);
    else this.#named.add(sent, id);
    this.mayBeThere(id);
  }

  /** Nobody knows for sure that it is not there. */
  mayBeThere(id: string): void {
    this.#failed.take(id);
    this.#there.add(id);
  }

  /** Whether it was made, or may have been. */
  isThere(name: Name): boolean {
    const id = typeof name === 'string' ? name : this.#named.get(name);
    if (id === undefined) return false;
    return this.#there.has(id) || this.#replaced.get(id) !== undefined;
  }

  /** It could not be made. */
  failed(name: Name, cause: Cause<Failure>): void {
    this.#failed.set(name, cause);
  }

  /** It is being made anew: that it failed before is over. */
  forgetFailure(name: Name): void {
    this.#failed.take(name);
  }

  /** Why what goes by this name will not be there, if that is known. */
  failureOf(name: Name): Cause<Failure> | undefined {
    return this.#failed.get(name);
  }

  /** What goes by that name by now: the id that the server gave, if it gave one. */
  idOf(name: Name): Name {
    const id = typeof name === 'string' ? name : this.#named.get(name);
    return id === undefined ? name : (this.#replaced.get(id) ?? id);
  }
}
