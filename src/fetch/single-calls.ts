// The single endpoints that the bulk endpoint has an action for (docs/internals/api.md, "Single endpoints" and "Actions").
import type { WireAction } from '../index.ts';
import type { Fields } from '../lib/own-fields.ts';
import { isObject, own } from '../lib/own-fields.ts';
import { tried } from '../lib/user-code.ts';

/** A call of a single endpoint, by its path. */
export interface SingleCall {
  readonly type: string;
  /** What stands in the path, and its name in an item. */
  readonly target: { readonly name: string; readonly id: string } | undefined;
}

const instancePath = /^agent_instance\/([^/%]+)\/(start|finish|record_quality)$/;
const finishPath = /^agent_spans\/([^/%]+)\/finish$/;

/** `path` is what follows `/api/v1/`. Undefined for all other endpoints. */
export function singleCallAt(path: string): SingleCall | undefined {
  if (path === 'agent_spans') return { type: 'agent_spans/create', target: undefined };
  if (path === 'agent_instance/register') {
    return { type: 'agent_instances/register', target: undefined };
  }
  const [, id, verb] = instancePath.exec(path) ?? [];
  if (id !== undefined) {
    return { type: `agent_instances/${verb}`, target: { name: 'agent_instance_id', id } };
  }
  const [, span] = finishPath.exec(path) ?? [];
  if (span === undefined) return undefined;
  return { type: 'agent_spans/finish', target: { name: 'agent_span_id', id: span } };
}

/** Numbers that may be others once they were read: long ones, and those with an exponent. */
const oddNumber = /[\d.]{16}|\d[eE]/;
const strings = /"(?:[^"\\]+|\\.)*"/g;

/** The fields of a body; undefined where it is no JSON object, or has a number that JSON.parse would round. */
export function fieldsOfBody(text: string): Fields | undefined {
  const body: unknown = tried(() => JSON.parse(text));
  const isRounded = oddNumber.test(text) && oddNumber.test(text.replaceAll(strings, ''));
  return isObject(body) && !isRounded ? body : undefined;
}

/** The same call as an item of a bulk request; undefined where a field of the body has no place in it. */
export function actionOf(
  { type, target }: SingleCall,
  body: Fields,
  key: unknown,
): WireAction | undefined {
  // The key of a span belongs beside its details. What the API does with one in them is unknown.
  const hasOddKey = type === 'agent_spans/create' && own(body['details'], 'idempotency_key');
  const names = ['_type', ...(target === undefined ? [] : [target.name])];
  if (hasOddKey || names.some((name) => Object.hasOwn(body, name))) return undefined;
  const { idempotency_key: _, ...fields } = body;
  return {
    _type: type,
    // Checked later, as all fields are.
    idempotency_key: key as string,
    ...fields,
    ...(target !== undefined && { [target.name]: target.id }),
  };
}
