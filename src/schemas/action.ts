import type { Fields } from '../lib/own-fields.ts';
import type { Check } from './field-checks.ts';
import { aName, withFields } from './field-checks.ts';

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

/** Of an action in wire form: what every action must have, beside its key. */
export const checkEnvelope: Check = withFields(() => ({ _type: aName() }));

/** A field that holds an id, or what stands for one. */
export interface ReferenceField {
  readonly name: string;
  /** What the caller of a method gives there. */
  readonly argument: string;
  /** It may be left out, or null. */
  readonly isOptional?: boolean;
}

/** What is known of an action in wire form. */
export interface WireKind<Value> {
  readonly type: string;
  /** What comes into being with it, or is changed by it; neither in a type that we do not know. */
  readonly makes?: 'instance' | 'span';
  readonly changes?: 'instance' | 'span';
  /** What it changes is over then. */
  readonly ends?: boolean;
  /** Its fields stand in `details`, and not beside `_type`. */
  readonly hasDetails?: boolean;
  /** First that of what it changes, or of the run that it belongs to. */
  readonly references: readonly ReferenceField[];
  /** Further fields are let through; references and the key are checked where they are read. */
  readonly checkAction: Check;
  /**
   * What a caller gets of the `details` of a success, but for fields that the API added later. Left out of a
   * type that we do not know: there a caller gets the output as it came.
   */
  toResult?(details: Fields): Value;
}

/** What a caller gives. */
export interface ActionInput<Params> {
  readonly key: string;
  /** The first argument of a call on something that exists. */
  readonly target: unknown;
  readonly params: Params;
}

/** What is known of one kind of call: how to check its parameters, and write its action. */
export interface ActionKind<Params, Value> extends WireKind<Value> {
  /** The method that it belongs to, as its caller writes it. */
  readonly method: string;
  /** Without references and the key, as above; but an unknown field is wrong. */
  readonly checkParams: Check;
  /**
   * The action in wire form, with `now`, the time of the call (ISO 8601, UTC, milliseconds), where the
   * caller gave none, and references as they were given. Its fields stand in the order of the worked example;
   * those that are undefined are left out of the JSON.
   */
  toAction(call: ActionInput<Params>, now: string): WireAction;
  toResult(details: Fields): Value;
  /** The run that the caller names for the order alone: it is not sent. */
  instanceOf?(params: Params): unknown;
}

/** Where the fields of an action stand. */
export function fieldsOf(
  { hasDetails }: WireKind<unknown>,
  action: WireAction,
): Record<string, unknown> {
  return hasDetails === true ? (action['details'] as Record<string, unknown>) : action;
}

/** What an action is called on: an id, or a reference to one; undefined where it makes something. */
export function targetOf(action: WireAction): unknown {
  return action['agent_span_id'] ?? action['agent_instance_id'];
}

/** `Date | string` as the wire has it; `other` where none is given. */
export function toTime(
  given: Date | string | null | undefined,
  other: string | undefined,
): string | null | undefined {
  if (given === undefined) return other;
  return given instanceof Date ? given.toISOString() : given;
}
