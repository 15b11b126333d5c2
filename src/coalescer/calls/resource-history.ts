/** What became of things that were to be made, for those who come later: bounded, by name. */
import { LruMap } from '../../lib/lru-map.ts';
import { RecentKeys } from '../../lib/recent-keys.ts';
import type { Blame, Cause, ToRecord } from '../ports/reason.ts';
import type { Name } from '../ports/submission.ts';
import { recordOf } from './reason-record.ts';

/** Of each kind, at least the last so many are remembered. */
const MAX_REMEMBERED = 10_000;

export interface ResourceHistoryPorts<Failure> {
  readonly toRecord: ToRecord<Failure>;
  /** Told of each id that only an answer made known; without one, that there will be none. */
  readonly onNamed: (name: Name, id: string | undefined) => void;
  /** Whether a pending item makes, changes or uses what goes by this name. */
  readonly isInLine: (name: Name) => boolean;
  /** Whether a pending item makes it. */
  readonly isBeingMade: (name: Name) => boolean;
}

export class ResourceHistory<Failure> {
  /** What could not be made, and why: short records, see `ToRecord`. */
  readonly #failed = new LruMap<Name, Cause<Failure>>({ max: MAX_REMEMBERED });
  /** Ids that were seen made, or may have been: no later call can make them fail. */
  readonly #there = new RecentKeys<string>(MAX_REMEMBERED);
  /** The ids that the server gave in the place of others. */
  readonly #replaced = new LruMap<string, string>({ max: MAX_REMEMBERED });
  /** The ids of what went by numbers. */
  readonly #named = new LruMap<number, string>({ max: MAX_REMEMBERED });
  readonly #records = new WeakMap<Blame<Failure>, Blame<Failure>>();
  readonly #ports: ResourceHistoryPorts<Failure>;

  constructor(ports: ResourceHistoryPorts<Failure>) {
    this.#ports = ports;
  }

  /** It was made under this id, and is known by it from now on: one entry for each success. */
  made(id: string): void {
    if (this.#replaced.size > 0) this.#replaced.take(id);
    if (this.#failed.size > 0) this.#failed.take(id);
    this.#there.add(id);
  }

  /** It was made, but goes by another id than the one that was sent, or than the number that it had. */
  madeAs(sent: Name, id: string): void {
    if (typeof sent === 'string') this.#replaced.set(sent, id);
    else this.#named.add(sent, id);
    this.mayBeThere(id);
    this.#ports.onNamed(sent, id);
  }

  /** Nobody knows for sure that it is not there. */
  mayBeThere(id: string): void {
    if (this.#failed.size > 0) this.#failed.take(id);
    this.#there.add(id);
  }

  /** Whether it was made, or may have been. */
  isThere(name: Name): boolean {
    const id = typeof name === 'string' ? name : this.#named.get(name);
    if (id === undefined) return false;
    return this.#there.has(id) || this.#replaced.get(id) !== undefined;
  }

  /** Whether it was made, or may have been, or is about to be. */
  isThereOrComing(name: Name): boolean {
    return this.isThere(name) || this.#ports.isBeingMade(name);
  }

  /** A call that was to make it is not taken in: which changes nothing where another one makes it. */
  declined(name: Name, cause: Cause<Failure>): void {
    if (!this.isThereOrComing(name)) this.failed(name, cause);
  }

  /** It could not be made; what went by a number will never have an id. */
  failed(name: Name, cause: Cause<Failure>): void {
    this.#failed.set(name, this.#recordOf(cause));
    if (typeof name === 'number') this.#ports.onNamed(name, undefined);
  }

  /** It is being made anew: that it failed before is over. */
  forgetFailure(name: Name): void {
    if (this.#failed.size > 0) this.#failed.take(name);
  }

  /** Why what goes by this name will not be there, if that is known. */
  failureOf(name: Name): Cause<Failure> | undefined {
    const failure = this.#failed.size === 0 ? undefined : this.#failed.get(name);
    if (failure !== undefined || typeof name === 'string' || this.#ports.isInLine(name)) {
      return failure;
    }
    const id = this.#named.get(name);
    // Without an id, and with nobody in line to make it, it never was called for.
    return id === undefined ? 'declined' : this.#failed.get(id);
  }

  /** What goes by that name by now: the id that the server gave, if it gave one. */
  idOf(name: Name): Name {
    const id = typeof name === 'string' ? name : this.#named.get(name);
    if (id === undefined) return name;
    return this.#replaced.size === 0 ? id : (this.#replaced.get(id) ?? id);
  }

  /** What is kept of a cause: one record for all whom it took along. */
  #recordOf(cause: Cause<Failure>): Cause<Failure> {
    if (typeof cause !== 'object') return cause;
    let record = this.#records.get(cause);
    if (record === undefined) {
      record = { key: cause.key, reason: recordOf(this.#ports.toRecord, cause.reason) };
      this.#records.set(cause, record);
      this.#records.set(record, record);
    }
    return record;
  }
}
