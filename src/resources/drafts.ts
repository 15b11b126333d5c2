import type { Ids } from '../ids/ids.ts';
import { isoNow } from '../internal/clock.ts';
import { hash128 } from '../internal/hash.ts';
import type { ActionKind, Call, Place, WireAction } from '../schemas/action.ts';
import { createAgentSpan } from '../schemas/agent-spans.ts';
import { detailsOf } from './dependencies.ts';
import { asAsked } from './own-action.ts';
import { ownId } from './references.ts';
import type { Claim, SentIds } from './repeats.ts';
import { serialise } from './text.ts';

type Fields = Record<string, unknown>;

/** A call made into an action. */
export interface Draft {
  readonly action: WireAction;
  /** The details of a span for which the caller gave no id; there it has one that was made up, or none. */
  readonly unnamed: Fields | undefined;
  /** The id that was made up just now: nobody knows it yet. */
  readonly newId: string | undefined;
  /** What belongs to a key of the caller's own. */
  readonly claim: Claim | undefined;
  /**
   * Equal for two calls with such a key that ask for the same. It is remembered when the call is over, so it
   * is small whatever the action is.
   */
  readonly fingerprint: string | undefined;
  /** The ids that the first call was sent with, where this one asks for the same. */
  readonly sent: SentIds | undefined;
  /** The text of the action, where it is written already: to write it is the dearest part of a call. */
  readonly text: string | undefined;
}

/**
 * Makes calls into actions. Two calls with one key ask for the same, if they say the same to the letter
 * once both have what the first one with that key filled in by itself: its time, and an id.
 */
export class Drafts {
  readonly #place: Place;
  readonly #placeAndCount: Place;
  /** Undefined where the server makes the ids of spans. */
  readonly #ids: Ids | undefined;
  /** References in whose place something else was put than the id that they were given as. */
  #replaced = 0;

  constructor({ place, ids }: { readonly place: Place; readonly ids: Ids | undefined }) {
    this.#ids = ids;
    this.#place = place;
    this.#placeAndCount = (reference, path) => {
      const placed = place(reference, path);
      const given = typeof reference === 'string' ? reference : ownId(reference);
      if (placed !== given) this.#replaced++;
      return placed;
    };
  }

  /** Of a call of a method; with what belongs to its key, where that is the caller's own. */
  of<Params>(
    kind: ActionKind<Params, unknown>,
    call: Call<Params>,
    claim: Claim | undefined,
  ): Draft {
    if (claim === undefined) return this.#fresh(kind, call);
    const before = this.#replaced;
    const action = kind.toAction(call, claim.now, this.#placeAndCount);
    const isAsGiven = this.#replaced === before;
    const unnamed = spanWithoutId(action);
    const madeId = unnamed && this.#fillId(unnamed, claim);
    const text = serialise(isAsGiven ? action : this.#asGiven(kind, call, claim));
    // Whoever is called while it is written may make the same call, and get there first.
    const newId = claim.fingerprint === undefined ? madeId : undefined;
    const { fingerprint, sent } = compared(text, claim);
    if (sent === undefined) return { ...this.#fresh(kind, call), claim, fingerprint };
    return { action, unnamed, newId, claim, fingerprint, sent, text: isAsGiven ? text : undefined };
  }

  /** Of an action in wire form, in which nothing is filled in. */
  ofAction(action: WireAction, claim: Claim | undefined): Draft {
    if (claim === undefined) return unclaimed(action, undefined, undefined);
    const asked = asAsked(action);
    const written = serialise(asked);
    const { fingerprint, sent } = compared(written, claim);
    const text = asked === action ? written : undefined;
    return { action, unnamed: undefined, newId: undefined, claim, fingerprint, sent, text };
  }

  /** With a time and an id of its own. */
  #fresh<Params>(kind: ActionKind<Params, unknown>, call: Call<Params>): Draft {
    const action = kind.toAction(call, isoNow(), this.#place);
    const unnamed = spanWithoutId(action);
    return unclaimed(action, unnamed, unnamed && this.#fillId(unnamed, undefined));
  }

  /** What a call asks for, when and wherever its references have got their ids. */
  #asGiven<Params>(
    kind: ActionKind<Params, unknown>,
    call: Call<Params>,
    claim: Claim,
  ): WireAction {
    const asked = kind.toAction(call, claim.now, (reference) => reference);
    const unnamed = spanWithoutId(asked);
    if (unnamed !== undefined) this.#fillId(unnamed, claim);
    return asAsked(asked);
  }

  /**
   * Gives a span an id, made in the partition of its instance (wire.md 8), so that its children and its
   * finish need not wait for the answer to its create: that of the claim, if there is one. Returns it, if
   * it is new.
   */
  #fillId(details: Fields, claim: Claim | undefined): string | undefined {
    const { agent_instance_id: instance } = details;
    if (claim?.id !== undefined) {
      details['id'] = claim.id ?? undefined;
      return undefined;
    }
    const id = this.#ids?.makeRelated(instance);
    details['id'] = id;
    if (claim !== undefined) claim.id = id ?? null;
    return id;
  }
}

/** Of a call whose key was made for it. Spelt out: to spread what is the same for all takes 3 µs. */
function unclaimed(
  action: WireAction,
  unnamed: Fields | undefined,
  newId: string | undefined,
): Draft {
  return {
    action,
    unnamed,
    newId,
    claim: undefined,
    fingerprint: undefined,
    sent: undefined,
    text: undefined,
  };
}

/** Whether what is written is what the first call with the key asked for; then its ids are to be sent. */
function compared(text: string, claim: Claim): Pick<Draft, 'fingerprint' | 'sent'> {
  const fingerprint = hash128(text);
  claim.fingerprint ??= fingerprint;
  return { fingerprint, sent: claim.fingerprint === fingerprint ? claim.sent : undefined };
}

function spanWithoutId(action: WireAction): Fields | undefined {
  const details = action._type === createAgentSpan.type ? detailsOf(action) : undefined;
  return details?.['id'] === undefined ? details : undefined;
}
