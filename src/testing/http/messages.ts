// A request and a response of HTTP, as `fetch` and the server hand them in and on.

/** A request, as `fetch` and the server hand it in. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute; only path and query are looked at, so that any origin will do. */
  readonly url: URL;
  header(name: string): string | null;
  /** Whole, or, if it is longer than the bound that it was read with, longer than that. */
  readonly body: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

/** What goes back; `fetch` makes a `Response` of it, the server bytes on a socket. */
export type HttpResponse =
  | FullResponse
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

export type FullResponse = Head & { readonly kind: 'full'; readonly body: string };

/** What answers requests, behind `fetch` and behind the server. */
export interface Backend {
  readonly handle: (request: HttpRequest) => Promise<HttpResponse>;
  readonly watch: BodyWatch;
  /** How much of a body is read. */
  readonly bodyBound: number;
}

/** Hears of endless bodies. */
export interface BodyWatch {
  opened(): void;
  /** Exactly once for each that was opened; `exhausted` when nobody had bounded it. */
  closed(exhausted: boolean): void;
}

export function jsonResponse(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): FullResponse {
  return textResponse(status, JSON.stringify(body), headers);
}

/** An answer whose JSON text exists already. */
export function textResponse(
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): FullResponse {
  return {
    kind: 'full',
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
  };
}
