import ky, { isNetworkError } from 'ky';
import { runInRoot } from '../internal/context.ts';
import type { Fetch } from '../options.ts';
import { readBody } from './body.ts';
import { BrokenFetch } from './lasting.ts';
import { NeverSent, neverConnected } from './never-connected.ts';
import { isNodesOwn } from './nodes-own.ts';
import type { Sender } from './sender.ts';

// One attempt, whatever comes of it: the engine owns the only loop. ky's own time-out starts anew for
// the body, so `withinLimits` has the time.
const http = ky.create({ retry: 0, throwHttpErrors: false, timeout: false });

/** Sends by ky over `fetch`; without one, over the global one. */
export function fetchSender(own: Fetch | undefined): Sender {
  const exchange = (url: string, init: RequestInit & { signal: AbortSignal }) => {
    // The global one is looked up each time: instrumentation and request mocks replace it late.
    if (own === undefined) return globalThis.fetch(url, init);
    let request: Request | undefined = new Request(url, init);
    // So whoever can cut it off holds it: a Request that is collected does not follow its signal (Node).
    const letGo = (): void => {
      request = undefined;
    };
    init.signal.addEventListener('abort', letGo, { once: true });
    return own(request);
  };
  return async ({ url, body, headers, signal, keepalive, heard, left }) => {
    const method = body === undefined ? 'GET' : 'POST';
    const rest = body === undefined ? {} : { body };
    const init = { method, headers, ...rest, signal, keepalive, redirect: 'manual' } as const;
    // ky would make a stream of the body, which fetch copies: a sixth of all the work of a request.
    // So ky knows only where it goes, and the token is in no error of ky's; `init` is what is sent.
    const isNodes = own === undefined && isNodesOwn(globalThis.fetch);
    // Nobody hears when fetch begins to send; of Node's own it is known afterwards if it never did.
    left();
    const fetch = (): Promise<Response> => {
      try {
        return runInRoot(() => exchange(url, init));
      } catch (error) {
        throw new BrokenFetch('fetch threw', error);
      }
    };
    const response = await http(url, { method, fetch }).catch((error: unknown) => {
      const cause = isNetworkError(error) ? error.cause : error;
      return Promise.reject(isNodes && neverConnected(cause) ? new NeverSent(cause) : cause);
    });
    heard();
    // ky passes on whatever a user's fetch gives.
    if (typeof response?.status !== 'number') {
      const error = new TypeError('The fetch option has to give a Response.');
      throw new BrokenFetch('fetch gave no Response', error);
    }
    return {
      kind: 'answer',
      // A browser hides the status of a redirect that is not followed.
      status: response.type === 'opaqueredirect' ? 302 : response.status,
      headers: response.headers,
      ...(await readBody(response, signal, heard)),
    };
  };
}
