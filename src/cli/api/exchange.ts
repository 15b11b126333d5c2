import ky from 'ky';
import { VERSION } from '../../lib/version.ts';
import { DEFAULT_API_URL, readApiUrl } from '../../transport/api-url.ts';
import { certificateCode } from '../../transport/certificate-code.ts';
import { isToken, TOKEN } from '../../transport/header-fields.ts';
import { isTooShort, MIN_TOKEN_LENGTH } from '../../transport/short-token.ts';
import { wrongUsage } from '../command/arguments.ts';
import { CommandFailure } from '../command/failure.ts';
import { bytes } from '../terminal/figures.ts';

/** Where the API is, and who asks. */
export interface Account {
  readonly apiUrl: string;
  readonly apiToken: string;
}

/** What the API, or whoever is there in its place, answered; or why there is no answer. */
export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: unknown;
      readonly ms: number;
    }
  | { readonly kind: 'silence'; readonly reason: string };

const TIMEOUT_MS = 10_000;
/** Of an answer; as much as the client reads. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The API's address and the token, of the option and the environment.
 *
 * @throws {CommandFailure} when one is missing or cannot be used.
 */
export function readAccount(
  command: string,
  givenUrl: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Account {
  const from = givenUrl === undefined ? 'PREFACTOR_API_URL' : '--api-url';
  const read = readApiUrl(givenUrl ?? (env['PREFACTOR_API_URL'] || DEFAULT_API_URL), false);
  if ('problem' in read) throw wrongUsage(command, `${from} ${read.problem}.`);
  const apiToken = env['PREFACTOR_API_TOKEN'];
  if (apiToken === undefined || apiToken === '') {
    throw wrongUsage(command, 'The environment variable PREFACTOR_API_TOKEN is not set.');
  }
  // The message of whoever refuses it later could repeat it.
  if (!isToken(apiToken)) {
    throw wrongUsage(command, `PREFACTOR_API_TOKEN must be ${TOKEN}.`);
  }
  if (isTooShort(apiToken, read.url, undefined)) {
    throw wrongUsage(
      command,
      `PREFACTOR_API_TOKEN must have at least ${MIN_TOKEN_LENGTH} characters.`,
    );
  }
  return { apiUrl: read.url, apiToken };
}

/**
 * One request below the client: without a queue, and once. Never rejects.
 *
 * @param timeoutMs Until the end of the answer.
 */
export async function exchange(
  { apiUrl, apiToken }: Account,
  path: string,
  body?: unknown,
  timeoutMs: number = TIMEOUT_MS,
): Promise<Exchange> {
  const start = performance.now();
  const ended = new AbortController();
  const timer = setTimeout(() => ended.abort(), timeoutMs);
  let isAnswered = false;
  try {
    const response = await ky(apiUrl + path, {
      ...(body !== undefined && { method: 'post', json: body }),
      headers: {
        authorization: `Bearer ${apiToken}`,
        accept: 'application/json',
        'x-prefactor-sdk': `prefactor-autobatch@${VERSION}`,
      },
      retry: 0,
      timeout: false,
      signal: ended.signal,
      redirect: 'manual',
      throwHttpErrors: false,
    });
    isAnswered = true;
    const answer = await readText(response);
    if (answer === undefined) {
      return { kind: 'silence', reason: `an answer of more than ${bytes(MAX_BYTES)}` };
    }
    const ms = performance.now() - start;
    return { kind: 'answer', status: response.status, body: parsed(answer), ms };
  } catch (error) {
    if (!ended.signal.aborted) return { kind: 'silence', reason: codeOf(error) };
    const reason = `${isAnswered ? 'no end of its answer' : 'no answer'} in ${timeoutMs / 1_000} s`;
    return { kind: 'silence', reason };
  } finally {
    clearTimeout(timer);
  }
}

/** The body; undefined where there is too much of it. */
async function readText({ body }: Response): Promise<string | undefined> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  // To leave the loop cancels the body, and so its connection.
  for await (const chunk of body) {
    length += chunk.length;
    if (length > MAX_BYTES) return undefined;
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/**
 * Asks whether the API takes the token.
 *
 * @throws {CommandFailure} when it does not, or nothing answers.
 */
export async function checkAccount(account: Account): Promise<void> {
  const problem = problemOf(account, await exchange(account, '/api/v1/ping'));
  if (problem !== undefined) throw new CommandFailure(problem);
}

/** What a ping says is not known, but the API would say it in JSON. */
export function isPage(ping: Exchange): boolean {
  if (ping.kind === 'silence' || ping.status < 200 || ping.status > 299) return false;
  return typeof ping.body !== 'object' || ping.body === null;
}

/** What an answer to a ping says against sending anything. */
export function problemOf({ apiUrl }: Account, ping: Exchange): string | undefined {
  if (ping.kind === 'silence' && certificateCode.test(ping.reason)) {
    return `The certificate of ${apiUrl} is not trusted (${ping.reason}). Is the URL right? NODE_EXTRA_CA_CERTS names a file with an authority of your own.`;
  }
  if (ping.kind === 'silence') {
    return `There is no usable answer at ${apiUrl} (${ping.reason}). Is the API's URL right, and the network up?`;
  }
  const { status } = ping;
  if (isPage(ping)) {
    return `What answers at ${apiUrl} is not the Prefactor API (${status} to a ping, without JSON). Is the URL right?`;
  }
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) {
    return `The API at ${apiUrl} refuses the token (${status}). Is PREFACTOR_API_TOKEN the one of this API, and not suspended?`;
  }
  if (status === 429 || status >= 500) {
    return `The API at ${apiUrl} is not able to answer now (${status}). Try it again later.`;
  }
  return `What answers at ${apiUrl} is not the Prefactor API (${status} to a ping). Is the URL right?`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only a code such as ECONNREFUSED: a message could hold what was sent. */
function codeOf(error: unknown): string {
  let at: unknown = error;
  while (at instanceof Error) {
    if ('code' in at && typeof at.code === 'string') return at.code;
    at = at.cause;
  }
  return 'the connection failed';
}
