import ky, { isNetworkError } from 'ky';
import { runInRoot } from '../lib/async-context.ts';
import { BrokenFetch } from './lasting-faults.ts';
import { isNodesOwn } from './native-fetch.ts';
import { NeverSent, neverConnected } from './never-connected.ts';
import { readBody } from './response-body.ts';
import type { Answer, Fetch, Outgoing, Sender } from './sender.ts';

// One attempt, whatever comes of it: the engine owns the only loop. ky's own time-out starts anew for
// the body, so `Attempt` has the time.
const http = ky.create({ retry: 0, throwHttpErrors: false, timeout: false });

/** Sends by ky over `fetch`; without one, over the global one. */
export function fetchSender(own: Fetch | undefined): Sender {
  return async (outgoing) => {
    const { signal } = outgoing;
    const held: Held = { request: undefined };
    const letGo = (): void => {
      held.request = undefined;
    };
    // So whoever can cut the attempt off holds it, should it never come to its end.
    signal.addEventListener('abort', letGo, { once: true });
    try {
      return await exchange({ own, outgoing, held });
    } finally {
      signal.removeEventListener('abort', letGo);
      letGo();
    }
  };
}

interface Exchange {
  readonly own: Fetch | undefined;
  readonly outgoing: Outgoing;
  readonly held: Held;
}

async function exchange({ own, outgoing, held }: Exchange): Promise<Answer> {
  const { url, told } = outgoing;
  const init = initOf(outgoing);
  // The global one is looked up each time: instrumentation and request mocks replace it late.
  const used = own === undefined ? globalThis.fetch : undefined;
  const ask = (): Promise<Response> =>
    own === undefined ? globalThis.fetch(url, init) : askWithRequest(own, url, init, held);
  const fetch = (): Promise<Response> => {
    try {
      return runInRoot(ask);
    } catch (error) {
      throw new BrokenFetch({ what: 'fetch threw', cause: error });
    }
  };
  // Nobody hears when fetch begins to send; of Node's own it is known afterwards if it never did.
  told.left();
  // ky would make a stream of the body, which fetch copies: a sixth of all the work of a request.
  // So ky knows only where it goes, and the token is in no error of ky's; `init` is what is sent.
  const response = await http(url, { method: init.method, fetch }).catch((error: unknown) => {
    const cause = isNetworkError(error) ? error.cause : error;
    throw isNodesOwn(used) && neverConnected(cause) ? new NeverSent(cause) : cause;
  });
  told.heard();
  return {
    kind: 'answer',
    status: statusOf(response),
    headers: headersOf(response.headers),
    ...(await readBody(response, outgoing)),
  };
}

function initOf({ body, headers, keepalive, signal }: Outgoing): Init {
  return {
    method: body === undefined ? 'GET' : 'POST',
    headers,
    ...(body !== undefined && { body }),
    signal,
    redirect: 'manual',
    // Bun makes a new connection for each request that has it as false.
    ...(keepalive && { keepalive }),
  };
}

/**
 * What an attempt holds until it is over: a Request that is collected does not follow its signal (Node).
 * And no longer: Node holds the signal for as long as the Request is there, so neither would ever go.
 */
interface Held {
  request: Request | undefined;
}

interface Init extends RequestInit {
  readonly method: 'GET' | 'POST';
  readonly signal: AbortSignal;
}

function askWithRequest(own: Fetch, url: string, init: Init, held: Held): Promise<Response> {
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
    throw new BrokenFetch({ what: 'fetch gave no Response', cause });
  }
  // A browser hides the status of a redirect that is not followed.
  return response?.type === 'opaqueredirect' ? 302 : status;
}

function headersOf(given: unknown): Answer['headers'] {
  const fields = Object(given);
  // Tests have plain objects, too.
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
