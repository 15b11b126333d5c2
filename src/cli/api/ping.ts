import { certificateCode } from '../../transport/connection-errors.ts';
import type { Account } from './account.ts';
import type { Exchange } from './exchange.ts';
import { exchange } from './exchange.ts';

export function ping(account: Account): Promise<Exchange> {
  return exchange(account, '/api/v1/ping');
}

/** A success without JSON. What the API answers to a ping is unknown, but it would be JSON. */
export function isPage(answer: Exchange): boolean {
  if (answer.kind === 'silence' || !isSuccess(answer.status)) return false;
  return typeof answer.body !== 'object' || answer.body === null;
}

/** Why nothing can be sent, as the answer to a ping tells it; undefined where all is well. */
export function pingProblem({ apiUrl }: Account, answer: Exchange): string | undefined {
  if (answer.kind === 'silence') {
    return certificateCode.test(answer.reason)
      ? `The certificate of ${apiUrl} is not trusted (${answer.reason}). Is the URL right? NODE_EXTRA_CA_CERTS names a file with an authority of your own.`
      : `There is no usable answer at ${apiUrl} (${answer.reason}). Is the API's URL right, and the network up?`;
  }
  const { status } = answer;
  if (isPage(answer)) {
    return `What answers at ${apiUrl} is not the Prefactor API (${status} to a ping, without JSON). Is the URL right?`;
  }
  if (isSuccess(status)) return undefined;
  if (status === 401 || status === 403) {
    return `The API at ${apiUrl} refuses the token (${status}). Is PREFACTOR_API_TOKEN the one of this API, and not suspended?`;
  }
  if (status === 429 || status >= 500) {
    return `The API at ${apiUrl} is not able to answer now (${status}). Try it again later.`;
  }
  return `What answers at ${apiUrl} is not the Prefactor API (${status} to a ping). Is the URL right?`;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
