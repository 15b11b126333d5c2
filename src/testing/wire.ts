// Shapes that travel: what a request and an answer look like, and which HTTP status a code has.
// All of it restates wire.md by hand. Nothing is shared with the client: a field that both misread
// would otherwise go unnoticed.

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

/** Says whether the run was ended from outside (wire.md 5). */
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

/** The error body; `errors` only for detailed errors (wire.md 6.1). */
export interface ErrorOutput {
  readonly status: 'error';
  readonly code: string;
  readonly message: string;
  readonly errors?: unknown;
}

export type Output = SuccessOutput | ErrorOutput;

/** A request, as `fetch` and the server hand it in. */
export interface Incoming {
  readonly method: string;
  /** Absolute; only path and query are looked at, so that any origin will do. */
  readonly url: URL;
  header(name: string): string | null;
  readonly body: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

/** What goes back; `fetch` makes a `Response` of it, the server bytes on a socket. */
export type Answer =
  | FullAnswer
  /** The connection ends before any byte of an answer. */
  | { readonly kind: 'drop' }
  /** The connection ends in the middle of the body. */
  | (Head & { readonly kind: 'cut'; readonly body: string })
  /** The body repeats `chunk` until somebody cancels it. */
  | (Head & { readonly kind: 'endless'; readonly chunk: string });

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export type FullAnswer = Head & { readonly kind: 'full'; readonly body: string };

/** A running server, see `Emulator.listen`. */
export interface EmulatorServer {
  /** Origin without a trailing slash, such as `http://127.0.0.1:49152`: the client's `apiUrl`. */
  readonly url: string;
  readonly port: number;
  /** Ends all connections, also those with a request in flight, and stops listening. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function errorOutput(code: string, message: string, errors?: unknown): ErrorOutput {
  return errors === undefined
    ? { status: 'error', code, message }
    : { status: 'error', code, message, errors };
}

// wire.md 6.1. Which status goes with which code of the API's list is unknown, but for 400 to 422.
// `conflict` (an id used twice), `unauthorized`, those of 405 to 425 and that of 502 are on no list: they
// are our own words.
const STATUS_OF_CODE: ReadonlyMap<string, number> = new Map([
  ['bad_request', 400],
  ['bad_authtoken', 401],
  ['unauthorized', 403],
  ['not_found', 404],
  ['conflict', 409],
  ['invalid_action', 409],
  ['validation_errors', 422],
  ['method_not_allowed', 405],
  ['request_timeout', 408],
  ['payload_too_large', 413],
  ['unsupported_media_type', 415],
  ['too_early', 425],
  ['rate_limited', 429],
  ['unexpected', 500],
  ['bad_gateway', 502],
  ['temporarily_unavailable', 503],
]);

const CODE_OF_STATUS: ReadonlyMap<number, string> = new Map(
  [...STATUS_OF_CODE]
    .filter(([code]) => code !== 'conflict')
    .map(([code, status]): [number, string] => [status, code]),
);

/** The status of a single endpoint's error answer; 400 for a code that we do not know. */
export function statusOfCode(code: string): number {
  return STATUS_OF_CODE.get(code) ?? 400;
}

export function codeOfStatus(status: number): string {
  return CODE_OF_STATUS.get(status) ?? (status >= 500 ? 'unexpected' : 'bad_request');
}

/** The body for a bulk request that was refused as a whole (wire.md 11.3). */
export function requestNotValid(
  field: string,
  code: string,
  message: string,
): ErrorOutput & { readonly errors: unknown } {
  return {
    status: 'error',
    code: 'validation_errors',
    message: 'Request is not valid',
    errors: { [field]: { status: 'error', code, message } },
  };
}

export function jsonAnswer(
  status: number,
  output: Output,
  headers: Readonly<Record<string, string>> = {},
): FullAnswer {
  return textAnswer(status, JSON.stringify(output), headers);
}

/** An answer whose JSON text exists already. */
export function textAnswer(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): FullAnswer {
  return {
    kind: 'full',
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
  };
}
