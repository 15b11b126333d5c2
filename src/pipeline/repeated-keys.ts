import { Hasher } from '../lib/hash.ts';
import { LruMap } from '../lib/lru-map.ts';
import type { WireAction, WireKind } from '../schemas/action.ts';
import { fieldsOf } from '../schemas/action.ts';
import { isActionPromise } from '../schemas/action-promise.ts';
import { isObject } from '../schemas/check.ts';
import type { Claim, Draft, Repeat } from './call-draft.ts';
import { pathInCall } from './json-errors.ts';
import { serialise } from './json-text.ts';

/** Keys that are remembered, at least. */
const MAX_REMEMBERED = 10_000;

/**
 * Calls that are repeated under a key of the caller's own must ask for the same to the letter, also
 * what they did not say themselves: a server that knows the key may compare (docs/internals/api.md, "Idempotency keys",
 * *unknown*).
 */
export class Repeats {
  // A key that is forgotten looks like a new one, so none is while a call with it is pending.
  readonly #claims = new LruMap<string, Claim>({
    max: MAX_REMEMBERED,
    onEvict: (_, { pending }) => pending !== undefined,
  });
  /** Made for the first key: it has buffers. */
  #hasher: Hasher | undefined;

  /** What the first call with the key has left behind; this is the first one, made `now`, where nothing is known. */
  claimOf(key: string, now: string): Claim {
    const before = this.#claims.get(key);
    if (before !== undefined) return before;
    const claim: Claim = {
      now,
      id: undefined,
      sent: {},
      fingerprint: undefined,
      pending: undefined,
    };
    this.#claims.add(key, claim);
    return claim;
  }

  /**
   * Two calls with one key ask for the same, if they say the same to the letter once both have what the first
   * one with that key filled in by itself: its time, and an id. `asked` is what this one asks for in the places
   * of its references: see `askedBy`.
   */
  compare(draft: Draft, claim: Claim, asked: readonly unknown[]): Repeat {
    const { kind, action, fields, hasWireNames } = draft;
    if (draft.isUnnamed) {
      if (claim.id === undefined) claim.id = draft.newId ?? null;
      else draft.newId = undefined;
      fields['id'] = claim.id ?? undefined;
    }
    const isAsked = kind.references.every(({ name }, at) => asked[at] === fields[name]);
    const asAsked = isAsked ? action : withReferences(kind, action, asked);
    const text = serialise(asAsked, hasWireNames ? undefined : pathInCall);
    // Whoever is called while it is written may make the same call, and get there first.
    if (claim.fingerprint !== undefined) draft.newId = undefined;
    this.#hasher ??= new Hasher();
    const fingerprint = this.#hasher.hash128(text);
    claim.fingerprint ??= fingerprint;
    const sent = claim.fingerprint === fingerprint ? claim.sent : undefined;
    return { fingerprint, sent, text: isAsked ? text : undefined };
  }
}

/**
 * What is asked for by the references of an action, whenever it is asked: a call whose id was not known when it
 * was made is named by its key, before and after the id is known, and whatever else stands for an id by that id.
 */
export function askedBy(
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

/** A copy of the action, with something else in the places of its references. */
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
