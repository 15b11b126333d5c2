import type { Check } from './check.ts';
import type { Fields } from './output.ts';

/** An action in wire form, as a caller gives it: `_type`, and the fields of that type. */
export interface Action {
  /** `agents/list`, `agent_spans/create`, ... */
  readonly _type: string;
  /** 8 to 64 characters, the same for each repetition. @default made for the call */
  readonly idempotency_key?: string | undefined;
  readonly [field: string]: unknown;
}

/** An action in wire form: what one item of a bulk request says. */
export interface WireAction {
  readonly _type: string;
  readonly idempotency_key: string;
  [field: string]: unknown;
}

/** Turns a reference that a caller gave into what stands in its place; `path` names it in errors. */
export type Place = (reference: unknown, path: string) => unknown;

/** What is known of an action in wire form. */
export interface WireKind<Value> {
  readonly type: string;
  /** Further fields are let through; references and the key are checked where they are read. */
  readonly checkAction: Check;
  /**
   * What a caller gets of the `details` of a success, but for fields that the API added later. Left out of a
   * type that we do not know: there a caller gets the output as it came.
   */
  toResult?(details: Fields): Value;
}

/** What a caller gives. */
export interface Call<Params> {
  readonly key: string;
  /** The first argument of a call on something that exists. */
  readonly target: unknown;
  readonly params: Params;
}

/** What is known of one kind of call: how to check its parameters, and write its action. */
export interface ActionKind<Params, Value> extends WireKind<Value> {
  /** Without references and the key, as above; but an unknown field is wrong. */
  readonly checkParams: Check;
  /**
   * The action in wire form, with `now`, the time of the call (ISO 8601, UTC, milliseconds), where the
   * caller gave none. Its fields stand in the order of wire.md 11.1; those that are undefined are left out of the JSON.
   */
  toAction(call: Call<Params>, now: string, place: Place): WireAction;
  toResult(details: Fields): Value;
  /** The run that the caller names for the order alone: it is not sent. */
  runOf?(params: Params, place: Place): unknown;
}

/** `Date | string` as the wire has it. */
export function toTime(value: Date | string | undefined): string | undefined;
export function toTime(value: Date | string | null | undefined): string | null | undefined;
export function toTime(value: Date | string | null | undefined): string | null | undefined {
  return value instanceof Date ? value.toISOString() : value;
}
