/** What became of things that were to be made, for those who come later: bounded, by id or reference. */

import { Memory } from '../internal/memory.ts';
import { idOf } from './line.ts';
import type { Cause, Name } from './ports.ts';
import { Recent } from './recent.ts';

/** Of each kind, at least the last so many are remembered. */
const MAX_REMEMBERED = 10_000;

export class Fates<Failure> {
  /** Ids that could not be made, and why: short records, see `ToRecord`. */
  readonly #failed = new Memory<string, Cause<Failure>>(MAX_REMEMBERED);
  /** Ids that were seen made, or may have been: no later call can make them fail. */
  readonly #there = new Recent<string>(MAX_REMEMBERED);
  /** The ids that the server gave in the place of others. */
  readonly #replaced = new Memory<string, string>(MAX_REMEMBERED);

  /** It was made under this id, and is known by it from now on: one entry for each success. */
  made(id: string): void {
    this.#replaced.take(id);
    this.mayBeThere(id);
  }

  /** It was made, but goes by another id than the one that was sent. */
  madeAs(sent: string, id: string): void {
    this.#replaced.set(sent, id);
    this.mayBeThere(id);
  }

  /** Nobody knows for sure that it is not there. */
  mayBeThere(id: string): void {
    this.#failed.take(id);
    this.#there.add(id);
  }

  /** Whether it was made, or may have been. */
  isThere(name: Name): boolean {
    const id = idOf(name);
    if (id === undefined) return false;
    return this.#there.has(id) || this.#replaced.get(id) !== undefined;
  }

  /** It could not be made. */
  failed(name: Name, cause: Cause<Failure>): void {
    const id = idOf(name);
    if (id !== undefined) this.#failed.set(id, cause);
    else if (typeof name !== 'string') name.failure = cause;
  }

  /** It is being made anew: that it failed before is over. */
  forgetFailure(id: string): void {
    this.#failed.take(id);
  }

  /** Why what goes by this name will not be there, if that is known. */
  failureOf(name: Name): Cause<Failure> | undefined {
    if (typeof name === 'string') return this.#failed.get(name);
    if (name.failure !== undefined) return name.failure as Cause<Failure>;
    if (name.id !== undefined) return this.#failed.get(name.id);
    // Without an id, and with nobody in line to make it, it never was called for.
    return name.isPending ? undefined : 'declined';
  }

  /** The id that the server gave where it differs from the one that was sent. */
  idOf(id: string): string {
    return this.#replaced.get(id) ?? id;
  }
}
