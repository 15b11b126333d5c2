import { systemClock } from '../lib/clock.ts';
import { tried } from '../lib/user-code.ts';
import { isAutobatchRequest, SDK_HEADER } from '../transport/sdk-header.ts';
import type { SingleCall } from './single-calls.ts';
import { singleCallAt } from './single-calls.ts';
import { unlessAborted } from './turns.ts';

export type FetchArguments = readonly [input: string | URL | Request, init?: RequestInit];

/**
 * Why a request passes through: it goes elsewhere (`other origin`), or is a call with the client's token to an `other
 * API`; it goes to an `other endpoint` of the API, or has a `query`; its `token`, `headers` or `body` are not such that it can be batched; it is one of our `own`; the client's
 * `checks` refuse it; the client is `closed`; or `uninstall` was called (`uninstalled`).
 */
export type PassedReason =
  | 'other origin'
  | 'other API'
  | 'other endpoint'
  | 'query'
  | 'token'
  | 'headers'
  | 'body'
  | 'own'
  | 'checks'
  | 'closed'
  | 'uninstalled';

/** A request that can be batched, as far as its arguments tell. */
export interface ReadCall {
  readonly kind: 'call';
  readonly call: SingleCall;
  readonly url: string;
  readonly path: string;
  readonly signal: AbortSignal | null | undefined;
  /** As text; or what reads a copy of it, and gives undefined where that is no text, or takes too long. */
  readonly body: string | (() => Promise<string | undefined>);
  /** What the calling SDK says of itself. */
  readonly sdks: readonly string[];
}

export interface Passed {
  readonly kind: 'passed';
  readonly why: PassedReason;
  /** The base URL of the other API. */
  readonly api?: string | undefined;
  /** It may ask for what calls before it have changed. */
  readonly mayFollow: boolean;
  readonly signal: AbortSignal | null | undefined;
}

export interface ReadFor {
  readonly apiUrl: string;
  readonly apiToken: string | undefined;
}

const jsonType = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/** How long a body may be in coming: the calls behind it wait. */
const BODY_MS = 5_000;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What a call of `fetch` asks for. Whatever cannot be read is for the real one to judge. */
export function readCall(args: FetchArguments, api: ReadFor): ReadCall | Passed {
  const elsewhere = {
    kind: 'passed',
    why: 'other origin',
    mayFollow: false,
    signal: null,
  } as const;
  return tried(() => readArguments(args, api)) ?? elsewhere;
}

function readArguments([input, init = {}]: FetchArguments, api: ReadFor): ReadCall | Passed {
  const request = typeof input === 'object' && 'headers' in input ? input : undefined;
  const url = new URL(request?.url ?? String(input));
  const prefix = `${api.apiUrl}/api/v1/`;
  const address = url.origin + url.pathname;
  const signal = init.signal === undefined ? request?.signal : init.signal;
  const pass = (why: PassedReason, mayFollow: boolean): Passed => ({
    kind: 'passed',
    why,
    mayFollow,
    signal,
  });
  if (!address.startsWith(prefix) || url.username !== '' || url.password !== '') {
    const other = otherApi(address, init, request, api.apiToken);
    return { ...pass(other === undefined ? 'other origin' : 'other API', false), api: other };
  }
  const headers = new Headers(init.headers ?? request?.headers);
  // To wait for anything would be to wait for itself.
  if (isAutobatchRequest({ headers })) return pass('own', false);
  const path = address.slice(prefix.length);
  const method = (init.method ?? request?.method ?? 'GET').toUpperCase();
  const call = method === 'POST' ? singleCallAt(path) : undefined;
  if (call === undefined) return pass('other endpoint', path !== 'ping');
  if (url.search !== '') return pass('query', true);
  const { apiToken } = api;
  if (apiToken !== undefined && headers.get('authorization') !== `Bearer ${apiToken}`) {
    return pass('token', true);
  }
  const isOdd = headers.has('idempotency-key') || headers.has('content-encoding');
  if (isOdd || !jsonType.test(headers.get('content-type') ?? '')) return pass('headers', true);
  const body = bodyOf(init, request);
  if (body === undefined) return pass('body', true);
  const sdks = headers.get(SDK_HEADER)?.split(' ') ?? [];
  return { kind: 'call', call, url: url.href, path, signal, body, sdks };
}

const singleAddress = /^(.*?)\/api\/v1\/(.*)$/;

/** The base URL of the API that a single call with that token goes to; undefined for all other requests. */
function otherApi(
  address: string,
  init: RequestInit,
  request: Request | undefined,
  token: string | undefined,
): string | undefined {
  const [, base, path = ''] = singleAddress.exec(address) ?? [];
  if (singleCallAt(path) === undefined || token === undefined) return undefined;
  const headers = new Headers(init.headers ?? request?.headers);
  return headers.get('authorization') === `Bearer ${token}` ? base : undefined;
}

/** The same arguments with a key in the body, a JSON object. */
export function withKey([input, init]: FetchArguments, body: string, key: string): FetchArguments {
  const given =
    init?.headers ?? (typeof input === 'object' && 'headers' in input ? input.headers : {});
  const headers = new Headers(given);
  // That of the body as it was.
  headers.delete('content-length');
  const keyed = JSON.stringify({ ...JSON.parse(body), idempotency_key: key });
  return [input, { ...init, headers, body: keyed }];
}

/** Undefined for what cannot be read, or not twice. */
function bodyOf(init: RequestInit, request: Request | undefined): ReadCall['body'] | undefined {
  const { body } = init;
  if (typeof body === 'string') return body;
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return tried(() => utf8.decode(body));
  }
  if (body !== undefined || request === undefined || request.bodyUsed) return undefined;
  // Copied now, since its owner may read it next.
  const copy = request.clone();
  return () => textInTime(copy);
}

async function textInTime(request: Request): Promise<string | undefined> {
  const over = new AbortController();
  const { signal } = over;
  const forgetTime = systemClock().after(BODY_MS, () => over.abort());
  try {
    const { body } = request;
    // What is left of a body that comes too late is not collected.
    const source = body
      ? new Response(body.pipeThrough(new TransformStream(), { signal }))
      : request;
    return utf8.decode(await unlessAborted(source.arrayBuffer(), signal));
  } catch {
    return undefined;
  } finally {
    forgetTime();
  }
}
