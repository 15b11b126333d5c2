import type { KeyClaim } from '../coalescer/index.ts';
import type { WireAction, WireKind } from '../schemas/action.ts';
import type { SubmitOptions } from '../schemas/call-options.ts';

/** A call on its way to the engine. */
export interface CallDraft {
  readonly kind: WireKind<unknown>;
  readonly key: string;
  /** Given in wire form: nothing is filled in, and the output is wanted as the wire has it. */
  readonly raw: boolean;
  /** Errors name its fields as the wire does: it was given so, or `beforeEnqueue` has returned it. */
  hasWireNames: boolean;
  readonly options: SubmitOptions | undefined;
  /** The instance that the caller named beside the action. */
  readonly instance?: unknown;
  /** Where the key is the caller's own. */
  readonly record: KeyRecord | undefined;
  /** Makes the action anew with the time of this call, and not that of the first one with its key. */
  readonly remake?: (() => WireAction) | undefined;
  /** It makes a span for which the caller gave no id. */
  readonly needsId: boolean;
  action: WireAction;
  /** Where the fields of the action stand: see `fieldsOf`. */
  fields: Record<string, unknown>;
  /** The id that was made for this call, and that nothing else has used yet. */
  newId?: string | undefined;
  /**
   * Equal for two calls with one key of the caller's that ask for the same. It is kept when the call is over,
   * so it is small whatever the action is.
   */
  fingerprint?: string | undefined;
  /** The ids that the first call with its key was sent with, where this one asks for the same. */
  sentIds?: KeyRecord['sentIds'] | undefined;
  /** The text of the action, where it is written already: to write it is the dearest part of a call. */
  text?: string | undefined;
}

/** What the first call with a key of the caller's own leaves behind for those that repeat it. */
export interface KeyRecord extends KeyClaim {
  /** The time of the call. */
  readonly now: string;
  /** The id that was made for its span; null where none could be, undefined before that is known. */
  id: string | null | undefined;
  /** The ids in the places of references, by the name of their field. */
  readonly sentIds: Record<string, string>;
  fingerprint: string | undefined;
}
