// `emulator.fetch`: reads a Request, and makes a Response.

import type { Reporter } from '../report/report.ts';
import { BoundedBody, cutBody, endlessBody, networkError } from './bodies.ts';
import type { EmulatedRequest, EmulatedResponse } from './request-response.ts';

const NO_REQUEST_BODY = new Uint8Array();

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
      body: typeof body === 'string' ? new TextEncoder().encode(body) : NO_REQUEST_BODY,
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
  if (stream === null) return NO_REQUEST_BODY;
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
  reporter: Reporter,
): Response {
  switch (answer.kind) {
    case 'full':
      return new Response([204, 205, 304].includes(answer.status) ? null : answer.body, answer);
    case 'drop':
      throw networkError('fetch failed');
    case 'cut':
      return new Response(cutBody(answer.body), answer);
    case 'endless':
      return new Response(endlessBody(answer.chunk, signal, reporter), answer);
    default:
      return answer satisfies never;
  }
}

function isRequest(input: Request | string | URL): input is Request {
  return typeof input === 'object' && 'headers' in input;
}
