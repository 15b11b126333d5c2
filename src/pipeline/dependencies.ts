import type { Name } from '../coalescer/index.ts';
import { LruMap } from '../lib/lru-map.ts';
import type { WireKind } from '../schemas/action.ts';
import { isTerminal } from '../schemas/action.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';
import type { Draft } from './call-draft.ts';
import { InvalidCall } from './invalid-call.ts';
import type { References, Unnamed } from './references.ts';

/** What an action makes, changes and uses, and what that means for its place. */
export interface Relations {
  readonly makes?: Name | undefined;
  readonly changes?: Name | undefined;
  readonly uses?: readonly Name[];
  readonly precedes?: string;
  readonly follows?: string;
  readonly overBound?: boolean;
  /** What the answer says again of an earlier call, in UTF-8 bytes. */
  readonly echoBytes?: number;
  /** The instance that the action is about. */
  readonly instance?: Name | undefined;
}

/** Stands for all spans that this client never saw: their instances are unknown to it. */
const ANY_SPAN = '*';

const MAX_SPANS = 100_000;
const MAX_INSTANCES = 100_000;
/** Only of spans with more bytes than that is it remembered how many: an answer holds many small ones. */
const LARGE = 16_384;
const MAX_LARGE_SPANS = 10_000;

interface Instance {
  /** Its id once that is known. */
  name: Name;
  /** Registered by this client. */
  made: boolean;
  hasEnded: boolean;
  /** How many of its spans are remembered. */
  spans: number;
}

/**
 * What this client made and has not finished, and what that means for what is called on it: which instance a
 * span belongs to. It ends with the finish of the span or of its instance, and is bounded; what is forgotten
 * counts as never seen. Of a span whose id is not known yet it is noted on what stands for it, which costs less
 * than a map.
 */
export class Dependencies {
  readonly #references: Pick<References, 'unnamed'>;
  readonly #spans = new LruMap<string, Instance>({
    max: MAX_SPANS,
    onEvict: (_, owner) => this.#spanGone(owner),
  });
  readonly #instances = new LruMap<Name, Instance>({
    max: MAX_INSTANCES,
    onEvict: (_, instance) => this.#instanceGone(instance),
  });
  /** UTF-8 bytes of large spans, which the answers to their finishes will hold again. */
  readonly #large = new LruMap<Name, number>({ max: MAX_LARGE_SPANS });
  /** Spans that are remembered, though their instance has ended. */
  #leftOver = 0;

  constructor(references: Pick<References, 'unnamed'>) {
    this.#references = references;
  }

  /** Spans and instances that are remembered. */
  get size(): number {
    return this.#spans.size + this.#instances.size;
  }

  /**
   * What an action of that kind does to what it names, and to what it makes. `run` is what its caller
   * named as the run of a span, in case that nobody here knows it.
   */
  of(
    { makes, changes, ends }: WireKind<unknown>,
    names: readonly Name[],
    made?: Name,
    run?: Name,
  ): Relations {
    const [first] = names;
    if (makes === 'span') return { makes: made, uses: names, instance: first };
    if (makes === 'run') return { makes: made, instance: made };
    if (first === undefined) return {};
    if (changes === 'span') return this.#ofFinish(first, run);
    if (ends !== true) return { changes: first, instance: first };
    const overBound = this.#instances.get(first)?.made === true;
    return { changes: first, follows: ANY_SPAN, overBound, instance: first };
  }

  #ofFinish(span: Name, run: Name | undefined): Relations {
    const owner =
      typeof span === 'string' ? this.#spans.get(span) : ownerOf(this.#references.unnamed(span));
    if (owner !== undefined && !owner.hasEnded) {
      const echoBytes = this.#large.get(span) ?? 0;
      const { name } = owner;
      return { changes: span, uses: [name], overBound: true, echoBytes, instance: name };
    }
    if (run === undefined) return { changes: span, precedes: ANY_SPAN };
    return { changes: span, uses: [run], instance: run };
  }

  /** Notes what an action that is on its way, in a text of so many bytes, opens and closes. */
  note(
    { kind, fields }: Pick<Draft, 'kind' | 'fields'>,
    { makes, changes, instance }: Relations,
    bytes: number,
  ): void {
    if (kind.makes === 'span') {
      if (makes === undefined || instance === undefined) return;
      if (!isTerminal(fields['status'])) this.#addSpan(makes, instance, bytes);
    } else if (kind.makes === 'run') {
      if (makes !== undefined) (this.#instances.get(makes) ?? this.#addOwner(makes)).made = true;
    } else if (kind.ends === true && changes !== undefined) {
      if (kind.changes === 'span') this.#endSpan(changes);
      else this.#endInstance(changes);
    }
  }

  #addSpan(span: Name, instance: Name, bytes: number): void {
    const owner = this.#instances.get(instance) ?? this.#addOwner(instance);
    owner.spans++;
    const before =
      typeof span === 'string' ? this.#spans.set(span, owner) : this.#noteOwner(span, owner);
    if (before !== undefined) this.#spanGone(before);
    if (bytes > LARGE) this.#large.set(span, bytes);
    else if (this.#large.size > 0) this.#large.take(span);
  }

  #endSpan(span: Name): void {
    const owner = this.#forget(span);
    if (owner !== undefined) this.#spanGone(owner);
    this.#large.take(span);
  }

  #endInstance(name: Name): void {
    const instance = this.#instances.take(name);
    if (instance !== undefined) this.#instanceGone(instance);
  }

  /** What was known by one name goes by this id from now on; `unnamed`: where the name was a number. */
  learn(name: Name, id: string, unnamed: Unnamed | undefined): void {
    const bytes = this.#large.take(name);
    if (bytes !== undefined) this.#large.set(id, bytes);
    const owner = typeof name === 'string' ? this.#spans.take(name) : ownerOf(unnamed);
    if (unnamed !== undefined) unnamed.owner = undefined;
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
  #noteOwner(span: number, owner: Instance | undefined): Instance | undefined {
    const unnamed = this.#references.unnamed(span);
    const before = ownerOf(unnamed);
    if (unnamed !== undefined) unnamed.owner = owner;
    return before;
  }

  #forget(span: Name): Instance | undefined {
    if (typeof span === 'string') return this.#spans.take(span);
    return this.#noteOwner(span, undefined);
  }

  #spanGone(owner: Instance): void {
    owner.spans--;
    // One that is noted elsewhere is not found, and may have been counted out with the others.
    if (owner.hasEnded) this.#leftOver = Math.max(0, this.#leftOver - 1);
    else if (owner.spans === 0 && !owner.made) this.#instances.take(owner.name);
  }

  #instanceGone(instance: Instance): void {
    instance.hasEnded = true;
    this.#leftOver += instance.spans;
    // To look for the spans of each instance would take longer than all else: it is done for many.
    if (this.#leftOver * 2 <= this.#spans.size) return;
    this.#spans.deleteWhere(({ hasEnded }) => hasEnded);
    this.#leftOver = 0;
  }

  #addOwner(name: Name): Instance {
    const instance: Instance = { name, made: false, hasEnded: false, spans: 0 };
    this.#instances.set(name, instance);
    return instance;
  }
}

/** The instance of a span that has no id yet. */
function ownerOf(span: Unnamed | undefined): Instance | undefined {
  return span?.owner as Instance | undefined;
}

/** Adds what the caller named to what is known of the type. */
export function withNamed(
  known: Relations,
  { uses, changes, makes }: SubmitOptions,
  nameOf: (name: unknown, path: string) => Name,
): Relations {
  // Most have a signal only.
  if ((uses ?? changes ?? makes) === undefined) return known;
  const doubled = [
    ...(changes !== undefined && known.changes !== undefined ? ['options.changes'] : []),
    ...(makes !== undefined && known.makes !== undefined ? ['options.makes'] : []),
  ];
  if (doubled.length > 0) {
    const message = 'is known of actions of this type already; leave it out';
    throw new InvalidCall(doubled.map((path) => ({ path, message })));
  }
  const used = (uses ?? []).map((name, place) => nameOf(name, `options.uses.${place}`));
  return {
    ...known,
    uses: [...(known.uses ?? []), ...used],
    ...(changes !== undefined && { changes: nameOf(changes, 'options.changes') }),
    ...(makes !== undefined && { makes }),
  };
}
