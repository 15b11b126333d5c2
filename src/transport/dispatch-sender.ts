/**
 * Sends as Node's own fetch does, by the global dispatcher, but without fetch's streams and objects
 * around it: half of the work of a request (docs/decisions/sender-on-node.md). Proxies, TLS agents and
 * mocks that are set with `setGlobalDispatcher` hold for it as they do for fetch.
 */
import { runInRoot } from '../lib/async-context.ts';
import { VERSION } from '../lib/version.ts';
import { gunzip, isGzip } from './gunzip.ts';
import { isNodesOwn } from './native-fetch.ts';
import { maxAnswerBytes, readBody } from './response-body.ts';
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

/** Ends the exchange, and its connection with it. */
interface Controller {
  abort(reason: unknown): void;
}

/** Header fields: by name; or, from an older undici, names and values by turns, as bytes. */
type Fields = Readonly<Record<string, string | readonly string[]>> | Uint8Array[];

/**
 * What undici tells of one exchange, gathered to an answer. It speaks both of undici's handler interfaces: Node 22
 * knows the older one only, which leads to the newer one here; from Node 24 on that is preferred. All of
 * them are properties bound to it, since a user's dispatcher may hand on a copy of its handler.
 */
class Reception {
  /** Rejects with what broke the exchange, or with why it was given up. */
  readonly answer: Promise<Answer>;
  readonly #outgoing: Outgoing;
  #resolve!: (answer: Answer | Promise<Answer>) => void;
  #reject!: (cause: unknown) => void;
  #controller: Controller | undefined;
  #hasLeft = false;
  #status = 0;
  #headers: Answer['headers'] = { get: () => null };
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(outgoing: Outgoing) {
    this.#outgoing = outgoing;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (outgoing.signal.aborted) this.#giveUp();
    else outgoing.signal.addEventListener('abort', this.#giveUp);
  }

  readonly onRequestStart = (controller: Controller): void => {
    this.#controller = controller;
    if (this.#isOver) {
      // The connection may come only after the time of the attempt: then nothing is sent.
      controller.abort(this.#outgoing.signal.reason);
    } else {
      this.#hasLeft = true;
      this.#outgoing.told.left();
    }
  };

  /** Called for answers that only announce others, too. */
  readonly onResponseStart = (_controller: unknown, status: number, fields: Fields): void => {
    const { told } = this.#outgoing;
    // Of a mock, this may be the first that is heard.
    if (!this.#hasLeft) told.left();
    told.heard();
    this.#status = status;
    this.#headers = { get: (name) => firstOf(fields, name) };
  };

  readonly onResponseData = (_controller: unknown, chunk: Uint8Array): void => {
    if (this.#isOver) return;
    this.#outgoing.told.heard();
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes <= maxAnswerBytes) return;
    this.#end();
    this.#resolve(this.#answerOf(decoded(this.#chunks), false));
    this.#controller?.abort(undefined);
  };

  readonly onResponseEnd = (): void => {
    if (this.#isOver) return;
    this.#end();
    const encoding = this.#headers.get('content-encoding');
    // Nothing is no gzip, and is what an answer without a body has.
    const isZipped = encoding !== null && this.#bytes > 0 && isGzip(encoding);
    this.#resolve(isZipped ? this.#unzipped() : this.#answerOf(decoded(this.#chunks), true));
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

  readonly #giveUp = (): void => {
    if (this.#isOver) return;
    const { reason } = this.#outgoing.signal;
    this.#end();
    this.#reject(reason);
    this.#controller?.abort(reason);
  };

  #end(): void {
    this.#isOver = true;
    this.#outgoing.signal.removeEventListener('abort', this.#giveUp);
  }

  #answerOf(text: string, isWhole: boolean): Answer {
    return { kind: 'answer', status: this.#status, headers: this.#headers, text, isWhole };
  }

  async #unzipped(): Promise<Answer> {
    const { text, isWhole } = await readBody({ body: gunzip(this.#chunks) }, this.#outgoing);
    return this.#answerOf(text, isWhole);
  }
}

const decoder = new TextDecoder();

function decoded(chunks: readonly Uint8Array[]): string {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return decoder.decode(first);
  const bytes = new Uint8Array(chunks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return decoder.decode(bytes);
}

function firstOf(fields: Fields, name: string): string | null {
  if (Array.isArray(fields)) return firstOfRaw(fields, name);
  const value = fields[name];
  return (typeof value === 'string' ? value : value?.[0]) ?? null;
}

function firstOfRaw(rawHeaders: readonly Uint8Array[], name: string): string | null {
  const at = rawHeaders.findIndex(
    (field, index) => index % 2 === 0 && decoder.decode(field).toLowerCase() === name,
  );
  return at < 0 ? null : decoder.decode(rawHeaders[at + 1]);
}
