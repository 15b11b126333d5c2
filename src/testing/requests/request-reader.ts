// Reads a request (docs/internals/api.md, "Connection", "Bulk request" and "Single endpoints"). One that breaks the
// contract is reported as a breach, and refused as a whole.

import { BULK_ACTIONS } from '../actions/action-table.ts';
import type { EmulatedRequest, FullResponse } from '../http/request-response.ts';
import { jsonResponse } from '../http/request-response.ts';
import type { ResolvedOptions } from '../options/emulator-options.ts';
import type { RequestNotes } from '../report/report.ts';
import type { ErrorOutput } from '../wire/errors.ts';
import { errorOutput, requestNotValid } from '../wire/errors.ts';
import type { EmulatedItem, Fields } from '../wire/items.ts';
import { isFields } from '../wire/items.ts';
import type { Route } from '../wire/routes.ts';

/** A request to a known route, and what was read of it. */
export interface ArrivedRequest {
  readonly request: EmulatedRequest;
  readonly route: Route;
  readonly notes: RequestNotes;
  readonly options: ResolvedOptions;
  readonly items: EmulatedItem[];
  /** The keys of all items that have one, also when the request is refused. */
  readonly keys: string[];
  /** The response, if the items must not run. */
  refusal?: FullResponse;
}

type RequestProblem = readonly [code: 'required_value' | 'invalid_value', message: string];

const SDK = /^\S+@\S+(?: \S+@\S+)*$/;
const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
// *Conflicting* (docs/internals/api.md, "Bulk request"): a newer page allows 128. The shorter limit is safe with both.
const LONGEST_REQUEST_KEY = 64;
const requestText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function readRequest(
  request: EmulatedRequest,
  route: Route,
  notes: RequestNotes,
  options: ResolvedOptions,
): ArrivedRequest {
  const arrived: ArrivedRequest = { request, route, notes, options, items: [], keys: [] };
  checkHeaders(arrived);
  if (route.hasBody) readBody(arrived);
  else arrived.items.push(itemOf(route, Object.fromEntries(request.url.searchParams)));
  return arrived;
}

function checkHeaders(arrived: ArrivedRequest): void {
  const { request, route, options, notes } = arrived;
  const sdk = request.header('x-prefactor-sdk');
  // Whether the server needs the header is **unknown** (docs/internals/api.md, "Connection"); released SDKs send none.
  if (sdk !== null && !SDK.test(sdk)) {
    notes.breach('X-Prefactor-SDK is no list of <package>@<version>');
  } else if (sdk !== null && hasDuplicates(sdk.split(' '))) {
    notes.breach('X-Prefactor-SDK names an entry twice');
  }
  if (request.header('idempotency-key') !== null) {
    notes.breach('Idempotency-Key header: the key belongs into the body');
  }

  const token = /^Bearer (\S+)$/.exec(request.header('authorization') ?? '')?.[1];
  if (token === undefined) notes.breach('No bearer token');
  if (token === undefined || !options.acceptsToken(token)) {
    const problem = token === undefined ? 'There is no bearer token' : 'The token is not valid';
    refuse(arrived, 401, errorOutput('bad_authtoken', `${problem}: ${options.wantedToken}`));
  } else if (request.body.length > 0 && route.hasBody) {
    checkType(arrived);
  }
}

/** Plain JSON only: no source shows another type, or a compressed body (docs/internals/api.md, "Connection"). */
function checkType(arrived: ArrivedRequest): void {
  const type = arrived.request.header('content-type');
  const encoding = arrived.request.header('content-encoding');
  if (encoding !== null) {
    refuseBreach(arrived, 415, `The body is encoded (${encoding})`);
  } else if (type === null || !JSON_TYPE.test(type)) {
    refuseBreach(arrived, 415, `The content type is ${type ?? 'missing'}, not application/json`);
  }
}

function readBody(arrived: ArrivedRequest): void {
  const { request, route, options } = arrived;
  const isTooLarge = request.body.length > options.maxBytes;
  if (isTooLarge) refuse(arrived, 413, errorOutput('bad_request', 'The request is too large'));
  const body = parse(request.body);
  if (isFields(body)) {
    if (route.kind === 'bulk') readBulk(body, arrived);
    else readSingle(body, arrived);
  } else if (!isTooLarge) {
    // Of one that is too large, perhaps only the beginning was read.
    refuseBreach(arrived, 400, 'The body is not a JSON object');
  }
}

function readBulk({ items, ...others }: Fields, arrived: ArrivedRequest): void {
  const { options, notes, keys } = arrived;
  for (const name of Object.keys(others)) {
    dropField(arrived, name, `Unknown field "${name}" beside items`);
  }
  const entries: readonly unknown[] = Array.isArray(items) ? items : [];
  if (entries.length === 0) {
    notes.breach('A bulk request without items');
    refuseField(arrived, 'items', ['required_value', 'at least one item is needed']);
    return;
  }
  let problem: RequestProblem | undefined;
  for (const entry of entries) {
    const item = readItem(entry, keys);
    if ('type' in item) arrived.items.push(item);
    else problem ??= item;
  }
  if (hasDuplicates(keys)) problem ??= ['invalid_value', 'idempotency keys are not unique'];
  if (problem !== undefined) {
    notes.breach(`A bulk request that is not valid: ${problem[1]}`);
    refuseField(arrived, 'items', problem);
  }
  // No breach: the API's own limit is unknown (docs/internals/api.md, "Limits").
  if (entries.length > options.maxItems) {
    refuseField(arrived, 'items', ['invalid_value', 'too many items']);
  }
}

/** A mock shows that one incomplete item makes the whole request invalid (docs/internals/api.md, "Error body"). */
function readItem(entry: unknown, keys: string[]): EmulatedItem | RequestProblem {
  const { _type: type, idempotency_key: key, ...fields }: Fields = isFields(entry) ? entry : {};
  if (typeof key === 'string') keys.push(key);
  if (typeof type !== 'string' || typeof key !== 'string') {
    return ['required_value', 'one or more items are incomplete'];
  }
  if (key.length < 8 || key.length > LONGEST_REQUEST_KEY) {
    return ['invalid_value', `idempotency keys have 8 to ${LONGEST_REQUEST_KEY} characters`];
  }
  if (!BULK_ACTIONS.has(type)) {
    return ['invalid_value', 'one or more items have an unknown _type'];
  }
  return { key, type, fields };
}

function readSingle({ idempotency_key: key, ...fields }: Fields, arrived: ArrivedRequest): void {
  const { route, options, notes, items, keys } = arrived;
  const doubled = Object.keys(route.params).find((name) => Object.hasOwn(fields, name));
  if (doubled !== undefined) {
    dropField(arrived, doubled, `"${doubled}" stands in the path and in the body`);
    if (options.strict) return;
  }
  const item = itemOf(route, fields);
  // Shorter than 8 is fine here, as TypeScript allows it (docs/internals/api.md, "Idempotency keys").
  if (key === undefined) {
    items.push(item);
  } else if (typeof key === 'string' && key.length > 0 && key.length <= LONGEST_REQUEST_KEY) {
    items.push({ ...item, key });
    keys.push(key);
  } else {
    notes.breach('A single request with an idempotency key that is not valid');
    const message = `has at most ${LONGEST_REQUEST_KEY} characters`;
    refuseField(arrived, 'idempotency_key', ['invalid_value', message]);
  }
}

/** The item of a single endpoint. */
function itemOf({ type, params }: Route, fields: Fields): EmulatedItem {
  return { key: null, type, fields: { ...fields, ...params } };
}

/** For a field that the API drops without a word. With the option `strict` it is a breach, and refused. */
function dropField(arrived: ArrivedRequest, name: string, breach: string): void {
  const { route, options, notes } = arrived;
  if (options.strict) {
    notes.breach(breach);
    refuseField(arrived, name, ['invalid_value', 'is not a known field']);
  } else {
    notes.unknownField(`${route.type}: ${name}`);
  }
}

function refuseField(
  arrived: ArrivedRequest,
  field: string,
  [code, message]: RequestProblem,
): void {
  refuse(arrived, 422, requestNotValid(field, code, message));
}

function refuseBreach(arrived: ArrivedRequest, status: number, sentence: string): void {
  arrived.notes.breach(sentence);
  refuse(arrived, status, errorOutput('bad_request', sentence));
}

/** The first refusal counts. */
function refuse(arrived: ArrivedRequest, status: number, error: ErrorOutput): void {
  arrived.refusal ??= jsonResponse(status, error);
}

/** An empty body reads as `{}`: a start or a finish needs no fields. */
function parse(body: Uint8Array): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(requestText.decode(body));
  } catch {
    return undefined; // Not UTF-8, or not JSON: both are a bad request.
  }
}

function hasDuplicates(texts: readonly string[]): boolean {
  return new Set(texts).size < texts.length;
}
