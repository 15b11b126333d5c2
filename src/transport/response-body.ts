import { nextTurn } from '../lib/clock.ts';
import { callUserCode } from '../lib/user-code.ts';
import type { Answer, Outgoing, Told } from './sender.ts';

/** Bytes of an answer that are read, at most; a hostile or broken server must not fill the memory. */
export const maxAnswerBytes: number = 32 * 1024 * 1024;

/** Chunks that are at hand come as promise jobs, and while those go on no timer fires, that of the time-out neither. */
const CHUNKS_PER_TURN = 256;
/** Empty chunks in a row, at most: a stream that has nothing but those may have no end. */
const MAX_EMPTY_CHUNKS = 10_000;

type Body = Pick<Answer, 'text' | 'isWhole'>;

/** What some fetch gave: a `Response`, that of a package, or what stands for one in a test. */
export interface Given {
  readonly body?: unknown;
  text?(): unknown;
  json?(): unknown;
}

/**
 * Reads a body as text: a stream to the bound, what is none by its methods. Tells of each part. Rejects when
 * it breaks off, or when the signal fires.
 */
export async function readBody(
  given: Given,
  { signal, told }: Pick<Outgoing, 'signal' | 'told'>,
): Promise<Body> {
  const stream = streamOf(given.body);
  if (stream !== undefined) return readStream(stream, signal, told);
  const text = await textOf(given);
  told.heard();
  return { text, isWhole: text.length <= maxAnswerBytes };
}

interface Stream {
  next(): Promise<{ readonly done?: boolean; readonly value?: Uint8Array }>;
  cancel(): unknown;
}

interface WebStream {
  getReader(): { read: Stream['next']; cancel: Stream['cancel'] };
}

/** Streams of Node's, as node-fetch has them, and whatever else can be iterated. */
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
    // To return, Node's wait until their next part has come.
    const cancel = (): unknown =>
      has<{ destroy(): unknown }>(body, 'destroy') ? body.destroy() : iterator.return?.();
    return { next: () => iterator.next(), cancel };
  }
  return undefined;
}

async function readStream(stream: Stream, signal: AbortSignal, told: Told): Promise<Body> {
  // One that is thrown away may fail as it likes.
  const ignore = (): void => undefined;
  const stop = (): void => callUserCode(() => stream.cancel(), ignore);
  // fetch ends its streams by itself; a user's own fetch may give one that knows of no signal.
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
        told.heard();
        return { text: text + decoder.decode(), isWhole: true };
      }
      text += decoder.decode(value, { stream: true });
      bytes += value.byteLength;
      if (bytes > maxAnswerBytes) return { text, isWhole: false };
      if (value.byteLength > 0) {
        empty = 0;
        told.heard();
      } else if (++empty > MAX_EMPTY_CHUNKS) {
        throw new Error(`The body of the answer had ${MAX_EMPTY_CHUNKS} empty chunks in a row.`);
      }
      if (chunks % CHUNKS_PER_TURN === 0)
        await new Promise<void>((resolve) => void nextTurn(resolve));
    }
  } finally {
    signal.removeEventListener('abort', stop);
    if (!isAtEnd) stop();
  }
}

const nothing = new Uint8Array();

async function textOf(given: Given): Promise<string> {
  const text = has<Required<Given>>(given, 'text') ? String(await given.text()) : '';
  const says = text.trim();
  // In tests, what stands for an answer often has an empty text() beside the json() that counts.
  if ((says !== '' && says !== '{}') || !has<Required<Given>>(given, 'json')) return text;
  try {
    return JSON.stringify(await given.json()) ?? text;
  } catch (error) {
    // That of a real answer was read already.
    if (has(given, 'text')) return text;
    throw error;
  }
}

function has<T extends object>(value: unknown, method: keyof T): value is T {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, method) === 'function'
  );
}
