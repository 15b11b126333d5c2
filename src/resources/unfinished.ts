import { Memory } from '../coalescer/memory.ts';
import type { Name } from '../coalescer/ports.ts';

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
 * finish of the span or of its instance, and is bounded; what is forgotten counts as never seen.
 */
export class Unfinished {
  readonly #spans = new Memory<Name, Instance>(MAX_SPANS, (_, owner) => this.#spanGone(owner));
  readonly #instances = new Memory<Name, Instance>(MAX_INSTANCES, (_, instance) =>
    this.#instanceGone(instance),
  );
  /** UTF-8 bytes of large spans, which the answers to their finishes will hold again. */
  readonly #large = new Memory<Name, number>(MAX_LARGE_SPANS);
  /** Spans that are remembered, though their instance has ended. */
  #leftOver = 0;

  /** Spans and instances that are remembered. */
  get size(): number {
    return this.#spans.size + this.#instances.size;
  }

  /** The instance of a span that this client made. */
  instanceOf(span: Name): Name | undefined {
    const instance = this.#spans.get(span);
    return instance === undefined || instance.hasEnded ? undefined : instance.name;
  }

  /** Whether this client registered the instance. */
  hasMade(instance: Name): boolean {
    return this.#instances.get(instance)?.made === true;
  }

  addInstance(name: Name): void {
    this.#instance(name).made = true;
  }

  /** The bytes of a span that this client made, where they are many. */
  bytesOf(span: Name): number {
    return this.#large.get(span) ?? 0;
  }

  addSpan(span: Name, instance: Name, bytes = 0): void {
    this.endSpan(span);
    if (bytes > LARGE) this.#large.set(span, bytes);
    const owner = this.#instance(instance);
    owner.spans++;
    this.#spans.set(span, owner);
  }

  endSpan(span: Name): void {
    const owner = this.#spans.take(span);
    if (owner !== undefined) this.#spanGone(owner);
    this.#large.take(span);
  }

  endInstance(name: Name): void {
    const instance = this.#instances.take(name);
    if (instance !== undefined) this.#instanceGone(instance);
  }

  /** What was known by one name goes by this id from now on. */
  rename(name: Name, id: string): void {
    const instance = this.#instances.take(name);
    if (instance !== undefined) {
      instance.name = id;
      this.#instances.set(id, instance);
    }
    const owner = this.#spans.take(name);
    if (owner !== undefined) this.#spans.set(id, owner);
    const bytes = this.#large.take(name);
    if (bytes !== undefined) this.#large.set(id, bytes);
  }

  #spanGone(owner: Instance): void {
    owner.spans--;
    if (owner.hasEnded) this.#leftOver--;
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

  #instance(name: Name): Instance {
    let instance = this.#instances.get(name);
    if (instance === undefined) {
      instance = { name, made: false, hasEnded: false, spans: 0 };
      this.#instances.set(name, instance);
    }
    return instance;
  }
}
