import type { Coalescer, Name } from '../coalescer/index.ts';
import type { IdGenerator } from '../ids/id-generator.ts';
import type { WireAction } from '../schemas/action.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import { isName, isObject, isText, ownId } from '../schemas/check.ts';
import type { CallDraft } from './call-draft.ts';
import { invalidCallError } from './invalid-call.ts';
import type { OmittedCalls } from './omitted-calls.ts';
import type { OutputReader } from './output-reader.ts';
import type { References } from './references.ts';

export interface UnsentCallsParts {
  readonly engine: Pick<Coalescer<unknown>, 'decline' | 'omit'>;
  readonly ids: IdGenerator;
  readonly references: References;
  readonly omitted: OmittedCalls;
  readonly reader: OutputReader;
  /** Every call is left out, so those that need another one need not be found. */
  readonly disabled: boolean;
}

/** A call that is invalid. */
export interface InvalidDraft {
  /** As its caller writes it: `agentSpans.create`. */
  readonly call: string;
  readonly type: string;
  /** Undefined where it could not be read. */
  readonly key: string | undefined;
  /** What it was called on. */
  readonly target: unknown;
  /** Reads the id of what it makes from what may be anything, and may throw. */
  readonly readId: () => unknown;
}

/** Calls that never get to the engine: what their callers get, and what becomes of what they were to make. */
export class UnsentCalls {
  readonly #parts: UnsentCallsParts;

  constructor(parts: UnsentCallsParts) {
    this.#parts = parts;
  }

  /**
   * Resolves with the call's own fields, and an id of ours where it has none. `shared` is what a pending call with
   * the same key makes.
   */
  omit(draft: CallDraft, shared: Name | undefined): ActionPromise<unknown> {
    const { kind, key, raw, options, action } = draft;
    const { engine, ids, references, omitted, reader, disabled } = this.#parts;
    const target = targetOf(action);
    const localId = localIdOf(action, ids);
    const name =
      target === undefined
        ? (shared ?? options?.makes ?? localId)
        : references.nameOf(target, 'target');
    const id = typeof name === 'string' ? name : localId;
    const output = unsentOutput(action, name === options?.makes ? localId : id);
    const reading = reader.read(output, { type: kind.type, raw, instance: undefined });
    if (reading.kind !== 'success') throw new Error('an unsent call has an output of its own');
    engine.omit();
    const call = references.handOut(Promise.resolve(reading.value), key, name);
    if (disabled) return call;
    if (target !== undefined) omitted.noteChange(draft, call, target);
    // A name without an id is that of what a pending call makes.
    else if (typeof name === 'string') omitted.noteMaker(draft, call, name);
    return call;
  }

  /** Rejects. What the call was to make counts as failed, so nothing waits for it. */
  decline(
    error: unknown,
    { call, type, target, readId, ...given }: InvalidDraft,
  ): ActionPromise<never> {
    const { engine, ids, references } = this.#parts;
    const key = given.key ?? ids.makeKey();
    const changes =
      target === undefined ? undefined : attempt(() => references.nameOf(target, 'target'));
    const id = changes === undefined ? attempt(readId) : undefined;
    const name = changes ?? (isName(id) ? id : references.draw());
    const makes = changes === undefined ? name : undefined;
    const promise = engine.decline(invalidCallError(error, call, key), { key, type, makes });
    return references.handOut(promise, key, name);
  }
}

/** Undefined where it throws: the error that is on its way comes from the same object. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/**
 * The output of a call that is not sent: its own fields, as if the API had answered with them.
 * References whose id is not known yet are left out.
 */
export function unsentOutput(action: WireAction, id: string): object {
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

/** What an action is called on: an id, or a reference to one; undefined where it makes something. */
export function targetOf(action: WireAction): unknown {
  return action['agent_span_id'] ?? action['agent_instance_id'];
}
