/**
 * Faults that repetition alone will hardly mend: somebody has to change an address, a certificate, a
 * mock or a `fetch`. They are waited out like any other, but told at once.
 */
import { certificateCode } from './certificate-code.ts';

/** No network is to blame, but the `fetch` itself: in few words, and what there is to show for it. */
export class BrokenFetch {
  readonly what: string;
  readonly cause: unknown;

  constructor({ what, cause }: BrokenFetch) {
    this.what = what;
    this.cause = cause;
  }
}

/** What undici says of a request that it would never send as it stands, or not any more. */
const unsendableCode = /^(ERR_INVALID_URL|UND_ERR_(INVALID_ARG|DESTROYED|CLOSED))$/;

/** What fetch says of an address that it refuses to ask; it has no codes for that. */
const unfetchable = /^(bad port|unknown scheme|invalid url)\b/i;

/** Whoever answers does not speak TLS: https: where http: is meant. */
const noTlsCode = /^(EPROTO|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;

/** What is wrong, in few words; undefined where it may pass by itself. */
export function lastingFaultOf(error: unknown): string | undefined {
  for (let one = error, depth = 0; one instanceof Error && depth < 4; one = one.cause, depth++) {
    const code = 'code' in one ? String(one.code) : '';
    if (certificateCode.test(code)) return 'the certificate is not trusted';
    if (noTlsCode.test(code)) return 'what answers does not speak TLS';
    if (code === 'UND_MOCK_ERR_MOCK_NOT_MATCHED') return 'no mock matches the request';
    if (unsendableCode.test(code)) return 'the request cannot be sent';
    if (unfetchable.test(one.message)) return 'the address cannot be fetched';
  }
  return undefined;
}
