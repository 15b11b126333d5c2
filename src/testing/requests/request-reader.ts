// Reads a request (docs/internals/api.md, "Connection", "Bulk request" and "Single endpoints"). One that breaks the
// contract is reported as a breach, and refused as a whole.

import { BULK_ACTIONS } from '../actions/action-table.ts';
import type { EmulatedRequest, FullResponse } from '../http/request-response.ts';
import { jsonResponse } from '../http/request-response.ts';
import type { ResolvedOptions } from '../options/emulator-options.ts';
import type { RequestRecord } from '../report/report.ts';
import { errorOutput, requestNotValid } from '../wire/errors.ts';
import type { EmulatedItem, Fields } from '../wire/items.ts';
import { isFields } from '../wire/items.ts';
import type { Route } from '../wire/routes.ts';

export interface ParsedRequest {
  readonly items: readonly EmulatedItem[];
  /** The keys of all items that have one, also when the request is refused. */
  readonly keys: readonly string[];
  /** The response, if the items must not run. */
  readonly refusal?: FullResponse | undefined;
}

type RequestProblem = readonly [code: 'required_value' | 'invalid_value', message: string];

const SDK = /^\S+@\S+(?: \S+@\S+)*$/;
const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
// *Conflicting* (docs/internals/api.md, "Bulk request"): a newer page allows 128. The shorter limit is safe with both.
const MAX_KEY_LENGTH = 64;
const INCOMPLETE: RequestProblem = ['required_value', 'one or more items are incomplete'];
const bodyText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface ReceivedRequest {
  readonly request: EmulatedRequest;
  readonly route: Route;
  readonly options: ResolvedOptions;
  readonly record: RequestRecord;
}

export function readRequest(received: ReceivedRequest): ParsedRequest {
  const { request, route } = received;
  const refusal = checkHeaders(received);
  const parsed = route.hasBody
    ? readBody(received)
    : { items: [itemOf(route, Object.fromEntries(request.url.searchParams))], keys: [] };
  return { ...parsed, refusal: refusal ?? parsed.refusal };
}

function checkHeaders(received: ReceivedRequest): FullResponse | undefined {
  const { request, route, options, record } = received;
  const sdk = request.header('x-prefactor-sdk');
  // Whether the server needs the header is **unknown** (docs/internals/api.md, "Connection"); a client must send it.
  if (sdk === null) record.breach('No X-Prefactor-SDK header');
  else if (!SDK.test(sdk)) record.breach('X-Prefactor-SDK is no list of <package>@<version>');
  else if (hasDuplicates(sdk.split(' '))) record.breach('X-Prefactor-SDK names an entry twice');
  if (request.header('idempotency-key') !== null) {
    record.breach('Idempotency-Key header: the key belongs into the body');
  }

  const authorization = request.header('authorization');
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) record.breach('No bearer token');
  if (token === undefined || !options.acceptsToken(token)) {
    const problem = token === undefined ? 'There is no bearer token' : 'The token is not valid';
    return jsonResponse(401, errorOutput('bad_authtoken', `${problem}: ${options.wantedToken}`));
  }
  return request.body.length === 0 || !route.hasBody ? undefined : checkType(received);
}

/** Plain JSON only: no source shows another type, or a compressed body (docs/internals/api.md, "Connection"). */
function checkType({ request, record }: ReceivedRequest): FullResponse | undefined {
  const type = request.header('content-type');
  const encoding = request.header('content-encoding');
  if (type !== null && JSON_TYPE.test(type) && encoding === null) return undefined;
  const sentence =
    encoding === null
      ? `The content type is ${type ?? 'missing'}, not application/json`
      : `The body is encoded (${encoding})`;
  record.breach(sentence);
  return jsonResponse(415, errorOutput('bad_request', sentence));
}

function readBody(received: ReceivedRequest): ParsedRequest {
  const { request, route, options, record } = received;
  const body = parse(request.body);
  const tooLarge =
    request.body.length > options.maxBytes
      ? jsonResponse(413, errorOutput('bad_request', 'The request is too large'))
      : undefined;
  if (!isFields(body)) {
    // If it is too large, perhaps only its beginning was read.
    if (tooLarge !== undefined) return refused(tooLarge);
    record.breach('The body is not a JSON object');
    return refused(jsonResponse(400, errorOutput('bad_request', 'The body is not a JSON object')));
  }
  const parsed = route.kind === 'bulk' ? readBulk(body, received) : readSingle(body, received);
  return { ...parsed, refusal: tooLarge ?? parsed.refusal };
}

function readBulk(
  { items, ...others }: Fields,
  { options, record }: ReceivedRequest,
): ParsedRequest {
  let refusal: FullResponse | undefined;
  const refuse = (field: string, ...problem: RequestProblem): void => {
    refusal ??= notValid(field, problem);
  };
  for (const name of Object.keys(others)) {
    if (!options.strict) {
      record.unknownField(`bulk: ${name}`);
      continue;
    }
    record.breach(`Unknown field "${name}" beside items`);
    refuse(name, 'invalid_value', 'is not a known field');
  }
  const entries: readonly unknown[] = Array.isArray(items) ? items : [];
  if (entries.length === 0) {
    record.breach('A bulk request without items');
    refuse('items', 'required_value', 'at least one item is needed');
    return { items: [], keys: [], refusal };
  }
  const found: EmulatedItem[] = [];
  const keys: string[] = [];
  let problem: RequestProblem | undefined;
  for (const entry of entries) {
    const item = readItem(entry, keys);
    if ('type' in item) found.push(item);
    else problem ??= item;
  }
  if (hasDuplicates(keys)) problem ??= ['invalid_value', 'idempotency keys are not unique'];
  if (problem !== undefined) {
    record.breach(`A bulk request that is not valid: ${problem[1]}`);
    refuse('items', ...problem);
  }
  // No breach: the API's own limit is unknown (docs/internals/api.md, "Limits").
  if (entries.length > options.maxItems) refuse('items', 'invalid_value', 'too many items');
  return { items: found, keys, refusal };
}

/** A mock shows that one incomplete item makes the whole request invalid (docs/internals/api.md, "Error body"). */
function readItem(entry: unknown, keys: string[]): EmulatedItem | RequestProblem {
  const { _type: type, idempotency_key: key, ...fields }: Fields = isFields(entry) ? entry : {};
  if (typeof key === 'string') keys.push(key);
  if (typeof type !== 'string' || typeof key !== 'string') return INCOMPLETE;
  if (key.length < 8 || key.length > MAX_KEY_LENGTH) {
    return ['invalid_value', `idempotency keys have 8 to ${MAX_KEY_LENGTH} characters`];
  }
  if (!BULK_ACTIONS.has(type)) {
    return ['invalid_value', 'one or more items have an unknown _type'];
  }
  return { key, type, fields };
}

function readSingle(
  { idempotency_key: key, ...fields }: Fields,
  { route, options, record }: ReceivedRequest,
): ParsedRequest {
  const doubled = Object.keys(route.params).find((name) => Object.hasOwn(fields, name));
  if (doubled !== undefined) {
    if (options.strict) {
      record.breach(`"${doubled}" stands in the path and in the body`);
      return refused(notValid(doubled, ['invalid_value', 'is not a known field']));
    }
    record.unknownField(`${route.type}: ${doubled}`);
  }
  const item = itemOf(route, fields);
  if (key === undefined) return { items: [item], keys: [] };
  // Shorter than 8 is fine here, as TypeScript allows it (docs/internals/api.md, "Idempotency keys").
  if (typeof key !== 'string' || key.length === 0 || key.length > MAX_KEY_LENGTH) {
    record.breach('A single request with an idempotency key that is not valid');
    const message = `has at most ${MAX_KEY_LENGTH} characters`;
    return refused(notValid('idempotency_key', ['invalid_value', message]));
  }
  return { items: [{ ...item, key }], keys: [key] };
}

/** The item of a single endpoint. */
function itemOf({ type, params }: Route, fields: Fields): EmulatedItem {
  return { key: null, type, fields: { ...fields, ...params } };
}

function refused(refusal: FullResponse): ParsedRequest {
  return { items: [], keys: [], refusal };
}

function notValid(field: string, [code, message]: RequestProblem): FullResponse {
  return jsonResponse(422, requestNotValid(field, code, message));
}

/** An empty body reads as `{}`: a start or a finish needs no fields. */
function parse(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(bodyText.decode(body));
  } catch {
    return undefined; // Not UTF-8, or not JSON: both are a bad request.
  }
}

function hasDuplicates(entries: readonly string[]): boolean {
  return new Set(entries).size < entries.length;
}
