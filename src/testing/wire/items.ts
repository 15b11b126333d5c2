/// <reference lib="esnext.disposable" preserve="true" />
// Shapes that travel: what a request and an answer look like. All of it restates docs/internals/api.md by hand. Nothing
// is shared with the client: a field that both misread would otherwise go unnoticed.

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

/** A request, as `fetch` and the server hand it in. */
export interface Incoming {
  readonly method: string;
  /** Absolute; only path and query are looked at, so that any origin will do. */
  readonly url: URL;
  header(name: string): string | null;
  /** Whole, or, if it is longer than the bound that it was read with, longer than that. */
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
