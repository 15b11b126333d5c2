// The codes of the API's errors, a closed list (docs/internals/api.md, "Error codes"), and the outputs that have them.

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

/** The error of an item. */
export interface ItemError {
  /**
   * Any word. Those of the API are a closed list, and the emulator says no other by itself.
   * @default 'validation_errors'
   */
  readonly code?: string;
  readonly message?: string;
  /** What is wrong, by field. @default the message under `base` with `validation_errors`, else none */
  readonly errors?: unknown;
  /** Milliseconds before which the item is not to come back. @default 1000 with `rate_limited`, else none */
  readonly retryAfterMs?: number;
}

// Only some of 400, 401, 404, 409, 422 and 429 were seen; the rest is guessed by the names. The first code of a status
// is the one that is used where only the status is known.
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['bad_request', 400],
  ['bad_authtoken', 401],
  ['not_authenticated', 401],
  ['not_permitted', 403],
  ['not_found', 404],
  ['alert_unknown', 404],
  ['invalid_action', 409],
  ['idempotency_key_already_used', 409],
  ['alert_already_cleared', 409],
  ['validation_errors', 422],
  ['invalid_value', 422],
  ['required_value', 422],
  ['unexpected_ref_type', 422],
  ['rate_limited', 429],
  ['unexpected', 500],
  ['unknown', 500],
  ['not_implemented', 501],
  ['temporarily_unavailable', 503],
]);

export function isListedCode(code: string): boolean {
  return STATUSES.has(code);
}

/** The status of a single endpoint's error; 400 for a code that is not on the list. */
export function statusOfCode(code: string): number {
  return STATUSES.get(code) ?? 400;
}

export function codeOfStatus(status: number): string {
  for (const [code, its] of STATUSES) if (its === status) return code;
  return status >= 500 ? 'unexpected' : 'bad_request';
}

/** With the fields that the code requires: `errors`, `retry_after_ms`. */
export function errorOutput(
  code: string,
  message: string,
  details: { readonly errors?: unknown; readonly retryAfterMs?: number | undefined } = {},
): ErrorOutput {
  const errors = details.errors ?? (code === 'validation_errors' ? { base: [message] } : undefined);
  const waitMs = details.retryAfterMs ?? (code === 'rate_limited' ? 1_000 : undefined);
  return {
    status: 'error',
    code,
    message,
    ...(errors !== undefined && { errors }),
    ...(waitMs !== undefined && { retry_after_ms: waitMs }),
  };
}

/** The error that a test asked for, completed from `standard`. */
export function errorLike(error: ItemError, standard: ErrorOutput): ErrorOutput {
  const { code = standard.code, message = standard.message, errors, retryAfterMs } = error;
  const isStandard = code === standard.code && message === standard.message;
  return errorOutput(code, message, {
    errors: errors ?? (isStandard ? standard.errors : undefined),
    retryAfterMs,
  });
}

/**
 * The body for a request that was refused as a whole (docs/internals/api.md, "Error body"). There the nested code is
 * `required`, a mock's word that is not of the list; so `required_value` stands for it.
 */
export function requestNotValid(field: string, code: string, message: string): ErrorOutput {
  const errors = { [field]: { status: 'error', code, message } };
  return errorOutput('validation_errors', 'Request is not valid', { errors });
}
