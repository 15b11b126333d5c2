/**
 * What the end of an item means for others. An item that fails to make a resource ends all that need it, now and
 * later; one that succeeds gives its id to those that wait for it.
 */
import type { Item } from '../items/item.ts';
import { nameOf } from '../items/lock-queues.ts';
import type { DependencyCause } from '../ports/reason.ts';
import type { Name } from '../ports/submission.ts';
import type { Backlog } from '../queue/backlog.ts';
import type { End, Failed, Succeeded } from './ends.ts';
import { causeOf } from './ends.ts';
import type { ResourceHistory } from './resource-history.ts';

export interface CascadeParts<Failure> {
  readonly backlog: Backlog;
  readonly history: ResourceHistory<Failure>;
  /** Takes an item out of the queue, since it ends with another one. */
  readonly retire: (item: Item) => void;
}

export class Cascade<Failure> {
  readonly #parts: CascadeParts<Failure>;

  constructor(parts: CascadeParts<Failure>) {
    this.#parts = parts;
  }

  /** Adds to `ends` the items that end with this one. */
  follow(end: End<Failure>, ends: End<Failure>[]): void {
    const { item } = end;
    const { makes } = item;
    if (makes === undefined) return;
    const { history } = this.#parts;
    const name = typeof makes === 'object' ? makes.name : makes;
    if (end.kind === 'failed') {
      if (end.exists === true && typeof name === 'string') history.mayBeThere(name);
      if (!this.#failsAlone(item, name)) this.#takeAlong(item, causeOf(end), ends);
    } else if (typeof name === 'number') {
      this.#learn(end, name, ends);
    } else if (end.id !== undefined && end.id !== name) {
      // They name an id that the server did not take.
      history.madeAs(name, end.id);
      this.#takeAlong(item, 'other id', ends);
    } else {
      history.made(name);
    }
  }

  /** Remembers what an item has failed to make; not where it is in doubt, nor where another pending item makes it. */
  remember(end: Failed<Failure>): void {
    const { item, reason } = end;
    const { makes } = item;
    if (makes === undefined) return;
    const { backlog, history } = this.#parts;
    const name = nameOf(makes);
    if (typeof name === 'string' && reason.maybeApplied) {
      history.mayBeThere(name);
    } else if (!this.#failsAlone(item, name) && !backlog.order.isMadeAgain(item)) {
      history.failed(name, causeOf(end));
    }
  }

  /** Fills in the id that the answer gives. */
  #learn({ item, id }: Succeeded<Failure>, number: number, ends: End<Failure>[]): void {
    const { backlog, history, retire } = this.#parts;
    if (id === undefined) {
      history.failed(number, 'no id');
      this.#takeAlong(item, 'no id', ends);
      return;
    }
    history.madeAs(number, id);
    for (const { item: broken, error } of backlog.name(item, id)) {
      const { maybeApplied } = broken;
      retire(broken);
      ends.push({ kind: 'failed', item: broken, reason: { kind: 'fault', error, maybeApplied } });
    }
  }

  /** What it was to make is there, may be, or is made by an earlier pending item. */
  #failsAlone(item: Item, name: Name): boolean {
    return this.#parts.history.isThere(name) || this.#parts.backlog.order.isMadeEarlier(item);
  }

  #takeAlong(item: Item, because: DependencyCause<Failure>, ends: End<Failure>[]): void {
    const { backlog, retire } = this.#parts;
    const name = item.makes && nameOf(item.makes);
    const resourceId = typeof name === 'string' ? name : undefined;
    for (const dependent of backlog.order.dependents(item)) {
      const { maybeApplied } = dependent;
      retire(dependent);
      ends.push({
        kind: 'failed',
        item: dependent,
        reason: { kind: 'dependency', resourceId, because, maybeApplied },
      });
    }
  }
}
