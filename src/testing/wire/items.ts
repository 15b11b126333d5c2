// Items as they arrive. All of `wire/` says the API again, by hand, and shares nothing with the client: a field that
// both misread would otherwise go unnoticed.

/** A JSON object, as `JSON.parse` made it. */
export type Fields = Readonly<Record<string, unknown>>;

/** One action as it arrived, in a bulk request or at a single endpoint. */
export interface EmulatedItem {
  /** The idempotency key; `null` at a single endpoint that got none. */
  readonly key: string | null;
  /** The `_type` in its bulk form, such as `agent_spans/create`, also at a single endpoint. */
  readonly type: string;
  /** All fields but `_type` and `idempotency_key`, in wire form. Path parameters are among them. */
  readonly fields: Fields;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
