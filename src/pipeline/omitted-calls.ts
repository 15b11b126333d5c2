import type { Coalescer } from '../coalescer/index.ts';
import { LruMap } from '../lib/lru-map.ts';
import { ownId } from '../schemas/check.ts';
import { terminalStatuses } from '../schemas/status.ts';
import type { CallDraft } from './call-draft.ts';

/** Omissions that are known by an id, at least; of spans, and of all else. */
const MAX_REMEMBERED = 10_000;

/** A resource that is not made, since the call that was to make it was left out. */
interface Omission {
  /** An id of ours, or of the caller's. */
  readonly id: string;
  /** A span whose instance was left out: once it has ended, that alone tells. */
  readonly isCovered: boolean;
  /** Another call has come to make it after all. */
  isMade: boolean;
}

/**
 * The calls that `beforeEnqueue` left out, and those that went with them: a call that needs such a call is left
 * out as well (docs/decisions/calls-left-out.md). By reference one is remembered for as long as its promise is
 * held, by id among the last of its kind.
 */
export class OmittedCalls {
  readonly #engine: Pick<Coalescer<unknown>, 'isThere'>;
  readonly #ofCalls = new WeakMap<Promise<unknown>, Omission>();
  readonly #spans = new LruMap<string, Omission>({ max: MAX_REMEMBERED });
  /** Instances, and whatever else was to be made. */
  readonly #others = new LruMap<string, Omission>({ max: MAX_REMEMBERED });
  /** No call was ever left out, so there is nothing to look for. */
  isEmpty = true;

  constructor(engine: Pick<Coalescer<unknown>, 'isThere'>) {
    this.#engine = engine;
  }

  /** Whether the call needs one that was left out: in its action, its options, or the instance beside them. */
  needsOmitted({ kind, fields, options, instance }: CallDraft): boolean {
    if (this.isEmpty) return false;
    if (kind.references.some(({ name }) => this.find(fields[name]) !== undefined)) return true;
    // What it makes itself, it does not lack.
    const isOmitted = (reference: unknown): boolean => {
      const omission = this.find(reference);
      return omission !== undefined && omission.id !== options?.makes;
    };
    return (
      isOmitted(instance) || isOmitted(options?.changes) || options?.uses?.some(isOmitted) === true
    );
  }

  /** What a reference stands for, if that was left out, and no other call makes it. */
  find(reference: unknown): Omission | undefined {
    if (this.isEmpty) return undefined;
    const ofCall = reference instanceof Promise ? this.#ofCalls.get(reference) : undefined;
    const id = typeof reference === 'string' ? reference : ownId(reference);
    const found =
      ofCall ?? (id === undefined ? undefined : (this.#spans.get(id) ?? this.#others.get(id)));
    if (found === undefined || found.isMade) return undefined;
    return this.#engine.isThere(found.id) ? undefined : found;
  }

  /** Notes a call that is left out, if it was to make the resource with that id, and no other call makes it. */
  noteMaker({ kind, fields, options }: CallDraft, call: Promise<unknown>, id: string): void {
    const isMaker = kind.makes !== undefined || options?.makes === id;
    if (!isMaker || this.#engine.isThere(id)) return;
    const isSpan = kind.makes === 'span';
    const { agent_instance_id: instance, status } = isSpan ? fields : {};
    const isCovered = this.find(instance) !== undefined;
    const omission: Omission = { id, isCovered, isMade: false };
    this.isEmpty = false;
    this.#ofCalls.set(call, omission);
    if (!isSpan) this.#others.set(id, omission);
    else if (!isCovered || !terminalStatuses.has(status)) this.#spans.set(id, omission);
  }

  /** Notes a call that is left out, and was made on `target`: if that was left out, the call stands for it. */
  noteChange({ kind }: CallDraft, call: Promise<unknown>, target: unknown): void {
    const omission = this.find(target);
    if (omission === undefined) return;
    this.#ofCalls.set(call, omission);
    const hasEnded = kind.changes === 'span' && kind.ends === true;
    if (hasEnded && omission.isCovered) this.#spans.take(omission.id);
  }

  /** Another call was made that makes the resource with that id. If the engine took it in, that counts from now on. */
  reconsider(id: string): void {
    if (!this.#engine.isThere(id)) return;
    const omission = this.#spans.take(id) ?? this.#others.take(id);
    if (omission !== undefined) omission.isMade = true;
  }
}
