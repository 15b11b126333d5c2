/**
 * Sends as Node's own fetch does, by the global dispatcher, but without fetch's streams and objects
 * around it: half of the work of a request (docs/decisions/sender-on-node.md). Proxies, TLS agents and
 * mocks that are set with `setGlobalDispatcher` hold for it as they do for fetch.
 */
import { sendInRoot } from '../lib/async-context.ts';
import { VERSION } from '../lib/version.ts';
import { globalFetch } from '../lib/wrapped-fetch.ts';
import type { HttpResponse, OutgoingRequest } from './http-exchange.ts';
import { bodyDecoder, gunzip, maxAnswerBytes, readBody } from './response-body.ts';

/** What fetch would send by itself. */
const undiciHeaders = { 'accept-encoding': 'gzip', 'user-agent': `prefactor-autobatch/${VERSION}` };

interface UndiciDispatcher {
  dispatch(options: object, handler: ResponseHandler): boolean;
  /** That of undici's mocks. */
  readonly isMockActive?: boolean;
}

/** Where undici keeps the dispatcher of the process, Node's own undici among them: from 7.29 on, and before. */
const newestPlace = Symbol.for('undici.globalDispatcher.2');
const olderPlace = Symbol.for('undici.globalDispatcher.1');

/** Sends by the dispatcher of the process, where there is one that `fetch` would use. */
export class UndiciSender {
  /** The global fetch that was seen last, and whether it is Node's own. */
  #fetch: unknown;
  #isNodeFetch = false;
  /** What the older place last held while that stood for the newest, or for one to come. */
  #standIn: unknown = {};
  /** The last URL, parsed: a client has few, and to parse one costs more than a small call. */
  #url = '';
  #origin = '';
  #path = '';

  /**
   * Makes one exchange; undefined where `fetch` would not use the dispatcher: on other runtimes, and where it
   * has been replaced, by a mock or by instrumentation.
   */
  send(outgoing: OutgoingRequest): Promise<HttpResponse> | undefined {
    const dispatcher = this.#seesNodeFetch() ? this.#dispatcher() : undefined;
    if (dispatcher === undefined) return undefined;
    const { url, headers, body } = outgoing;
    if (url !== this.#url) {
      const { origin, pathname, search } = new URL(url);
      this.#url = url;
      this.#origin = origin;
      this.#path = pathname + search;
    }
    const options = {
      origin: this.#origin,
      path: this.#path,
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...undiciHeaders, ...headers },
      // Mocks match the body, or make an answer of it: they expect a text.
      body:
        dispatcher.isMockActive && typeof body === 'object'
          ? bodyDecoder.decode(body)
          : (body ?? null),
      // Off: the attempt has its time-out.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    const handler = new ResponseHandler(outgoing);
    try {
      sendInRoot(() => dispatcher.dispatch(options, handler));
    } catch (error) {
      handler.onError(error);
    }
    return handler.response;
  }

  /** Whether requests leave as they would from any other process of Node: by its own fetch, past no mock and no proxy. */
  isUsual(): boolean {
    if (!this.#seesNodeFetch()) return false;
    // Node makes one when its fetch is first called.
    const name = this.#dispatcher()?.constructor?.name ?? 'Agent';
    return name === 'Agent' || name === 'EnvHttpProxyAgent';
  }

  #seesNodeFetch(): boolean {
    const fetch = globalFetch();
    if (fetch !== this.#fetch) {
      this.#fetch = fetch;
      this.#isNodeFetch = isNodeFetch(fetch);
    }
    return this.#isNodeFetch;
  }

  /** The one that was set last. An undici that knows the newest place writes both, an older one its own. */
  #dispatcher(): UndiciDispatcher | undefined {
    const newest: unknown = Reflect.get(globalThis, newestPlace);
    const older: unknown = Reflect.get(globalThis, olderPlace);
    const areBoth = newestPlace in globalThis && olderPlace in globalThis;
    // From undici 8 on, the older place has the newest in a wrapper, which holds it to HTTP/1.1.
    const isWrapped = isUndiciDispatcher(older) && older.constructor?.name === 'Dispatcher1Wrapper';
    if (!areBoth || older === newest || isWrapped) this.#standIn = older;
    const latest = newestPlace in globalThis && older === this.#standIn ? newest : older;
    return isUndiciDispatcher(latest) ? latest : undefined;
  }
}

/** Whether it is the fetch that Node came with, which loads undici when it is first called. */
export function isNodeFetch(fetch: unknown): boolean {
  return (
    typeof fetch === 'function' &&
    Function.prototype.toString.call(fetch).includes('internal/deps/undici/undici')
  );
}

function isUndiciDispatcher(value: unknown): value is UndiciDispatcher {
  return typeof value === 'object' && value !== null && 'dispatch' in value;
}

/** Ends the exchange, and its connection with it. */
interface Controller {
  abort(reason: unknown): void;
}

/** Header fields: by name; or, from an older undici, names and values by turns, as bytes. */
type UndiciFields = Readonly<Record<string, string | readonly string[]>> | Uint8Array[];

/**
 * Collects the response of one exchange. It has both of undici's handler interfaces: Node 22 knows only the
 * older one (`onConnect` and so on), from Node 24 on the newer one is preferred. All methods are bound, since
 * a user's dispatcher may hand on a copy of its handler.
 */
class ResponseHandler {
  readonly #outgoing: OutgoingRequest;
  #resolve!: (response: HttpResponse | Promise<HttpResponse>) => void;
  #reject!: (error: unknown) => void;
  /** Rejects with what broke the exchange, or with why it was given up. */
  readonly response = new Promise<HttpResponse>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });
  #controller: Controller | undefined;
  #hasLeft = false;
  #status = 0;
  #headers: HttpResponse['headers'] = { get: () => null };
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(outgoing: OutgoingRequest) {
    this.#outgoing = outgoing;
    if (outgoing.signal.aborted) this.#abort();
    else outgoing.signal.addEventListener('abort', this.#abort);
  }

  readonly onRequestStart = (controller: Controller): void => {
    this.#controller = controller;
    if (this.#isOver) {
      // The connection came after the time-out: then nothing is sent.
      controller.abort(this.#outgoing.signal.reason);
    } else {
      this.#hasLeft = true;
      this.#outgoing.progress.left();
    }
  };

  /** Also called for informational responses (1xx). */
  readonly onResponseStart = (_controller: unknown, status: number, fields: UndiciFields): void => {
    const { progress } = this.#outgoing;
    // A mock may call this first.
    if (!this.#hasLeft) progress.left();
    progress.heard();
    this.#status = status;
    this.#headers = { get: (name) => fieldOf(fields, name) };
  };

  readonly onResponseData = (_controller: unknown, chunk: Uint8Array): void => {
    if (this.#isOver) return;
    this.#outgoing.progress.heard();
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes <= maxAnswerBytes) return;
    this.#end();
    this.#resolve(this.#responseOf(decodedBody(this.#chunks), false));
    this.#controller?.abort(undefined);
  };

  readonly onResponseEnd = (): void => {
    if (this.#isOver) return;
    this.#end();
    // An empty body is no gzip.
    const isZipped =
      this.#bytes > 0 && undiciGzipEncoding.test(this.#headers.get('content-encoding') ?? '');
    this.#resolve(isZipped ? this.#unzipped() : this.#responseOf(decodedBody(this.#chunks), true));
  };

  readonly onResponseError = (_controller: unknown, error: unknown): void => {
    if (this.#isOver) return;
    this.#end();
    this.#reject(error);
  };

  readonly onConnect = (abort: Controller['abort']): void => this.onRequestStart({ abort });

  readonly onHeaders = (status: number, rawHeaders: Uint8Array[]): boolean => {
    this.onResponseStart(undefined, status, rawHeaders);
    return true;
  };

  readonly onData = (chunk: Uint8Array): boolean => {
    this.onResponseData(undefined, chunk);
    return true;
  };

  readonly onComplete = (): void => this.onResponseEnd();

  readonly onError = (error: unknown): void => this.onResponseError(undefined, error);

  readonly #abort = (): void => {
    const { reason } = this.#outgoing.signal;
    this.onError(reason);
    this.#controller?.abort(reason);
  };

  #end(): void {
    this.#isOver = true;
    this.#outgoing.signal.removeEventListener('abort', this.#abort);
  }

  #responseOf(text: string, isWhole: boolean): HttpResponse {
    return { kind: 'response', status: this.#status, headers: this.#headers, text, isWhole };
  }

  async #unzipped(): Promise<HttpResponse> {
    const { text, isWhole } = await readBody({ body: gunzip(this.#chunks) }, this.#outgoing);
    return this.#responseOf(text, isWhole);
  }
}

/** Both names mean the same (RFC 9110, 8.4.1.3). */
const undiciGzipEncoding = /^\s*(x-)?gzip\s*$/i;

function fieldOf(fields: UndiciFields, name: string): string | null {
  if (!Array.isArray(fields)) {
    const value = fields[name];
    return (typeof value === 'string' ? value : value?.[0]) ?? null;
  }
  const at = fields.findIndex(
    (field, index) => index % 2 === 0 && bodyDecoder.decode(field).toLowerCase() === name,
  );
  return at < 0 ? null : bodyDecoder.decode(fields[at + 1]);
}

/** The text of a body that is there as a whole. */
function decodedBody(chunks: readonly Uint8Array[]): string {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return bodyDecoder.decode(first);
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bodyDecoder.decode(bytes);
}
