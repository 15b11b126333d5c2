import { ConnectionTrouble, certificateCode, systemCodeOf } from '../../lib/connection-errors.ts';
import type { Deployment } from '../../recordings/calls/recorded-calls.ts';
import { isToken, isTooShort, MIN_TOKEN_LENGTH, TOKEN } from '../../transport/api-token.ts';
import { DEFAULT_API_URL, readApiUrl } from '../../transport/api-url.ts';
import { isSuccess } from '../../transport/bulk-transport.ts';
import { fetchSender } from '../../transport/fetch-sender.ts';
import { maxAnswerBytes, parsedBody } from '../../transport/response-body.ts';
import { sdkHeader } from '../../transport/sdk-header.ts';
import type { CommandContext } from '../command/command.ts';
import { wrongUsage } from '../command/failures-exit-codes.ts';
import { bytes } from '../terminal/figures.ts';

/** An answer, of the API or of something else at its address; or why there was none. */
export type ApiExchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Undefined where it is no JSON. */
      readonly body: unknown;
      readonly ms: number;
    }
  | { readonly kind: 'silence'; readonly reason: string };

const API_TIMEOUT_MS = 10_000;
const sendRequest = fetchSender(undefined);

/**
 * One attempt at a request, below the client and its queue. Never rejects.
 *
 * @param timeoutMs Until the end of the answer.
 */
export async function exchange(
  { apiUrl, apiToken }: Account,
  path: string,
  body?: unknown,
  timeoutMs: number = API_TIMEOUT_MS,
): Promise<ApiExchange> {
  const start = performance.now();
  const signal = AbortSignal.timeout(timeoutMs);
  let isAnswered = false;
  try {
    const response = await sendRequest({
      url: apiUrl + path,
      headers: {
        authorization: `Bearer ${apiToken}`,
        accept: 'application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...sdkHeader([]),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      keepalive: false,
      progress: {
        left() {},
        heard() {
          isAnswered = true;
        },
      },
    });
    if (!response.isWhole) {
      return { kind: 'silence', reason: `an answer of more than ${bytes(maxAnswerBytes)}` };
    }
    const ms = performance.now() - start;
    return { kind: 'answer', status: response.status, body: parsedBody(response), ms };
  } catch (error) {
    if (!signal.aborted) {
      // Only a code such as ECONNREFUSED: a message could contain the token.
      const code = systemCodeOf(error instanceof ConnectionTrouble ? error.cause : error);
      return { kind: 'silence', reason: code ?? 'the connection failed' };
    }
    const missing = isAnswered ? 'no end of its answer' : 'no answer';
    return { kind: 'silence', reason: `${missing} in ${timeoutMs / 1_000} s` };
  }
}

/** Where the API is, and who asks. */
export interface Account {
  readonly apiUrl: string;
  readonly apiToken: string;
}

/**
 * The API's address and the token, from `--api-url` and the environment.
 *
 * @throws {CommandFailure} when one is missing or cannot be used.
 */
export function readAccount(
  command: string,
  givenUrl: string | undefined,
  env: CommandContext['env'],
): Account {
  const wrong = (sentence: string): Error => wrongUsage(command, sentence);
  const from = givenUrl === undefined ? 'PREFACTOR_API_URL' : '--api-url';
  const read = readApiUrl(givenUrl ?? (env['PREFACTOR_API_URL'] || DEFAULT_API_URL), false);
  if ('problem' in read) throw wrong(`${from} ${read.problem}.`);
  const apiToken = env['PREFACTOR_API_TOKEN'] ?? '';
  if (apiToken === '') throw wrong('The environment variable PREFACTOR_API_TOKEN is not set.');
  if (!isToken(apiToken)) throw wrong(`PREFACTOR_API_TOKEN must be ${TOKEN}.`);
  if (isTooShort(apiToken, read.url, undefined)) {
    throw wrong(`PREFACTOR_API_TOKEN must have at least ${MIN_TOKEN_LENGTH} characters.`);
  }
  return { apiUrl: read.url, apiToken };
}

/** What an account's token registers runs for; a deployment's token names it itself. */
export function deploymentOf(env: CommandContext['env']): Deployment {
  return {
    agent_id: env['PREFACTOR_AGENT_ID'] || undefined,
    environment_id: env['PREFACTOR_ENVIRONMENT_ID'] || undefined,
  };
}

/** A success without JSON. What the API answers to a ping is unknown, but it would be JSON. */
export function isPage(answer: ApiExchange): boolean {
  if (answer.kind === 'silence' || !isSuccess(answer.status)) return false;
  return typeof answer.body !== 'object' || answer.body === null;
}

/** Why nothing can be sent, as the answer to a ping tells it; undefined where all is well. */
export function pingProblem({ apiUrl }: Account, answer: ApiExchange): string | undefined {
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
