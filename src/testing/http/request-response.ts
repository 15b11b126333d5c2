// HTTP as the emulator sees it, be it by `fetch` or by a socket.

export interface EmulatedRequest {
  readonly method: string;
  /** Absolute. Any origin will do: only path and query are read. */
  readonly url: URL;
  header(name: string): string | null;
  /** Of a body that is longer than `bodyBound`, only the beginning, which is longer, too. */
  readonly body: Uint8Array;
  readonly signal: AbortSignal | undefined;
}

export type ResponseHeaders = Readonly<Record<string, string>>;

export type EmulatedResponse =
  | FullResponse
  /** The connection ends before any byte of an answer. */
  | { readonly kind: 'drop' }
  /** The connection ends in the middle of the body. */
  | (EmulatedResponseHead & { readonly kind: 'cut'; readonly body: string })
  /** The body repeats `chunk` until it is cancelled. */
  | (EmulatedResponseHead & { readonly kind: 'endless'; readonly chunk: string });

interface EmulatedResponseHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
}

export type FullResponse = EmulatedResponseHead & { readonly kind: 'full'; readonly body: string };

export function isRedirect(answer: EmulatedResponse): boolean {
  return (
    answer.kind === 'full' &&
    [301, 302, 303, 307, 308].includes(answer.status) &&
    answer.headers['location'] !== undefined
  );
}

export function jsonResponse(
  status: number,
  body: unknown,
  headers: ResponseHeaders = {},
): FullResponse {
  return textResponse(status, JSON.stringify(body), headers);
}

/** The same, of a JSON text. */
export function textResponse(
  status: number,
  body: string,
  headers: ResponseHeaders = {},
): FullResponse {
  return {
    kind: 'full',
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
  };
}
