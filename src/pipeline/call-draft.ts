import type { KeyClaim } from '../coalescer/index.ts';
import type { WireAction, WireKind } from '../schemas/action.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';

/** A call made into an action, on its way to the engine. */
export interface Draft {
  readonly kind: WireKind<unknown>;
  readonly key: string;
  /** Given in wire form: nothing is filled in, and the output is wanted as the wire has it. */
  readonly raw: boolean;
  /** Errors name its fields as the wire does: it was given so, or `beforeEnqueue` has returned it. */
  hasWireNames: boolean;
  readonly options: SubmitOptions | undefined;
  /** The run that the caller named beside the action. */
  readonly run: unknown;
  /** What belongs to the key, where that is the caller's own. */
  readonly claim: Claim | undefined;
  /** Makes the action anew, with the time of now, where there is a claim. */
  readonly again: (() => WireAction) | undefined;
  /** It makes a span for which the caller gave no id. */
  readonly isUnnamed: boolean;
  action: WireAction;
  /** Where the fields of the action stand: see `fieldsOf`. */
  fields: Record<string, unknown>;
  /** The id that was made up just now: nobody knows it yet. */
  newId: string | undefined;
  /** Where there is a claim, once it was compared with the first call. */
  repeat: Repeat | undefined;
}

/** What the first call with a key of the caller's own has left behind for those that repeat it. */
export interface Claim extends KeyClaim {
  /** The time of the call. */
  readonly now: string;
  /** The id that was made for what it makes; null where it could not have one, undefined before that is known. */
  id: string | null | undefined;
  /** The ids that it was sent with, by the path of their field. */
  readonly sent: SentIds;
  /** What it asked for: see `Repeat`. */
  fingerprint: string | undefined;
}

type SentIds = Record<string, string>;

/** What is known of a call with a key of the caller's own, once it was compared with the first one. */
export interface Repeat {
  /**
   * Equal for two calls with such a key that ask for the same. It is remembered when the call is over, so it
   * is small whatever the action is.
   */
  readonly fingerprint: string;
  /** The ids that the first call was sent with, where this one asks for the same. */
  readonly sent: SentIds | undefined;
  /** The text of the action, where it is written already: to write it is the dearest part of a call. */
  text: string | undefined;
}
