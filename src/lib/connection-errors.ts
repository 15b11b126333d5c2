/** How deep a chain of errors is followed: what was caught, and what that goes back to. */
export const MAX_CAUSE_LEVELS = 3;

/** What a sender rejects with where it knows more of an error than the error itself tells. */
export class ConnectionTrouble {
  readonly cause: unknown;
  /** The request certainly was never sent. */
  readonly isUnsent: boolean;
  /** What is wrong with the `fetch` itself, in few words; then no network is to blame. */
  readonly trouble: string | undefined;

  constructor(cause: unknown, about: { isUnsent?: boolean; trouble?: string }) {
    this.cause = cause;
    this.isUnsent = about.isUnsent ?? false;
    this.trouble = about.trouble;
  }
}

/** Node's codes for certificates that it does not trust. Nothing is sent to such a server. */
export const certificateCode: RegExp =
  /^(CERT_|ERR_TLS_CERT|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH)/;

/** undici's codes for requests that it can never send, or can send no more. */
const unsendableCode = /^(ERR_INVALID_URL|UND_ERR_(INVALID_ARG|DESTROYED|CLOSED))$/;

/** The messages of fetch for addresses that it refuses; it has no codes for them. */
const unfetchable = /^(bad port|unknown scheme|invalid url)\b/i;

/** The server does not speak TLS: https: where http: is meant. */
const noTlsCode = /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;

/** What is wrong, in few words, where time alone will hardly mend it: an address, a certificate, a mock. */
export function lastingTroubleOf(error: unknown): string | undefined {
  for (const { code: word, message } of causesOf(error)) {
    const code = String(word);
    if (certificateCode.test(code)) return 'the certificate is not trusted';
    if (noTlsCode.test(code)) return 'what answers does not speak TLS';
    if (code === 'UND_MOCK_ERR_MOCK_NOT_MATCHED') return 'no mock matches the request';
    if (unsendableCode.test(code)) return 'the request cannot be sent';
    if (unfetchable.test(message)) return 'the address cannot be fetched';
  }
  return undefined;
}

/**
 * Whether an error of Node's own `fetch` says that there never was a connection, so that nothing was sent: no
 * address was found, the connection was refused, or the certificate is not trusted.
 */
export function neverConnected(error: unknown): boolean {
  for (const cause of causesOf(error)) {
    const { code, syscall } = cause;
    // Several addresses were tried.
    if (cause instanceof AggregateError && cause.errors.length > 0) {
      return cause.errors.every(neverConnected);
    }
    if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
    if (certificateCode.test(String(code))) return true;
  }
  return false;
}

/** Of the error or of what it goes back to, as fetch wraps it; only such words are safe to show. */
export function systemCodeOf(cause: unknown): string | undefined {
  return causesOf(cause)
    .map(({ code }) => String(code))
    .find((code) => /^[A-Z][A-Z0-9_]{2,40}$/.test(code));
}

/** An error and what it goes back to, from the outside in. */
export function causesOf(error: unknown): readonly CodedError[] {
  const causes: CodedError[] = [];
  for (let one = error; one instanceof Error && causes.length < MAX_CAUSE_LEVELS; one = one.cause) {
    causes.push(one);
  }
  return causes;
}

/** As Node's are. */
type CodedError = Error & { readonly code?: unknown; readonly syscall?: unknown };
