import ky, { isNetworkError } from 'ky';
import { sendInRoot } from '../lib/async-context.ts';
import { ConnectionTrouble, neverConnected } from '../lib/connection-errors.ts';
import { globalFetch } from '../lib/wrapped-fetch.ts';
import type { HttpResponse, OutgoingRequest, Sender } from './http-exchange.ts';
import { readBody } from './response-body.ts';
import { isNodeFetch } from './undici-sender.ts';

/**
 * What sends a request. It is called with a `Request`, and with an `init` that says the same, for the fetch of a
 * package that knows no `Request` but its own. Of what it gives, `status` is needed, and a body to be read: a
 * stream, `text()` or `json()`.
 */
export type Fetch = (request: Request, init?: RequestInit) => Promise<Response>;

// One attempt, whatever comes of it: the engine owns the only loop. ky's own time-out starts anew for
// the body, so `Attempt` has the time.
const kyOnce = ky.create({ retry: 0, throwHttpErrors: false, timeout: false });

/** Sends by ky over `fetch`; without one, over the global one. */
export function fetchSender(own: Fetch | undefined): Sender {
  return async (outgoing) => {
    const { signal } = outgoing;
    const held: HeldRequest = { request: undefined };
    const letGo = (): void => {
      held.request = undefined;
    };
    // The signal's owner holds the Request through this listener, even if the exchange never ends.
    signal.addEventListener('abort', letGo, { once: true });
    try {
      return await exchange(own, outgoing, held);
    } finally {
      signal.removeEventListener('abort', letGo);
      letGo();
    }
  };
}

/**
 * Holds the Request of an attempt until that is over, since Node does not abort a Request that was collected;
 * and no longer, since Node holds the signal for as long as the Request is there, so neither would ever go.
 */
interface HeldRequest {
  request: Request | undefined;
}

async function exchange(
  own: Fetch | undefined,
  outgoing: OutgoingRequest,
  held: HeldRequest,
): Promise<HttpResponse> {
  const { url, progress } = outgoing;
  const init = initOf(outgoing);
  // The global one is looked up each time: instrumentation and request mocks replace it late.
  const used = own === undefined ? globalFetch() : undefined;
  const ask = (): Promise<Response> =>
    own === undefined ? globalFetch()(url, init) : askWithRequest(own, url, init, held);
  const fetch = (): Promise<Response> => {
    try {
      return sendInRoot(ask);
    } catch (error) {
      throw new ConnectionTrouble(error, { trouble: 'fetch threw' });
    }
  };
  // fetch does not tell when it begins to send; an error of Node's own may tell that it never did.
  progress.left();
  // ky would make a stream of the body, which fetch copies: a sixth of all the work of a request.
  // So ky knows only where it goes, and the token is in no error of ky's; `init` is what is sent.
  const response = await kyOnce(url, { method: init.method, fetch }).catch((error: unknown) => {
    const cause = isNetworkError(error) ? error.cause : error;
    const isUnsent = isNodeFetch(used) && neverConnected(cause);
    throw isUnsent ? new ConnectionTrouble(cause, { isUnsent }) : cause;
  });
  progress.heard();
  return {
    kind: 'response',
    status: statusOf(response),
    headers: readableHeaders(response.headers),
    ...(await readBody(response, outgoing)),
  };
}

function initOf({ body, headers, keepalive, signal }: OutgoingRequest) {
  return {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body !== undefined && { body }),
    signal,
    redirect: 'manual' as const,
    // Bun makes a new connection for each request that has it as false.
    ...(keepalive && { keepalive }),
  };
}

function askWithRequest(
  own: Fetch,
  url: string,
  init: RequestInit,
  held: HeldRequest,
): Promise<Response> {
  const request = new Request(url, init);
  held.request = request;
  // The fetch of a package knows no Request but its own. To it, this one is as good as its URL, and the
  // rest is beside it; the headers are the same object, so that one that is set on the Request counts.
  Object.defineProperty(request, 'toString', { value: () => url });
  return own(request, { ...init, headers: request.headers });
}

/** ky passes on whatever a user's fetch gives. */
function statusOf(response: Partial<Response> | undefined): number {
  const status = response?.status;
  if (typeof status !== 'number') {
    const cause = new TypeError('fetch has to give a Response, which has a status.');
    throw new ConnectionTrouble(cause, { trouble: 'fetch gave no Response' });
  }
  // A browser hides the status of a redirect that is not followed.
  return response?.type === 'opaqueredirect' ? 302 : status;
}

/** A `Headers`, or the plain object that some tests give. */
function readableHeaders(given: unknown): HttpResponse['headers'] {
  const fields = Object(given);
  const read =
    typeof fields.get === 'function'
      ? (name: string): unknown => fields.get(name)
      : (name: string): unknown =>
          Object.entries(fields).find((field) => field[0].toLowerCase() === name)?.[1];
  return {
    get: (name) => {
      const value = read(name);
      return value === undefined || value === null ? null : String(value);
    },
  };
}
