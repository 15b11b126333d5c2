import type { Name, Submission } from '../coalescer/index.ts';
import { LruMap } from '../lib/lru-map.ts';
import type { WireKind } from '../schemas/action.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';
import { terminalStatuses } from '../schemas/status.ts';
import type { CallDraft } from './call-draft.ts';
import { assertNoIssues } from './invalid-call.ts';

/** What an action makes, changes and uses, and what that means for its place among the others. */
export interface Dependencies
  extends Pick<
    Submission,
    'makes' | 'changes' | 'uses' | 'precedes' | 'follows' | 'overBound' | 'echoBytes'
  > {
  /** The instance that the action is about. */
  readonly instance?: Name | undefined;
}

/** Stands for all spans that this client never saw: their instances are unknown to it. */
const ANY_UNSEEN_SPAN = '*';

const MAX_TRACKED_SPANS = 100_000;
const MAX_TRACKED_INSTANCES = 100_000;
/** The bytes of a span are remembered where they are more: an answer holds many small ones. */
const LARGE_TRACKED_SPAN_BYTES = 16_384;
const MAX_TRACKED_LARGE_SPANS = 10_000;

interface TrackedInstance {
  /** Its id once that is known. */
  name: Name;
  /** Registered by this client. */
  made: boolean;
  hasEnded: boolean;
  /** How many of its spans are remembered. */
  spans: number;
}

/** Stands for the id of a resource that only the answer to its call tells. */
export class PendingId {
  /** The name by which the engine knows the resource meanwhile. */
  readonly number: number;
  id: string | undefined;
  /** The instance of a span: to note it here costs less than a map. */
  owner: TrackedInstance | undefined;

  constructor(number: number) {
    this.number = number;
  }
}

export interface PendingIds {
  pendingId(number: number): PendingId | undefined;
}

/**
 * Remembers what this client has made and not finished, to know the instance of a span. It is forgotten with the
 * finish of the span or of its instance. There are bounds, and what is forgotten counts as never seen.
 */
export class DependencyTracker {
  readonly #pendingIds: PendingIds;
  readonly #spans = new LruMap<string, TrackedInstance>({
    max: MAX_TRACKED_SPANS,
    onEvict: (_, owner) => this.#spanGone(owner),
  });
  readonly #instances = new LruMap<Name, TrackedInstance>({
    max: MAX_TRACKED_INSTANCES,
    onEvict: (_, instance) => this.#instanceGone(instance),
  });
  /** UTF-8 bytes of large spans, which the answers to their finishes will hold again. */
  readonly #large = new LruMap<Name, number>({ max: MAX_TRACKED_LARGE_SPANS });
  /** Spans that are remembered, though their instance has ended. */
  #leftOver = 0;

  constructor(pendingIds: PendingIds) {
    this.#pendingIds = pendingIds;
  }

  /** Spans and instances that are remembered. */
  get size(): number {
    return this.#spans.size + this.#instances.size;
  }

  /**
   * What an action of that kind does to what it names, and to what it makes. `given` is what the caller named as
   * the instance of a span, in case that it is not known here.
   */
  of(
    { makes, changes, ends }: WireKind<unknown>,
    names: readonly Name[],
    made?: Name,
    given?: Name,
  ): Dependencies {
    const [first] = names;
    if (makes === 'span') return { makes: made, uses: names, instance: first };
    if (makes === 'instance') return { makes: made, instance: made };
    if (first === undefined) return {};
    if (changes === 'span') return this.#ofFinish(first, given);
    if (ends !== true) return { changes: first, instance: first };
    const overBound = this.#instances.get(first)?.made === true;
    return { changes: first, follows: ANY_UNSEEN_SPAN, overBound, instance: first };
  }

  #ofFinish(span: Name, given: Name | undefined): Dependencies {
    const owner =
      typeof span === 'string' ? this.#spans.get(span) : this.#pendingIds.pendingId(span)?.owner;
    if (owner !== undefined && !owner.hasEnded) {
      const echoBytes = this.#large.get(span) ?? 0;
      const { name } = owner;
      return { changes: span, uses: [name], overBound: true, echoBytes, instance: name };
    }
    if (given === undefined) return { changes: span, precedes: ANY_UNSEEN_SPAN };
    return { changes: span, uses: [given], instance: given };
  }

  /** Notes what an action that the engine has taken, in a text of so many bytes, opens and closes. */
  note(
    { kind, fields }: Pick<CallDraft, 'kind' | 'fields'>,
    { makes, changes, instance }: Dependencies,
    bytes: number,
  ): void {
    if (kind.makes === 'span') {
      if (makes === undefined || instance === undefined) return;
      if (!terminalStatuses.has(fields['status'])) this.#addSpan(makes, instance, bytes);
    } else if (kind.makes === 'instance') {
      if (makes !== undefined) (this.#instances.get(makes) ?? this.#addInstance(makes)).made = true;
    } else if (kind.ends === true && changes !== undefined) {
      if (kind.changes === 'span') this.#endSpan(changes);
      else {
        const ended = this.#instances.take(changes);
        if (ended !== undefined) this.#instanceGone(ended);
      }
    }
  }

  #addSpan(span: Name, instance: Name, bytes: number): void {
    const owner = this.#instances.get(instance) ?? this.#addInstance(instance);
    owner.spans++;
    const before =
      typeof span === 'string' ? this.#spans.set(span, owner) : this.#setOwner(span, owner);
    if (before !== undefined) this.#spanGone(before);
    if (bytes > LARGE_TRACKED_SPAN_BYTES) this.#large.set(span, bytes);
    else if (this.#large.size > 0) this.#large.take(span);
  }

  #endSpan(span: Name): void {
    const owner =
      typeof span === 'string' ? this.#spans.take(span) : this.#setOwner(span, undefined);
    if (owner !== undefined) this.#spanGone(owner);
    this.#large.take(span);
  }

  /** The resource of that name has this id from now on; `pending`: where the name was a number. */
  learn(name: Name, id: string, pending: PendingId | undefined): void {
    const bytes = this.#large.take(name);
    if (bytes !== undefined) this.#large.set(id, bytes);
    const owner = typeof name === 'string' ? this.#spans.take(name) : pending?.owner;
    if (pending !== undefined) pending.owner = undefined;
    if (owner !== undefined) {
      if (owner.hasEnded) this.#spanGone(owner);
      else this.#spans.add(id, owner);
      return;
    }
    const instance = this.#instances.take(name);
    if (instance === undefined) return;
    instance.name = id;
    this.#instances.set(id, instance);
  }

  /** Notes the instance of a span that has no id yet. Returns the one that was noted before. */
  #setOwner(span: number, owner: TrackedInstance | undefined): TrackedInstance | undefined {
    const pending = this.#pendingIds.pendingId(span);
    const before = pending?.owner;
    if (pending !== undefined) pending.owner = owner;
    return before;
  }

  #spanGone(owner: TrackedInstance): void {
    owner.spans--;
    // A span without an id is not among those that were dropped, but may have been counted out with them.
    if (owner.hasEnded) this.#leftOver = Math.max(0, this.#leftOver - 1);
    else if (owner.spans === 0 && !owner.made) this.#instances.take(owner.name);
  }

  #instanceGone(instance: TrackedInstance): void {
    instance.hasEnded = true;
    this.#leftOver += instance.spans;
    // To look for the spans of each instance would take longer than all else: it is done for many.
    if (this.#leftOver * 2 <= this.#spans.size) return;
    this.#spans.deleteWhere(({ hasEnded }) => hasEnded);
    this.#leftOver = 0;
  }

  #addInstance(name: Name): TrackedInstance {
    const instance: TrackedInstance = { name, made: false, hasEnded: false, spans: 0 };
    this.#instances.set(name, instance);
    return instance;
  }
}

/** Adds what the caller of `submit` named to what is known of the type. */
export function withNamed(
  known: Dependencies,
  options: SubmitOptions,
  references: { nameOf(name: unknown, path: string): Name },
): Dependencies {
  const { uses, changes, makes } = options;
  // Most have a signal only.
  if ((uses ?? changes ?? makes) === undefined) return known;
  const doubled = (['changes', 'makes'] as const).filter(
    (field) => options[field] !== undefined && known[field] !== undefined,
  );
  const message = 'is known of actions of this type already; leave it out';
  assertNoIssues(doubled.map((field) => ({ path: `options.${field}`, message })));
  const used = (uses ?? []).map((name, place) => references.nameOf(name, `options.uses.${place}`));
  return {
    ...known,
    uses: [...(known.uses ?? []), ...used],
    ...(changes !== undefined && { changes: references.nameOf(changes, 'options.changes') }),
    ...(makes !== undefined && { makes }),
  };
}
