import type { IdGenerator } from '../ids/id-generator.ts';
import { checkKey } from '../ids/idempotency-key.ts';
import { LruMap } from '../lib/lru-map.ts';
import { unsliced } from '../lib/strings.ts';
import { TextHasher } from '../lib/text-hash.ts';
import type { WireAction, WireKind } from '../schemas/action.ts';
import { fieldsOf } from '../schemas/action.ts';
import { isActionPromise } from '../schemas/action-promise.ts';
import { isObject } from '../schemas/check.ts';
import type { CallDraft, KeyRecord } from './call-draft.ts';
import { InvalidCall } from './invalid-call.ts';
import { pathInCall, serialise } from './json-writer.ts';

/** Keys that are remembered, at least. */
const MAX_REMEMBERED = 10_000;

/**
 * The keys that callers gave themselves. Calls that repeat one must ask for the same to the letter, also for
 * what they did not say themselves: a server that knows the key may compare (docs/internals/api.md, "Idempotency
 * keys", *unknown*).
 */
export class KeyRecords {
  // A key that is forgotten looks like a new one, so it stays while a call with it is pending.
  readonly #records = new LruMap<string, KeyRecord>({
    max: MAX_REMEMBERED,
    onEvict: (_, { pending }) => pending !== undefined,
  });
  /** Made for the first key: it has buffers. */
  #hasher: TextHasher | undefined;

  /** What the first call with the key has left behind; without one, this is the first, made `now`. */
  of(key: string, now: string): KeyRecord {
    const before = this.#records.get(key);
    if (before !== undefined) return before;
    const first = { now, id: undefined, sentIds: {}, fingerprint: undefined, pending: undefined };
    this.#records.add(key, first);
    return first;
  }

  /**
   * Two calls with one key ask for the same if they say the same to the letter, once both have what the first
   * one filled in by itself: its time, and an id. `requested` is what this one has in the places of references.
   */
  compare(draft: CallDraft, record: KeyRecord, requested: readonly unknown[]): void {
    const { kind, action, fields } = draft;
    if (draft.needsId) {
      if (record.id === undefined) record.id = draft.newId ?? null;
      else draft.newId = undefined;
      fields['id'] = record.id ?? undefined;
    }
    const isAsRequested = kind.references.every(({ name }, at) => requested[at] === fields[name]);
    const asRequested = isAsRequested ? action : withReferences(kind, action, requested);
    const text = serialise(asRequested, draft.hasWireNames ? undefined : pathInCall);
    // A getter or toJSON may have made the same call while this one was written, and came first.
    if (record.fingerprint !== undefined) draft.newId = undefined;
    this.#hasher ??= new TextHasher();
    draft.fingerprint = this.#hasher.hash128(text);
    record.fingerprint ??= draft.fingerprint;
    draft.sentIds = record.fingerprint === draft.fingerprint ? record.sentIds : undefined;
    draft.text = isAsRequested ? text : undefined;
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

function withReferences(
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

/**
 * The caller's key; a fresh one where none was given, or one that the call is about to be refused for. A copy,
 * since a key is remembered for long, and one that was cut out of a text would keep all of it.
 */
export function keyFor(given: unknown, ids: IdGenerator): string {
  return typeof given === 'string' && checkKey(given) === undefined
    ? unsliced(given)
    : ids.makeKey();
}

/** Throws `InvalidCall` where a key was given that is none. */
export function assertKey(given: unknown, path: string): void {
  const message = given === undefined ? undefined : checkKey(given);
  if (message !== undefined) throw new InvalidCall([{ path, message }]);
}
