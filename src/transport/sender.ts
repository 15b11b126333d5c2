/**
 * What sends a request. It is called with a `Request`, and with an `init` that says the same, for the fetch of a
 * package that knows no `Request` but its own. Of what it gives, `status` is needed, and a body to be read: a
 * stream, `text()` or `json()`.
 */
export type Fetch = (request: Request, init?: RequestInit) => Promise<Response>;

/** Who is told how far a request has come. */
export interface Told {
  /** To be called once it can no longer be ruled out that the server gets something of it. */
  left(): void;
  /** To be called when bytes of the answer come, those of its headers included. */
  heard(): void;
}

/** A request, ready to leave. */
export interface Outgoing {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST; without one, the request is a GET. */
  readonly body: Uint8Array<ArrayBuffer> | string | undefined;
  /** Ends the exchange, at the latest when the body of the answer has been read. */
  readonly signal: AbortSignal;
  /** It outlives the page. */
  readonly keepalive: boolean;
  readonly told: Told;
}

/** An answer of any status, read in full. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
  /** False: it is larger than what is read of one, and `text` is only its beginning. */
  readonly isWhole: boolean;
}

/**
 * One exchange, once. No redirect is followed: it would carry the token to wherever it points. Rejects
 * with what broke the connection.
 */
export type Sender = (outgoing: Outgoing) => Promise<Answer>;
