// Items and outputs. All of `wire/` says the API again, by hand, and shares nothing with the client: a field that both
// misread would otherwise go unnoticed.

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

/** Says whether the run was ended from outside. */
export interface Control {
  readonly terminate: boolean;
  readonly reason: string | null;
}

export interface SuccessOutput {
  readonly status: 'success';
  readonly details?: Fields;
  readonly summaries?: readonly Fields[];
  readonly control?: Control;
  readonly agent_schema_version?: Fields;
  readonly pfids?: readonly string[];
  readonly account_id?: string;
}

/** The error body (docs/internals/api.md, "Error body"). */
export interface ErrorOutput {
  readonly status: 'error';
  readonly code: string;
  readonly message: string;
  /** With `validation_errors` always, else for detailed errors only. */
  readonly errors?: unknown;
  /** With `rate_limited` always. */
  readonly retry_after_ms?: number;
}

export type Output = SuccessOutput | ErrorOutput;

export interface ActionResult {
  readonly output: Output;
  /** Of the span, instance or other record that it is about, if known. */
  readonly id: string | null;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
