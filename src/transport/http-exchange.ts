/** Follows how far a request has come. */
export interface ExchangeListener {
  /** Called once the server may get something of it. */
  left(): void;
  /** Called when bytes of the response come, its headers included. */
  heard(): void;
}

/** A request, ready to be sent. */
export interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent by POST; without one, the request is a GET. */
  readonly body: Uint8Array<ArrayBuffer> | string | undefined;
  /** Cuts the exchange off. */
  readonly signal: AbortSignal;
  /** It outlives the page. */
  readonly keepalive: boolean;
  readonly progress: ExchangeListener;
}

/** A response of any status, read in full. */
export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly text: string;
  /** False: it is larger than the bound, and `text` is only its beginning. */
  readonly isWhole: boolean;
}

/**
 * Makes one exchange. No redirect is followed: it would carry the token to wherever it points. Rejects
 * with what broke the connection.
 */
export type Sender = (request: OutgoingRequest) => Promise<HttpResponse>;
