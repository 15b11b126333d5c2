import type { Name } from '../coalescer/index.ts';
import { Memory } from '../internal/memory.ts';
import type { Unnamed } from './references.ts';

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
 * What this client made and has not finished: which instance a span belongs to. It ends with the
 * finish of the span or of its instance, and is bounded; what is forgotten counts as never seen. Of a
 * span whose id is not known yet it is noted on what stands for it, which costs less than a map.
 */
export class Unfinished {
  readonly #spans = new Memory<string, Instance>({
    max: MAX_SPANS,
    onForget: (_, owner) => this.#spanGone(owner),
  });
  readonly #instances = new Memory<Name, Instance>({
    max: MAX_INSTANCES,
    onForget: (_, instance) => this.#instanceGone(instance),
  });
  /** UTF-8 bytes of large spans, which the answers to their finishes will hold again. */
  readonly #large = new Memory<Name, number>({ max: MAX_LARGE_SPANS });
  /** Spans that are remembered, though their instance has ended. */
  #leftOver = 0;

  /** What goes by a number, for as long as it may get an id. */
  readonly #unnamed: (number: number) => Unnamed | undefined;

  constructor(unnamed: (number: number) => Unnamed | undefined) {
    this.#unnamed = unnamed;
  }

  /** Spans and instances that are remembered. */
  get size(): number {
    return this.#spans.size + this.#instances.size;
  }

  /** The instance of a span that this client made. */
  instanceOf(span: Name): Name | undefined {
    const instance =
      typeof span === 'string' ? this.#spans.get(span) : ownerOf(this.#unnamed(span));
    return instance === undefined || instance.hasEnded ? undefined : instance.name;
  }

  /** Whether this client registered the instance. */
  hasMade(instance: Name): boolean {
    return this.#instances.get(instance)?.made === true;
  }

  addInstance(name: Name): void {
    const instance = this.#instances.get(name) ?? this.#addOwner(name);
    instance.made = true;
  }

  /** The bytes of a span that this client made, where they are many. */
  bytesOf(span: Name): number {
    return this.#large.get(span) ?? 0;
  }

  addSpan(span: Name, instance: Name, bytes = 0): void {
    const owner = this.#instances.get(instance) ?? this.#addOwner(instance);
    owner.spans++;
    const before =
      typeof span === 'string' ? this.#spans.set(span, owner) : this.#note(span, owner);
    if (before !== undefined) this.#spanGone(before);
    if (bytes > LARGE) this.#large.set(span, bytes);
    else if (this.#large.size > 0) this.#large.take(span);
  }

  endSpan(span: Name): void {
    const owner = this.#forget(span);
    if (owner !== undefined) this.#spanGone(owner);
    this.#large.take(span);
  }

  endInstance(name: Name): void {
    const instance = this.#instances.take(name);
    if (instance !== undefined) this.#instanceGone(instance);
  }

  /** What was known by one name goes by this id from now on. */
  rename(name: Name, id: string): void {
    const bytes = this.#large.take(name);
    if (bytes !== undefined) this.#large.set(id, bytes);
    const owner = this.#forget(name);
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
  #note(span: number, owner: Instance | undefined): Instance | undefined {
    const unnamed = this.#unnamed(span);
    const before = ownerOf(unnamed);
    if (unnamed !== undefined) unnamed.owner = owner;
    return before;
  }

  #forget(span: Name): Instance | undefined {
    if (typeof span === 'string') return this.#spans.take(span);
    return this.#note(span, undefined);
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
    this.#spans.drop(({ hasEnded }) => hasEnded);
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
