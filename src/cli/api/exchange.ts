import { fetchSender } from '../../transport/fetch-sender.ts';
import { maxAnswerBytes } from '../../transport/response-body.ts';
import { sdkHeader } from '../../transport/sdk-header.ts';
import { bytes } from '../terminal/figures.ts';
import type { Account } from './account.ts';

/** An answer, of the API or of something else at its address; or why there was none. */
export type Exchange =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Undefined where it is no JSON. */
      readonly body: unknown;
      readonly ms: number;
    }
  | { readonly kind: 'silence'; readonly reason: string };

const TIMEOUT_MS = 10_000;
const send = fetchSender(undefined);

/**
 * One attempt at a request, below the client and its queue. Never rejects.
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
  const signal = AbortSignal.timeout(timeoutMs);
  let isAnswered = false;
  try {
    const { status, text, isWhole } = await send({
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
    if (!isWhole) {
      return { kind: 'silence', reason: `an answer of more than ${bytes(maxAnswerBytes)}` };
    }
    return { kind: 'answer', status, body: parsed(text), ms: performance.now() - start };
  } catch (error) {
    if (!signal.aborted) return { kind: 'silence', reason: codeOf(error) };
    const missing = isAnswered ? 'no end of its answer' : 'no answer';
    return { kind: 'silence', reason: `${missing} in ${timeoutMs / 1_000} s` };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Only a code such as ECONNREFUSED: a message could contain the token. */
function codeOf(error: unknown): string {
  for (let at = error; typeof at === 'object' && at !== null; at = Reflect.get(at, 'cause')) {
    if ('code' in at && typeof at.code === 'string') return at.code;
  }
  return 'the connection failed';
}
