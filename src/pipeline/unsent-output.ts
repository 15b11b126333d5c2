import type { IdGenerator } from '../ids/id-generator.ts';
import type { WireAction } from '../schemas/action.ts';
import { isObject, isText, ownId } from '../schemas/check.ts';

/**
 * The output of a call that is not sent: its own fields, as if the API had answered with them.
 * References whose id is not known yet are left out.
 */
export function unsentOutput(action: WireAction, id: string): object {
  const details: Record<string, unknown> = { id };
  for (const [name, given] of Object.entries(fieldsOf(action))) {
    const value = given instanceof Promise ? ownId(given) : given;
    if (value !== undefined) details[name] = value;
  }
  details['id'] = id;
  return { status: 'success', details };
}

/** The id that an action gives to what it makes; one of ours where it gives none. */
export function localIdOf(action: WireAction, ids: IdGenerator): string {
  const { id } = isObject(action['details']) ? action['details'] : action;
  return isText(id) ? id : ids.makeRoot();
}

/** What an action is called on: an id, or a reference to one; undefined where it makes something. */
export function targetOf(action: WireAction): unknown {
  return action['agent_span_id'] ?? action['agent_instance_id'];
}

function fieldsOf(action: WireAction): object {
  const { _type, idempotency_key, ...fields } = action;
  if (_type === 'agent_spans/create') return Object(fields['details']);
  const { agent_instance_id, agent_span_id, ...rest } = fields;
  return rest;
}
