import { maxAnswerBytes, readBody } from './body.ts';
import { gunzip, isGzip } from './gunzip.ts';
import type { Answer, Outgoing } from './sender.ts';

type Headers = Answer['headers'];

/** Ends the exchange, and its connection with it. */
type Abort = (reason: unknown) => void;

/** Who hears of it as it goes on. */
type Told = Pick<Outgoing, 'heard' | 'left'>;

/**
 * What undici tells of one exchange, gathered to an answer. It speaks both of undici's handler
 * interfaces: Node 22 knows the older one only, and from Node 24 on the newer one is preferred. All of
 * them are properties bound to it, since a user's dispatcher may hand on a copy of its handler.
 */
export class Reception {
  readonly #signal: AbortSignal;
  readonly #outgoing: Told;
  readonly #resolve: (answer: Answer | Promise<Answer>) => void;
  readonly #reject: (cause: unknown) => void;
  #abort: Abort | undefined;
  #status = 0;
  #headers: Headers = { get: () => null };
  readonly #chunks: Uint8Array[] = [];
  #bytes = 0;
  #isOver = false;

  constructor(
    signal: AbortSignal,
    outgoing: Told,
    resolve: (answer: Answer | Promise<Answer>) => void,
    reject: (cause: unknown) => void,
  ) {
    this.#signal = signal;
    this.#outgoing = outgoing;
    this.#resolve = resolve;
    this.#reject = reject;
    if (signal.aborted) this.#giveUp();
    else signal.addEventListener('abort', this.#giveUp);
  }

  readonly onRequestStart = (controller: { abort: Abort }): void => {
    this.#start((reason) => controller.abort(reason));
  };

  readonly onResponseStart = (
    _controller: unknown,
    status: number,
    headers: Readonly<Record<string, string | readonly string[]>>,
  ): void => {
    this.#begin(status, { get: (name) => firstOf(headers[name]) });
  };

  readonly onResponseData = (_controller: unknown, chunk: Uint8Array): void => {
    this.#receive(chunk);
  };

  readonly onResponseEnd = (): void => {
    this.#finish();
  };

  readonly onResponseError = (_controller: unknown, error: unknown): void => {
    this.#fail(error);
  };

  readonly onConnect = (abort: Abort): void => {
    this.#start(abort);
  };

  readonly onHeaders = (status: number, rawHeaders: readonly Uint8Array[]): boolean => {
    this.#begin(status, { get: (name) => firstOfRaw(rawHeaders, name) });
    return true;
  };

  readonly onData = (chunk: Uint8Array): boolean => {
    this.#receive(chunk);
    return true;
  };

  readonly onComplete = (): void => {
    this.#finish();
  };

  readonly onError = (error: unknown): void => {
    this.#fail(error);
  };

  #start(abort: Abort): void {
    this.#abort = abort;
    // The connection may come only after the time of the attempt: then nothing is sent.
    if (this.#isOver) abort(this.#signal.reason);
    else this.#outgoing.left();
  }

  /** Called for answers that only announce others, too. */
  #begin(status: number, headers: Headers): void {
    this.#outgoing.left();
    this.#outgoing.heard();
    this.#status = status;
    this.#headers = headers;
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isOver) return;
    this.#outgoing.heard();
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#bytes <= maxAnswerBytes) return;
    this.#end();
    this.#resolve(this.#answer(decoded(this.#chunks), false));
    this.#abort?.(undefined);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#end();
    // Nothing is no gzip, and is what an answer without a body has.
    const isZipped = this.#bytes > 0 && isGzip(this.#headers.get('content-encoding'));
    this.#resolve(isZipped ? this.#unzipped() : this.#answer(decoded(this.#chunks), true));
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#end();
    this.#reject(error);
  }

  readonly #giveUp = (): void => {
    if (this.#isOver) return;
    this.#end();
    this.#reject(this.#signal.reason);
    this.#abort?.(this.#signal.reason);
  };

  #end(): void {
    this.#isOver = true;
    this.#signal.removeEventListener('abort', this.#giveUp);
  }

  #answer(text: string, isWhole: boolean): Answer {
    return { kind: 'answer', status: this.#status, headers: this.#headers, text, isWhole };
  }

  async #unzipped(): Promise<Answer> {
    const given = { body: gunzip(this.#chunks) };
    const { text, isWhole } = await readBody(given, this.#signal, this.#outgoing.heard);
    return this.#answer(text, isWhole);
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

function firstOf(value: string | readonly string[] | undefined): string | null {
  return (typeof value === 'string' ? value : value?.[0]) ?? null;
}

/** Names and values by turns, as bytes. */
function firstOfRaw(rawHeaders: readonly Uint8Array[], name: string): string | null {
  const at = rawHeaders.findIndex(
    (field, index) => index % 2 === 0 && decoder.decode(field).toLowerCase() === name,
  );
  return at < 0 ? null : decoder.decode(rawHeaders[at + 1]);
}
