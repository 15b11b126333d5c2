import { nextTurn } from '../lib/event-loop.ts';
import { callUserCode } from '../lib/user-code.ts';
import type { HttpResponse, OutgoingRequest, ProgressListener } from './sender.ts';

/** The most that is read of a response: a hostile or broken server must not fill the memory. */
export const maxAnswerBytes: number = 32 * 1024 * 1024;

/** Chunks that are at hand come as promise jobs, and while those go on no timer fires, not even the time-out. */
const CHUNKS_PER_TURN = 256;
/** In a row, at most: a stream of empty chunks may have no end. */
const MAX_EMPTY_CHUNKS = 10_000;

type Body = Pick<HttpResponse, 'text' | 'isWhole'>;

/** What a fetch gave: a `Response`, that of a package, or an object that stands for one in a test. */
interface ResponseLike {
  readonly body?: unknown;
  text?(): unknown;
  json?(): unknown;
}

/** Reads a body as text: a stream up to the bound, anything else by its methods. Rejects when the signal fires. */
export async function readBody(
  response: ResponseLike,
  { signal, progress }: Pick<OutgoingRequest, 'signal' | 'progress'>,
): Promise<Body> {
  const stream = streamOf(response.body);
  if (stream !== undefined) return readStream(stream, signal, progress);
  const text = await textOf(response);
  progress.heard();
  return { text, isWhole: text.length <= maxAnswerBytes };
}

interface Stream {
  next(): Promise<{ readonly done?: boolean; readonly value?: Uint8Array }>;
  cancel(): unknown;
}

interface WebStream {
  getReader(): { read: Stream['next']; cancel: Stream['cancel'] };
}

/** A stream of Node's, as node-fetch has them, or any other async iterable. */
interface Iterated {
  [Symbol.asyncIterator](): { next: Stream['next']; return?(): unknown };
}

function streamOf(body: unknown): Stream | undefined {
  if (has<WebStream>(body, 'getReader')) {
    const reader = body.getReader();
    return { next: () => reader.read(), cancel: () => reader.cancel() };
  }
  if (has<Iterated>(body, Symbol.asyncIterator)) {
    const iterator = body[Symbol.asyncIterator]();
    // The `return` of Node's streams waits for their next chunk.
    const cancel = (): unknown =>
      has<{ destroy(): unknown }>(body, 'destroy') ? body.destroy() : iterator.return?.();
    return { next: () => iterator.next(), cancel };
  }
  return undefined;
}

async function readStream(
  stream: Stream,
  signal: AbortSignal,
  progress: ProgressListener,
): Promise<Body> {
  // That a stream which is thrown away fails does not matter.
  const ignore = (): void => undefined;
  const stop = (): void => callUserCode(() => stream.cancel(), ignore);
  // The stream of a user's own fetch may not follow the signal.
  signal.addEventListener('abort', stop);
  let isAtEnd = false;
  try {
    const decoder = new TextDecoder();
    let text = '';
    let bytes = 0;
    let empty = 0;
    for (let chunks = 1; ; chunks++) {
      const { done, value = nothing } = await stream.next();
      signal.throwIfAborted();
      if (done) {
        isAtEnd = true;
        progress.heard();
        return { text: text + decoder.decode(), isWhole: true };
      }
      text += decoder.decode(value, { stream: true });
      bytes += value.byteLength;
      if (bytes > maxAnswerBytes) return { text, isWhole: false };
      if (value.byteLength > 0) {
        empty = 0;
        progress.heard();
      } else if (++empty > MAX_EMPTY_CHUNKS) {
        throw new Error(`The body of the answer had ${MAX_EMPTY_CHUNKS} empty chunks in a row.`);
      }
      if (chunks % CHUNKS_PER_TURN === 0) await new Promise<void>(nextTurn);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    if (!isAtEnd) stop();
  }
}

const nothing = new Uint8Array();

async function textOf(response: ResponseLike): Promise<string> {
  const text = has<Required<ResponseLike>>(response, 'text') ? String(await response.text()) : '';
  const says = text.trim();
  // Stand-ins in tests often have an empty text() beside the json() that counts.
  if ((says !== '' && says !== '{}') || !has<Required<ResponseLike>>(response, 'json')) return text;
  try {
    return JSON.stringify(await response.json()) ?? text;
  } catch (error) {
    // A real response has been read by then.
    if (has(response, 'text')) return text;
    throw error;
  }
}

function has<T extends object>(value: unknown, method: keyof T): value is T {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function'
  );
}
