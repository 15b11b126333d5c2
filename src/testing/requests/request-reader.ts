// Reads a request (docs/internals/api.md, "Connection", "Bulk request" and "Single endpoints"). One that breaks the
// contract is reported as a breach, and refused as a whole.

import { BULK_ACTIONS } from '../actions/action-table.ts';
import type { EmulatedRequest, FullResponse } from '../http/messages.ts';
import { jsonResponse } from '../http/messages.ts';
import type { ResolvedOptions } from '../options/resolve-options.ts';
import type { RequestNotes } from '../report/recorder.ts';
import { errorOutput, requestNotValid } from '../wire/errors.ts';
import type { EmulatedItem, Fields } from '../wire/items.ts';
import { isObject } from '../wire/items.ts';
import type { Route } from '../wire/routes.ts';

export interface ParsedRequest {
  readonly items: readonly EmulatedItem[];
  /** The keys of all items that have one, also when the request is refused. */
  readonly keys: readonly string[];
  /** The response, if the items must not run. */
  readonly refusal?: FullResponse | undefined;
}

type Problem = readonly [code: 'required_value' | 'invalid_value', message: string];

const NOTHING: Fields = {};
const SDK = /^\S+@\S+(?: \S+@\S+)*$/;
const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
// *Conflicting* (docs/internals/api.md, "Bulk request"): a newer page allows 128. The shorter limit is safe with both.
const KEY_MIN = 8;
const KEY_MAX = 64;
const INCOMPLETE: Problem = ['required_value', 'one or more items are incomplete'];
const textOf = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface ReceivedRequest {
  readonly request: EmulatedRequest;
  readonly route: Route;
  readonly options: ResolvedOptions;
  readonly notes: RequestNotes;
}

export function readRequest(received: ReceivedRequest): ParsedRequest {
  const { request, route } = received;
  const refusal = checkHeaders(received);
  const parsed = route.hasBody
    ? readBody(received)
    : { items: [itemOf(route, Object.fromEntries(request.url.searchParams))], keys: [] };
  return refusal === undefined ? parsed : { ...parsed, refusal };
}

function checkHeaders(received: ReceivedRequest): FullResponse | undefined {
  const { request, route, options, notes } = received;
  const sdk = request.header('x-prefactor-sdk');
  // Whether the server needs the header is **unknown** (docs/internals/api.md, "Connection"); a client must send it.
  if (sdk === null) notes.breach('No X-Prefactor-SDK header');
  else if (!SDK.test(sdk)) notes.breach('X-Prefactor-SDK is no list of <package>@<version>');
  else if (hasTwins(sdk.split(' '))) notes.breach('X-Prefactor-SDK names an entry twice');
  if (request.header('idempotency-key') !== null) {
    notes.breach('Idempotency-Key header: the key belongs into the body');
  }

  const authorization = request.header('authorization');
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) notes.breach('No bearer token');
  if (token === undefined || !options.acceptsToken(token)) {
    const problem = token === undefined ? 'There is no bearer token' : 'The token is not valid';
    return jsonResponse(401, errorOutput('bad_authtoken', `${problem}: ${options.wantedToken}`));
  }
  return request.body.length === 0 || !route.hasBody ? undefined : checkType(received);
}

/** Plain JSON only: no source shows another type, or a compressed body (docs/internals/api.md, "Connection"). */
function checkType({ request, notes }: ReceivedRequest): FullResponse | undefined {
  const type = request.header('content-type');
  const encoding = request.header('content-encoding');
  if (type !== null && JSON_TYPE.test(type) && encoding === null) return undefined;
  const sentence =
    encoding === null
      ? `The content type is ${type ?? 'missing'}, not application/json`
      : `The body is encoded (${encoding})`;
  notes.breach(sentence);
  return jsonResponse(415, errorOutput('bad_request', sentence));
}

function readBody(received: ReceivedRequest): ParsedRequest {
  const body = parse(received.request.body);
  const tooLarge =
    received.request.body.length > received.options.maxBytes
      ? jsonResponse(413, errorOutput('bad_request', 'The request is too large'))
      : undefined;
  if (!isObject(body)) {
    // If it is too large, perhaps only its beginning was read.
    if (tooLarge !== undefined) return refused(tooLarge);
    received.notes.breach('The body is not a JSON object');
    return refused(jsonResponse(400, errorOutput('bad_request', 'The body is not a JSON object')));
  }
  const parsed =
    received.route.kind === 'bulk' ? readBulk(body, received) : readSingle(body, received);
  return tooLarge === undefined ? parsed : { ...parsed, refusal: tooLarge };
}

function readBulk(
  { items, ...others }: Fields,
  { options, notes }: ReceivedRequest,
): ParsedRequest {
  let refusal: FullResponse | undefined;
  const refuse = (field: string, ...problem: Problem): void => {
    refusal ??= notValid(field, problem);
  };
  for (const name of Object.keys(others)) {
    if (!options.strict) {
      notes.unknownField(`bulk: ${name}`);
      continue;
    }
    notes.breach(`Unknown field "${name}" beside items`);
    refuse(name, 'invalid_value', 'is not a known field');
  }
  const entries: readonly unknown[] = Array.isArray(items) ? items : [];
  if (entries.length === 0) {
    notes.breach('A bulk request without items');
    refuse('items', 'required_value', 'at least one item is needed');
    return { items: [], keys: [], refusal };
  }
  const found: EmulatedItem[] = [];
  const keys: string[] = [];
  let problem: Problem | undefined;
  for (const entry of entries) {
    const item = readItem(entry, keys);
    if ('type' in item) found.push(item);
    else problem ??= item;
  }
  if (hasTwins(keys)) problem ??= ['invalid_value', 'idempotency keys are not unique'];
  if (problem !== undefined) {
    notes.breach(`A bulk request that is not valid: ${problem[1]}`);
    refuse('items', ...problem);
  }
  // No breach: the API's own limit is unknown (docs/internals/api.md, "Limits").
  if (entries.length > options.maxItems) refuse('items', 'invalid_value', 'too many items');
  return { items: found, keys, refusal };
}

/** A mock shows that one incomplete item makes the whole request invalid (docs/internals/api.md, "Error body"). */
function readItem(entry: unknown, keys: string[]): EmulatedItem | Problem {
  const { _type: type, idempotency_key: key, ...fields } = isObject(entry) ? entry : NOTHING;
  if (typeof key === 'string') keys.push(key);
  if (typeof type !== 'string' || typeof key !== 'string') return INCOMPLETE;
  if (key.length < KEY_MIN || key.length > KEY_MAX) {
    return ['invalid_value', `idempotency keys have ${KEY_MIN} to ${KEY_MAX} characters`];
  }
  if (!BULK_ACTIONS.has(type)) {
    return ['invalid_value', 'one or more items have an unknown _type'];
  }
  return { key, type, fields };
}

function readSingle(
  { idempotency_key: key, ...fields }: Fields,
  { route, options, notes }: ReceivedRequest,
): ParsedRequest {
  const { type, param } = route;
  if (param !== undefined && Object.hasOwn(fields, param.name)) {
    if (options.strict) {
      notes.breach(`"${param.name}" stands in the path and in the body`);
      return refused(notValid(param.name, ['invalid_value', 'is not a known field']));
    }
    notes.unknownField(`${type}: ${param.name}`);
  }
  const item = itemOf(route, fields);
  if (key === undefined) return { items: [item], keys: [] };
  // Shorter than 8 is fine here, as TypeScript allows it (docs/internals/api.md, "Idempotency keys").
  if (typeof key !== 'string' || key.length === 0 || key.length > KEY_MAX) {
    notes.breach('A single request with an idempotency key that is not valid');
    const message = `has at most ${KEY_MAX} characters`;
    return refused(notValid('idempotency_key', ['invalid_value', message]));
  }
  return { items: [{ ...item, key }], keys: [key] };
}

/** The item of a single endpoint. */
function itemOf({ type, param }: Route, fields: Fields): EmulatedItem {
  const ofPath = param === undefined ? NOTHING : { [param.name]: param.value };
  return { key: null, type, fields: { ...fields, ...ofPath } };
}

function refused(refusal: FullResponse): ParsedRequest {
  return { items: [], keys: [], refusal };
}

function notValid(field: string, [code, message]: Problem): FullResponse {
  return jsonResponse(422, requestNotValid(field, code, message));
}

/** An empty body reads as `{}`: a start or a finish needs no fields. */
function parse(body: Uint8Array): unknown {
  if (body.length === 0) return NOTHING;
  try {
    return JSON.parse(textOf.decode(body));
  } catch {
    return undefined; // Not UTF-8, or not JSON: both are a bad request.
  }
}

function hasTwins(entries: readonly string[]): boolean {
  return new Set(entries).size < entries.length;
}
