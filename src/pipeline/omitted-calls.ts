import type { Coalescer } from '../coalescer/index.ts';
import type { IdGenerator } from '../ids/id-generator.ts';
import { LruMap } from '../lib/lru-map.ts';
import { isObject } from '../lib/own-fields.ts';
import { isText } from '../lib/value-checks.ts';
import type { WireAction } from '../schemas/action.ts';
import { ownId } from '../schemas/field-checks.ts';
import { terminalStatuses } from '../schemas/status.ts';
import type { CallDraft } from './call-draft.ts';

/** Omissions that are known by an id, at least; of spans, and of all else. */
const MAX_OMISSIONS = 10_000;

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
  readonly #spans = new LruMap<string, Omission>({ max: MAX_OMISSIONS });
  /** Instances, and whatever else was to be made. */
  readonly #others = new LruMap<string, Omission>({ max: MAX_OMISSIONS });
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

/**
 * The output of a call that is not sent: its own fields, as if the API had answered with them.
 * References whose id is not known yet are left out.
 */
export function omittedOutput(action: WireAction, id: string): object {
  const { _type, idempotency_key, agent_instance_id, agent_span_id, ...fields } = action;
  const own = _type === 'agent_spans/create' ? Object(fields['details']) : fields;
  const details: Record<string, unknown> = { id };
  for (const [name, given] of Object.entries(own)) {
    const value = given instanceof Promise ? ownId(given) : given;
    if (value !== undefined) details[name] = value;
  }
  details['id'] = id;
  return { status: 'success', details };
}

/** The id that an action gives to what it makes; one of ours where it gives none. */
export function localIdOf(action: WireAction, ids: IdGenerator): string {
  const { id } = isObject(action['details']) ? action['details'] : action;
  return isText(id) ? id : ids.makeRoot();
}
