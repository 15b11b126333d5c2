// Reads a request: its headers, the envelope of a bulk request, the body of a single
// one (docs/internals/api.md, "Connection", "Bulk request" and "Single endpoints"). What breaks the contract is noted
// as a breach and refused as a whole.

import { BULK_ACTIONS } from '../actions/action-table.ts';
import { isObject } from '../actions/field-reader.ts';
import type { Rules } from '../options/emulator-options.ts';
import { errorOutput, requestNotValid } from '../wire/error-output.ts';
import type { EmulatedItem, Fields, FullAnswer, Incoming } from '../wire/items.ts';
import { jsonAnswer } from '../wire/items.ts';
import type { Route } from '../wire/routes.ts';

/** What a request asks for, and the answer if it must not be done. */
export interface Reading {
  readonly items: readonly EmulatedItem[];
  /** The keys of all items that have one, also when the request is refused. */
  readonly keys: readonly string[];
  readonly refusal: FullAnswer | undefined;
}

/** What is told of a request beside its answer. */
export interface Notes {
  /** A way in which the contract was broken. */
  breach(sentence: string): void;
  /** A field that is left out of account. */
  drop(field: string): void;
}

type ItemProblem = readonly [code: 'required_value' | 'invalid_value', message: string];

const NOTHING: Fields = {};
const SDK = /^\S+@\S+(?: \S+@\S+)*$/;
const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
// *Conflicting* (docs/internals/api.md, "Bulk request"): a newer page allows 128. The shorter limit is safe with both.
const KEY_MIN = 8;
const KEY_MAX = 64;
const textOf = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function readRequest(incoming: Incoming, route: Route, rules: Rules, notes: Notes): Reading {
  const refusal = checkHeaders(incoming, route, rules, notes);
  if (!route.hasBody) {
    const fields = { ...Object.fromEntries(incoming.url.searchParams), ...pathField(route) };
    return reading([{ key: null, type: route.type, fields }], [], refusal);
  }
  const body = parse(incoming.body);
  const tooLarge =
    incoming.body.length > rules.maxBytes
      ? jsonAnswer(413, errorOutput('bad_request', 'The request is too large'))
      : undefined;
  if (!isObject(body)) {
    // Not all of it may have been read.
    if (tooLarge !== undefined) return reading([], [], refusal ?? tooLarge);
    notes.breach('The body is not a JSON object');
    const bad = errorOutput('bad_request', 'The body is not a JSON object');
    return reading([], [], refusal ?? jsonAnswer(400, bad));
  }
  const read =
    route.kind === 'bulk' ? readBulk(body, rules, notes) : readSingle(body, route, rules, notes);
  const refused = refusal ?? tooLarge;
  return refused === undefined ? read : { ...read, refusal: refused };
}

function checkHeaders(
  incoming: Incoming,
  route: Route,
  rules: Rules,
  { breach }: Notes,
): FullAnswer | undefined {
  const sdk = incoming.header('x-prefactor-sdk');
  // Whether the server needs the header is **unknown** (docs/internals/api.md, "Connection"); a client must send it.
  if (sdk === null) breach('No X-Prefactor-SDK header');
  else if (!SDK.test(sdk)) breach('X-Prefactor-SDK is no list of <package>@<version>');
  else if (hasTwins(sdk.split(' '))) breach('X-Prefactor-SDK names an entry twice');
  if (incoming.header('idempotency-key') !== null) {
    breach('Idempotency-Key header: the key belongs into the body');
  }

  const authorization = incoming.header('authorization');
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  if (token === undefined) breach('No bearer token');
  if (token === undefined || !rules.acceptsToken(token)) {
    const problem = token === undefined ? 'There is no bearer token' : 'The token is not valid';
    return jsonAnswer(401, errorOutput('bad_authtoken', `${problem}: ${rules.wantedToken}`));
  }
  return incoming.body.length === 0 || !route.hasBody ? undefined : checkType(incoming, breach);
}

/** Plain JSON only: no source shows another type, or a compressed body (docs/internals/api.md, "Connection"). */
function checkType(incoming: Incoming, breach: Notes['breach']): FullAnswer | undefined {
  const type = incoming.header('content-type');
  const encoding = incoming.header('content-encoding');
  if (type !== null && JSON_TYPE.test(type) && encoding === null) return undefined;
  const sentence =
    encoding === null
      ? `The content type is ${type ?? 'missing'}, not application/json`
      : `The body is encoded (${encoding})`;
  breach(sentence);
  return jsonAnswer(415, errorOutput('bad_request', sentence));
}

function readBulk(body: Fields, rules: Rules, { breach, drop }: Notes): Reading {
  const { items, ...others } = body;
  const refused: FullAnswer[] = [];
  const refuse = (field: string, code: ItemProblem[0], message: string): void => {
    refused.push(jsonAnswer(422, requestNotValid(field, code, message)));
  };
  const found: EmulatedItem[] = [];
  const keys: string[] = [];
  for (const name of Object.keys(others)) {
    if (!rules.strict) {
      drop(`bulk: ${name}`);
      continue;
    }
    breach(`Unknown field "${name}" beside items`);
    refuse(name, 'invalid_value', 'is not a known field');
  }
  if (!Array.isArray(items) || items.length === 0) {
    breach('A bulk request without items');
    refuse('items', 'required_value', 'at least one item is needed');
    return reading(found, keys, refused[0]);
  }
  const entries: readonly unknown[] = items;
  let problem: ItemProblem | undefined;
  for (const entry of entries) {
    const item = readItem(entry, keys);
    if ('type' in item) found.push(item);
    else problem ??= item.problem;
  }
  if (new Set(keys).size < keys.length)
    problem ??= ['invalid_value', 'idempotency keys are not unique'];
  if (problem !== undefined) {
    breach(`A bulk request that is not valid: ${problem[1]}`);
    refuse('items', ...problem);
  }
  // A limit is no breach, since nobody knows the API's own (docs/internals/api.md, "Limits").
  if (items.length > rules.maxItems) refuse('items', 'invalid_value', 'too many items');
  return reading(found, keys, refused[0]);
}

function readItem(
  entry: unknown,
  keys: string[],
): EmulatedItem | { readonly problem: ItemProblem } {
  // A mock shows that one incomplete item makes the whole request invalid (docs/internals/api.md, "Error body").
  if (!isObject(entry)) return { problem: ['required_value', 'one or more items are incomplete'] };
  const { _type: type, idempotency_key: key, ...fields } = entry;
  if (typeof key === 'string') keys.push(key);
  if (typeof type !== 'string' || typeof key !== 'string') {
    return { problem: ['required_value', 'one or more items are incomplete'] };
  }
  if (key.length < KEY_MIN || key.length > KEY_MAX) {
    return {
      problem: ['invalid_value', `idempotency keys have ${KEY_MIN} to ${KEY_MAX} characters`],
    };
  }
  if (!BULK_ACTIONS.has(type)) {
    return { problem: ['invalid_value', 'one or more items have an unknown _type'] };
  }
  return { key, type, fields };
}

function readSingle(body: Fields, route: Route, rules: Rules, { breach, drop }: Notes): Reading {
  const { idempotency_key: key, ...fields } = body;
  const { type, param } = route;
  if (param !== undefined && Object.hasOwn(fields, param.name)) {
    if (rules.strict) {
      breach(`"${param.name}" stands in the path and in the body`);
      const refused = requestNotValid(param.name, 'invalid_value', 'is not a known field');
      return reading([], [], jsonAnswer(422, refused));
    }
    drop(`${type}: ${param.name}`);
  }
  const item = { key: null, type, fields: { ...fields, ...pathField(route) } };
  if (key === undefined) return reading([item], [], undefined);
  // Shorter than 8 is fine here, as TypeScript allows it (docs/internals/api.md, "Idempotency keys").
  if (typeof key !== 'string' || key.length === 0 || key.length > KEY_MAX) {
    breach('A single request with an idempotency key that is not valid');
    const message = `has at most ${KEY_MAX} characters`;
    return reading(
      [],
      [],
      jsonAnswer(422, requestNotValid('idempotency_key', 'invalid_value', message)),
    );
  }
  return reading([{ ...item, key }], [key], undefined);
}

function reading(
  items: readonly EmulatedItem[],
  keys: readonly string[],
  refusal: FullAnswer | undefined,
): Reading {
  return { items, keys, refusal };
}

function pathField({ param }: Route): Fields {
  return param === undefined ? NOTHING : { [param.name]: param.value };
}

/** No body at all reads as `{}`: a start or a finish has nothing that it must say. */
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
