import { maxAnswerBytes, readBody } from './body.ts';
import { gunzip, isGzip } from './gunzip.ts';
import type { Answer, Outgoing } from './sender.ts';

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
export class Reception {
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
