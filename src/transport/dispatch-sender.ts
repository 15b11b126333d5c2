/**
 * Sends as Node's own fetch does, by the global dispatcher, but without fetch's streams and objects
 * around it: half of the work of a request (docs/decisions/sender-on-node.md). Proxies, TLS agents and
 * mocks that are set with `setGlobalDispatcher` hold for it as they do for fetch.
 */
import { runInRoot } from '../internal/context.ts';
import { VERSION } from '../internal/version.ts';
import { isNodesOwn } from './nodes-own.ts';
import { Reception } from './reception.ts';
import type { Answer, Outgoing } from './sender.ts';

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

/** Sends by the dispatcher of the process, where there is one that `fetch` would use. */
export class DispatchSender {
  /** The fetch that was seen last, and whether it is the one that Node came with. */
  #fetch: unknown;
  #isFetchNodes = false;
  /** What was last seen in the older place while it stood for the newest, or for one to come. */
  #standIn: unknown = {};
  /** The URL that was asked for last: a client has few, and to read one costs more than a small call. */
  #url = '';
  #origin = '';
  #path = '';

  /**
   * Makes one exchange; undefined where requests would not go through the dispatcher: elsewhere than on
   * Node, and where `fetch` has been replaced, by a mock or by instrumentation.
   */
  send(outgoing: Outgoing): Promise<Answer> | undefined {
    const { fetch } = globalThis;
    if (fetch !== this.#fetch) {
      this.#fetch = fetch;
      this.#isFetchNodes = isNodesOwn(fetch);
    }
    const dispatcher = this.#isFetchNodes ? this.#dispatcher() : undefined;
    if (dispatcher === undefined) return undefined;
    const { url, headers, body } = outgoing;
    if (url !== this.#url) this.#read(url);
    const options: DispatchOptions = {
      origin: this.#origin,
      path: this.#path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...ownHeaders, ...headers },
      body: dispatcher.isMockActive ? asText(body) : (body ?? null),
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const reception = new Reception(outgoing);
    try {
      runInRoot(() => dispatcher.dispatch(options, reception));
    } catch (error) {
      reception.onError(error);
    }
    return reception.answer;
  }

  #read(url: string): void {
    const { origin, pathname, search } = new URL(url);
    this.#url = url;
    this.#origin = origin;
    this.#path = pathname + search;
  }

  /** The one that was set last. An undici that knows the newest place writes both, an older one its own. */
  #dispatcher(): Dispatcher | undefined {
    const newest: unknown = Reflect.get(globalThis, newestPlace);
    const older: unknown = Reflect.get(globalThis, olderPlace);
    const areBoth = newestPlace in globalThis && olderPlace in globalThis;
    if (!areBoth || older === newest || isWrapper(older)) this.#standIn = older;
    const latest = newestPlace in globalThis && older === this.#standIn ? newest : older;
    return isDispatcher(latest) ? latest : undefined;
  }
}

/** From undici 8 on, the older place has the newest in a wrapper, which holds it to HTTP/1.1. */
function isWrapper(value: unknown): boolean {
  return isDispatcher(value) && value.constructor?.name === 'Dispatcher1Wrapper';
}

function isDispatcher(value: unknown): value is Dispatcher {
  return typeof value === 'object' && value !== null && 'dispatch' in value;
}

/** A test matches the body, or makes an answer of it: to it, a request has a text. */
function asText(body: Outgoing['body']): string | null {
  return typeof body === 'object' ? new TextDecoder().decode(body) : (body ?? null);
}
