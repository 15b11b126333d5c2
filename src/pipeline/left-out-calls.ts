import type { Coalescer } from '../coalescer/index.ts';
import type { IdGenerator } from '../ids/id-generator.ts';
import { LruMap } from '../lib/lru-map.ts';
import { isObject } from '../lib/own-fields.ts';
import { isText } from '../lib/value-checks.ts';
import type { WireAction } from '../schemas/action.ts';
import { ownId } from '../schemas/field-checks.ts';
import { terminalStatuses } from '../schemas/status.ts';
import type { CallDraft } from './call-draft.ts';

/** As many are known by their id, at least: of spans, and of all else. */
const MAX_LEFT_OUT = 10_000;

/** A resource that is not made, since the call that was to make it was left out. */
interface LeftOutResource {
  /** An id of ours, or of the caller's. */
  readonly id: string;
  /** A span whose instance was left out: once it has ended, that alone tells. */
  readonly isCovered: boolean;
  /** Another call has come to make it after all. */
  isMade: boolean;
}

/**
 * The calls that `beforeEnqueue` left out, and those that went with them: a call that needs such a call is left
 * out as well (docs/decisions/calls-left-out.md). One is known by its promise for as long as that is
 * held, and by an id among the last of its kind.
 */
export class LeftOutCalls {
  readonly #engine: Pick<Coalescer<unknown>, 'isThere'>;
  readonly #ofCalls = new WeakMap<Promise<unknown>, LeftOutResource>();
  readonly #spans = new LruMap<string, LeftOutResource>({ max: MAX_LEFT_OUT });
  /** Instances, and whatever else was to be made. */
  readonly #others = new LruMap<string, LeftOutResource>({ max: MAX_LEFT_OUT });
  /** No call was ever left out, so there is nothing to look for. */
  isEmpty = true;

  constructor(engine: Pick<Coalescer<unknown>, 'isThere'>) {
    this.#engine = engine;
  }

  /** Whether the call needs one that was left out: in its action, its options, or the instance beside them. */
  needsLeftOut({ kind, fields, options, instance }: CallDraft): boolean {
    if (this.isEmpty) return false;
    if (kind.references.some(({ name }) => this.find(fields[name]) !== undefined)) return true;
    // What it makes itself, it does not lack.
    const isLeftOut = (reference: unknown): boolean => {
      const resource = this.find(reference);
      return resource !== undefined && resource.id !== options?.makes;
    };
    return (
      isLeftOut(instance) || isLeftOut(options?.changes) || options?.uses?.some(isLeftOut) === true
    );
  }

  /** What a reference stands for, if that was left out, and no other call makes it. */
  find(reference: unknown): LeftOutResource | undefined {
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
    const resource: LeftOutResource = { id, isCovered, isMade: false };
    this.isEmpty = false;
    this.#ofCalls.set(call, resource);
    if (!isSpan) this.#others.set(id, resource);
    else if (!isCovered || !terminalStatuses.has(status)) this.#spans.set(id, resource);
  }

  /** Notes a call that is left out, and was made on `target`: if that was left out, the call stands for it. */
  noteChange({ kind }: CallDraft, call: Promise<unknown>, target: unknown): void {
    const resource = this.find(target);
    if (resource === undefined) return;
    this.#ofCalls.set(call, resource);
    const hasEnded = kind.changes === 'span' && kind.ends === true;
    if (hasEnded && resource.isCovered) this.#spans.take(resource.id);
  }

  /** Another call was made that makes the resource with that id. If the engine took it in, that counts from now on. */
  reconsider(id: string): void {
    if (!this.#engine.isThere(id)) return;
    const resource = this.#spans.take(id) ?? this.#others.take(id);
    if (resource !== undefined) resource.isMade = true;
  }
}

/**
 * The output of a call that is not sent: its own fields, as if the API had answered with them.
 * References whose id is not known yet are left out.
 */
export function leftOutOutput(action: WireAction, id: string): object {
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
