// `emulator.fetch`: reads a Request, and makes a Response.

import { BoundedBody } from './bounded-body.ts';
import type { BodyOpened, EmulatedRequest, EmulatedResponse } from './request-response.ts';

/** An endless body breaks off here, before a reader without a bound runs out of memory. */
const ENDLESS_BYTES = 64 * 1024 * 1024;

const bytesOf = new TextEncoder();
const NO_BYTES = new Uint8Array();
const BODILESS = new Set([204, 205, 304]);
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export async function readFetch(
  input: Request | string | URL,
  init: RequestInit | undefined,
  bodyBound: number,
): Promise<EmulatedRequest & { readonly redirect: string }> {
  const signal = init?.signal ?? (isRequest(input) ? input.signal : undefined);
  const body = init?.body;
  // Making a Request costs more than all the rest, and most calls can do without.
  if (!isRequest(input) && (body === undefined || body === null || typeof body === 'string')) {
    const headers = new Headers(init?.headers);
    if (typeof body === 'string' && !headers.has('content-type')) {
      headers.set('content-type', 'text/plain;charset=UTF-8');
    }
    return {
      method: (init?.method ?? 'GET').toUpperCase(),
      url: new URL(input),
      header: (name) => headers.get(name),
      body: typeof body === 'string' ? bytesOf.encode(body) : NO_BYTES,
      signal,
      redirect: init?.redirect ?? 'follow',
    };
  }
  const request = init === undefined && isRequest(input) ? input : new Request(input, init);
  signal?.throwIfAborted();
  return {
    method: request.method,
    url: new URL(request.url),
    header: (name) => request.headers.get(name),
    body: await readBody(request, bodyBound),
    signal,
    redirect: request.redirect,
  };
}

async function readBody(request: Request, bound: number): Promise<Uint8Array> {
  // In Firefox a request has no such field.
  const stream: ReadableStream<Uint8Array> | null | undefined = request.body;
  if (stream === undefined) return new Uint8Array(await request.arrayBuffer());
  if (stream === null) return NO_BYTES;
  const body = new BoundedBody(bound);
  const reader = stream.getReader();
  while (!body.isOver) {
    const { done, value } = await reader.read();
    if (done) return body.bytes();
    body.add(value);
  }
  await reader.cancel();
  return body.bytes();
}

/** @throws {TypeError} as `fetch` does when there is no answer to give. */
export function toResponse(
  answer: EmulatedResponse,
  signal: AbortSignal | undefined,
  bodyOpened: BodyOpened,
): Response {
  switch (answer.kind) {
    case 'full':
      return new Response(BODILESS.has(answer.status) ? null : answer.body, answer);
    case 'drop':
      throw networkError('fetch failed');
    case 'cut':
      return new Response(cutBody(answer.body), answer);
    case 'endless':
      return new Response(endlessBody(answer.chunk, signal, bodyOpened), answer);
    default:
      return answer satisfies never;
  }
}

export function isRedirect(answer: EmulatedResponse): boolean {
  return (
    answer.kind === 'full' &&
    REDIRECTS.has(answer.status) &&
    answer.headers['location'] !== undefined
  );
}

/** Half of the body, then the error that a broken connection gives. */
function cutBody(body: string): ReadableStream<Uint8Array> {
  const bytes = bytesOf.encode(body);
  return new ReadableStream({
    start: (controller) => controller.enqueue(bytes.subarray(0, bytes.length >>> 1)),
    pull: (controller) => controller.error(networkError('terminated')),
  });
}

/** Repeats the chunk, as fast as it is read. */
export function endlessBody(
  chunk: string,
  signal: AbortSignal | undefined,
  bodyOpened: BodyOpened,
): ReadableStream<Uint8Array> {
  const bytes = bytesOf.encode(chunk);
  let left = ENDLESS_BYTES;
  let onAbort = (): void => {};
  const bodyClosed = bodyOpened();
  const close = (exhausted: boolean): void => {
    signal?.removeEventListener('abort', onAbort);
    bodyClosed(exhausted);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(signal?.reason);
          close(false);
        };
        signal?.addEventListener('abort', onAbort);
      },
      pull(controller) {
        if (left <= 0) {
          controller.error(networkError('terminated'));
          close(true);
          return;
        }
        left -= bytes.length;
        controller.enqueue(bytes.slice());
      },
      cancel: () => close(false),
    },
    { highWaterMark: 0 },
  );
}

/** As Node's `fetch` has it when the other side hangs up. */
function networkError(message: string): TypeError {
  const cause = Object.assign(new Error('other side closed'), { code: 'ECONNRESET' });
  return new TypeError(message, { cause });
}

function isRequest(input: Request | string | URL): input is Request {
  return typeof input === 'object' && 'headers' in input;
}
