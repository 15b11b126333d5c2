import type { Coalescer, Name } from '../coalescer/index.ts';
import { LruMap } from '../lib/lru-map.ts';
import { isObject, own } from '../lib/own-fields.ts';
import { PrivateNotes } from '../lib/private-notes.ts';
import { kindOf } from '../lib/value-checks.ts';
import type { WireAction, WireKind } from '../schemas/action.ts';
import { fieldsOf } from '../schemas/action.ts';
import type { ActionPromise } from '../schemas/action-promise.ts';
import { isActionPromise } from '../schemas/action-promise.ts';
import { isName } from '../schemas/field-checks.ts';
import type { CallDraft } from './call-draft.ts';
import type { PendingIds } from './dependency-tracker.ts';
import { PendingId } from './dependency-tracker.ts';
import { InvalidCall } from './invalid-call.ts';
import type { LeftOutCalls } from './left-out-calls.ts';

/** As many as the engine remembers the reasons of. */
const MAX_FAILED_REFERENCES = 10_000;

/** What references stand for. */
export class References implements PendingIds {
  readonly #engine: Pick<Coalescer<unknown>, 'idOf'>;
  readonly #leftOut: LeftOutCalls;
  /** Of calls that made or changed something whose id was not known; noted on their promises. */
  readonly #ofCalls = new PrivateNotes<Promise<unknown>, PendingId>();
  readonly #pending = new Map<number, PendingId>();
  /** The newest of them, which is asked for most often. */
  #newest: PendingId | undefined;
  /** Those that will never have an id, since their calls have failed. The engine rejects what is called on them. */
  readonly #failed = new LruMap<number, PendingId>({ max: MAX_FAILED_REFERENCES });
  #lastNumber = 0;

  constructor(engine: Pick<Coalescer<unknown>, 'idOf'>, leftOut: LeftOutCalls) {
    this.#engine = engine;
    this.#leftOut = leftOut;
  }

  /** A number for what a call is to make. */
  draw(): number {
    return ++this.#lastNumber;
  }

  /** To be called before the engine takes the call that makes it: from then on its id may become known. */
  expect(number: number): void {
    this.#newest = new PendingId(number);
    this.#pending.set(number, this.#newest);
  }

  /** Undefined once the id is known. */
  pendingId(number: number): PendingId | undefined {
    if (this.#newest?.number === number) return this.#newest;
    return this.#pending.get(number) ?? this.#failed.get(number);
  }

  /** The id is known now; or, without one, it will never be. */
  learn(number: number, id: string | undefined): PendingId | undefined {
    const pending = this.#pending.get(number);
    if (pending === undefined) return undefined;
    pending.id = id;
    this.forget(number);
    if (id === undefined) this.#failed.add(number, pending);
    return pending;
  }

  /** No id is expected any more. */
  forget(number: number): void {
    this.#pending.delete(number);
    if (this.#newest?.number === number) this.#newest = undefined;
  }

  /** The promise with its key and id, as a caller gets it; from now on it stands for the resource of that name. */
  handOut<Value>(
    promise: Promise<Value> & { idempotencyKey?: string; id?: string },
    key: string,
    name: Name | undefined,
  ): ActionPromise<Value> {
    promise.idempotencyKey = key;
    if (typeof name === 'string') promise.id = name;
    // One that was declined at once is not pending, but the engine remembers why for a while.
    else if (name !== undefined) {
      this.#ofCalls.set(promise, this.pendingId(name) ?? new PendingId(name));
    }
    return promise as ActionPromise<Value>;
  }

  /**
   * What the references of an action stand for, in the order of its kind. Known ids take their places in the
   * action; a call whose id is not known stays there, to be waited for.
   */
  resolve({ kind, fields, hasWireNames }: CallDraft): Name[] {
    const names: Name[] = [];
    const prefix = hasWireNames && kind.hasDetails === true ? 'details.' : '';
    for (const { name: field, argument, isOptional } of kind.references) {
      const given = fields[field];
      if (isOptional === true && given == null) continue;
      const name = this.nameOf(given, hasWireNames ? field : argument, prefix);
      names.push(name);
      // A call that was left out stays: by its id it would be known for a while only.
      const mayStay = !this.#leftOut.isEmpty && given instanceof Promise;
      const stays = mayStay && this.#leftOut.find(given) !== undefined;
      if (typeof name === 'string' && !stays) fields[field] = name;
    }
    return names;
  }

  /**
   * The id that a reference stands for, as the server knows it; or the number of what has no id yet. Throws
   * `InvalidCall` for what is no reference; `prefix` and `field` are where it was given.
   */
  nameOf(reference: unknown, field: string, prefix = ''): Name {
    const id = typeof reference === 'string' ? reference : own(reference, 'id');
    if (isName(id)) return this.#engine.idOf(id);
    const pending = reference instanceof Promise ? this.#ofCalls.get(reference) : undefined;
    if (pending === undefined) {
      throw new InvalidCall([{ path: prefix + field, message: whyNone(reference) }]);
    }
    return this.#engine.idOf(pending.id ?? pending.number);
  }
}

/**
 * What an action has in the places of references, the same whenever the call is made: a call whose id was not
 * known when it was made goes by its key, before and after its id is known; all else goes by its id.
 */
export function requestedReferences(
  { references }: WireKind<unknown>,
  fields: Readonly<Record<string, unknown>>,
): readonly unknown[] {
  return references.map(({ name }) => {
    const reference = fields[name];
    if (!isObject(reference)) return reference;
    const isUnknown = isActionPromise(reference) && reference.id === undefined;
    return isUnknown ? { call: reference.idempotencyKey } : reference['id'];
  });
}

export function withReferences(
  kind: WireKind<unknown>,
  action: WireAction,
  references: readonly unknown[],
): WireAction {
  const copy: WireAction = { ...action };
  if (kind.hasDetails === true) copy['details'] = { ...fieldsOf(kind, action) };
  const fields = fieldsOf(kind, copy);
  for (const [at, { name }] of kind.references.entries()) fields[name] = references[at];
  return copy;
}

function whyNone(reference: unknown): string {
  if (reference instanceof Promise) {
    return isActionPromise(reference)
      ? 'is an ActionPromise of another client, or of a call that makes nothing; await it, and pass its result'
      : 'must not be a plain promise: returning an ActionPromise from an async function, or chaining on it, loses its id; pass the ActionPromise itself, or await it';
  }
  const kind = kindOf(reference);
  return `must be an id, a result, or an ActionPromise, but it is ${kind === 'an object' ? 'an object without an id' : kind}`;
}
