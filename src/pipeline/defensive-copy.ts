import { isObject, unpolluted } from '../lib/own-fields.ts';
import type { WireAction } from '../schemas/action.ts';

/**
 * A copy of an action that was given, so that what is checked in it is what is sent: getters are read once, and
 * no `toJSON` is left to change it afterwards. References may be replaced in the copy and in its `details`;
 * what else is in it is shared, and never changed.
 */
export function copyAction(
  action: Readonly<Record<string, unknown>>,
  type: string,
  key: string,
): WireAction {
  // What the action itself says of the two may be another thing each time.
  const head = { _type: type, idempotency_key: key };
  const copy: WireAction = withoutToJson(Object.assign({ ...head, ...action }, head));
  if (isObject(copy['details'])) copy['details'] = withoutToJson({ ...copy['details'] });
  return copy;
}

/** The same of an item of a batch that the caller packed; its fields keep their order. */
export function copyItem<Item>(item: Item): Item {
  return isObject(item) ? withoutToJson({ ...item }) : item;
}

/** JSON leaves functions out, but for this one, which it asks what to write instead. */
function withoutToJson<Fields extends Record<string, unknown>>(given: Fields): Fields {
  const fields = unpolluted(given);
  if (typeof fields['toJSON'] === 'function') delete (fields as Record<string, unknown>)['toJSON'];
  return fields;
}

/** A copy without the fields that JSON would leave out. */
export function withoutUndefined(action: WireAction): WireAction {
  const copy = definedFieldsOf(action) as WireAction;
  if (isObject(copy['details'])) copy['details'] = definedFieldsOf(copy['details']);
  return copy;
}

function definedFieldsOf(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let copy: Record<string, unknown> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    if (!(name in copy)) copy[name] = value;
    // Of a name that all objects inherit: to assign it may mean something else.
    else if (Object.hasOwn(fields, name)) copy = { ...copy, [name]: value };
  }
  return copy;
}
