import { nextTurn } from '../lib/event-loop.ts';
import { runtime } from '../lib/runtime.ts';
import { callUserCode, tried } from '../lib/user-code.ts';
import { isObjectLike } from '../lib/value-checks.ts';
import type { HttpResponse, OutgoingRequest } from './http-exchange.ts';

/** The most that is read of a response: a hostile or broken server must not fill the memory. */
export const maxAnswerBytes: number = 32 * 1024 * 1024;

/** Chunks that are at hand come as promise jobs, and while those go on no timer fires, not even the time-out. */
const CHUNKS_PER_TURN = 256;
/** In a row, at most: a stream of empty chunks may have no end. */
const MAX_EMPTY_CHUNKS = 10_000;

type ReadBody = Pick<HttpResponse, 'text' | 'isWhole'>;

/** What a fetch gave: a `Response`, that of a package, or an object that stands for one in a test. */
interface ReadableResponse {
  readonly body?: unknown;
  text?(): unknown;
  json?(): unknown;
}

/** Reads a body as text: a stream up to the bound, anything else by its methods. Rejects when the signal fires. */
export async function readBody(
  response: ReadableResponse,
  outgoing: OutgoingRequest,
): Promise<ReadBody> {
  const stream = streamOf(response.body);
  if (stream !== undefined) return readStream(stream, outgoing);
  const text = await textOf(response);
  outgoing.progress.heard();
  return { text, isWhole: text.length <= maxAnswerBytes };
}

interface BodyStream {
  next(): Promise<{ readonly done?: boolean; readonly value?: Uint8Array | undefined }>;
  cancel(): unknown;
}

function streamOf(body: unknown): BodyStream | undefined {
  if (hasMethod<ReadableStream<Uint8Array>>(body, 'getReader')) {
    const reader = body.getReader();
    return { next: () => reader.read(), cancel: () => reader.cancel() };
  }
  // A stream of Node's, as node-fetch has them, or any other async iterable.
  if (hasMethod<AsyncIterable<Uint8Array>>(body, Symbol.asyncIterator)) {
    const iterator = body[Symbol.asyncIterator]();
    // The `return` of Node's streams waits for their next chunk.
    const cancel = (): unknown =>
      hasMethod<{ destroy(): unknown }>(body, 'destroy') ? body.destroy() : iterator.return?.();
    return { next: () => iterator.next(), cancel };
  }
  return undefined;
}

async function readStream(stream: BodyStream, outgoing: OutgoingRequest): Promise<ReadBody> {
  const { signal, progress } = outgoing;
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
      const { done, value } = await stream.next();
      signal.throwIfAborted();
      if (done) {
        isAtEnd = true;
        progress.heard();
        return { text: text + decoder.decode(), isWhole: true };
      }
      const chunk = value ?? new Uint8Array();
      text += decoder.decode(chunk, { stream: true });
      bytes += chunk.byteLength;
      if (bytes > maxAnswerBytes) return { text, isWhole: false };
      if (chunk.byteLength > 0) {
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

async function textOf(response: ReadableResponse): Promise<string> {
  const text = hasMethod<Required<ReadableResponse>>(response, 'text')
    ? String(await response.text())
    : '';
  const says = text.trim();
  // Stand-ins in tests often have an empty text() beside the json() that counts.
  if ((says !== '' && says !== '{}') || !hasMethod<Required<ReadableResponse>>(response, 'json'))
    return text;
  try {
    return JSON.stringify(await response.json()) ?? text;
  } catch (error) {
    // A real response has been read by then.
    if (hasMethod(response, 'text')) return text;
    throw error;
  }
}

function hasMethod<T extends object>(value: unknown, method: keyof T): value is T {
  return isObjectLike(value) && typeof Reflect.get(value, method) === 'function';
}

/**
 * Unpacks by the stream that Node's own fetch uses: all members of the file count, zeros behind them do
 * not matter. The stream fails where the bytes are no gzip, or end too early.
 */
export function gunzip(chunks: readonly Uint8Array[]): object {
  const zlib = Object(runtime.process?.getBuiltinModule?.('node:zlib'));
  const stream: { write(bytes: Uint8Array): void; end(): void } = zlib.createGunzip();
  for (const bytes of chunks) stream.write(bytes);
  stream.end();
  return stream;
}

export const bodyDecoder: TextDecoder = new TextDecoder();

/** What the text of a response says as JSON; undefined where that is none, or not all of it is there. */
export function parsedBody({ text, isWhole }: HttpResponse): unknown {
  return isWhole ? tried(() => JSON.parse(text)) : undefined;
}
