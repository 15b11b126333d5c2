/**
 * Sends as Node's own fetch does, by the global dispatcher, but without fetch's streams and objects
 * around it: half of the work of a request (docs/decisions/sender-on-node.md). Proxies, TLS agents and
 * mocks that are set with `setGlobalDispatcher` hold for it as they do for fetch.
 */
import { runInRoot } from '../internal/context.ts';
import { VERSION } from '../internal/version.ts';
import { isNodesOwn } from './nodes-own.ts';
import { Reception } from './reception.ts';
import type { Answer, Outgoing, Sender } from './sender.ts';

/** What fetch would send by itself. */
const ownHeaders = { 'accept-encoding': 'gzip', 'user-agent': `prefactor-autobatch/${VERSION}` };

interface Dispatcher {
  dispatch(options: DispatchOptions, handler: object): boolean;
  /** That of undici's mocks. */
  readonly isMockActive?: boolean;
}

interface DispatchOptions {
  readonly origin: string;
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | string | null;
  /** Off: the attempt has its time-out. */
  readonly headersTimeout: 0;
  readonly bodyTimeout: 0;
}

/** Where undici keeps the dispatcher of the process, Node's own undici among them: from 7.29 on, and before. */
const newestPlace = Symbol.for('undici.globalDispatcher.2');
const olderPlace = Symbol.for('undici.globalDispatcher.1');

/** What was last seen in the older place while it stood for the newest, or for one to come. */
let standIn: unknown = {};

/**
 * A sender over the global dispatcher; undefined where requests would not go through it: elsewhere
 * than on Node, and where `fetch` has been replaced, by a mock or by instrumentation.
 */
export function dispatchSender(): Sender | undefined {
  const dispatcher = isNodesOwn(globalThis.fetch) ? globalDispatcher() : undefined;
  return dispatcher && ((outgoing) => exchange(dispatcher, outgoing));
}

/** The one that was set last. An undici that knows the newest place writes both, an older one its own. */
function globalDispatcher(): Dispatcher | undefined {
  const newest: unknown = Reflect.get(globalThis, newestPlace);
  const older: unknown = Reflect.get(globalThis, olderPlace);
  const areBoth = newestPlace in globalThis && olderPlace in globalThis;
  if (!areBoth || older === newest || isWrapper(older)) standIn = older;
  const latest = newestPlace in globalThis && older === standIn ? newest : older;
  return isDispatcher(latest) ? latest : undefined;
}

/** From undici 8 on, the older place has the newest in a wrapper, which holds it to HTTP/1.1. */
function isWrapper(value: unknown): boolean {
  return isDispatcher(value) && value.constructor?.name === 'Dispatcher1Wrapper';
}

function isDispatcher(value: unknown): value is Dispatcher {
  return typeof value === 'object' && value !== null && 'dispatch' in value;
}

/** Of the URL that was asked for last: a client has few, and to read one costs more than a small call. */
let parts = { url: '', origin: '', path: '' };

function partsOf(url: string): { readonly origin: string; readonly path: string } {
  if (url !== parts.url) {
    const { origin, pathname, search } = new URL(url);
    parts = { url, origin, path: pathname + search };
  }
  return parts;
}

function exchange(dispatcher: Dispatcher, outgoing: Outgoing): Promise<Answer> {
  const { url, headers, body, signal } = outgoing;
  const { origin, path } = partsOf(url);
  const options: DispatchOptions = {
    origin,
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...ownHeaders, ...headers },
    body: dispatcher.isMockActive ? asText(body) : (body ?? null),
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  return new Promise((resolve, reject) => {
    const reception = new Reception(signal, outgoing, resolve, reject);
    try {
      runInRoot(() => dispatcher.dispatch(options, reception));
    } catch (error) {
      reception.onError(error);
    }
  });
}

/** A test matches the body, or makes an answer of it: to it, a request has a text. */
function asText(body: Outgoing['body']): string | null {
  return typeof body === 'object' ? new TextDecoder().decode(body) : (body ?? null);
}
