import { certificateCode } from './certificate-code.ts';

/** What a request rejects with that certainly was never sent, around what it failed with. */
export class NeverSent {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/**
 * Whether what Node's own `fetch` failed with says that there never was a connection: the name was not
 * found, nobody listens, or the certificate is not trusted. Then certainly nothing was sent.
 */
export function neverConnected(error: unknown): boolean {
  for (let one = error, depth = 0; one instanceof Error && depth < 4; one = one.cause, depth++) {
    // More than one address was tried.
    if (one instanceof AggregateError && one.errors.length > 0) {
      return one.errors.every((each) => isOfConnecting(each));
    }
    if (isOfConnecting(one)) return true;
  }
  return false;
}

function isOfConnecting(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const syscall: unknown = Reflect.get(error, 'syscall');
  const code: unknown = Reflect.get(error, 'code');
  return (
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    (typeof code === 'string' && certificateCode.test(code))
  );
}
