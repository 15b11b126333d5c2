// CORS: the preflight by which a browser asks whether a page may use the emulator, and what lets the page read
// the responses. No source says what the API does for pages (docs/internals/api.md, "Connection").

import type { EmulatedRequest, FullResponse, ResponseHeaders } from './request-response.ts';

const FOR_ANY_PAGE = { 'access-control-allow-origin': '*' };

/** `undefined` if the request is no preflight. */
export function preflightResponse({ method, header }: EmulatedRequest): FullResponse | undefined {
  if (method !== 'OPTIONS' || header('access-control-request-method') === null) return undefined;
  const isFromOutside = header('access-control-request-private-network') !== null;
  return {
    kind: 'full',
    status: 204,
    headers: {
      ...FOR_ANY_PAGE,
      'access-control-allow-methods': 'GET, POST',
      // `*` would not include Authorization.
      'access-control-allow-headers': header('access-control-request-headers') ?? '',
      'access-control-max-age': '600',
      ...(isFromOutside && { 'access-control-allow-private-network': 'true' }),
    },
    body: '',
  };
}

/** What lets a page read the response. */
export function corsHeaders({ header }: EmulatedRequest): ResponseHeaders {
  if (header('origin') === null) return {};
  return { ...FOR_ANY_PAGE, 'access-control-expose-headers': 'Retry-After, X-Request-Id' };
}
