import { unpolluted } from '../lib/prototype-pollution.ts';
import type { WireAction } from '../schemas/action.ts';
import { isObject } from '../schemas/check.ts';

/**
 * An action of somebody else's, made ours: references may be replaced in it, and in its `details`.
 * What else is in it is shared, and never changed. It is read once, getters included, and has no
 * `toJSON` to change it afterwards: so what is checked in it is what is sent.
 */
export function ownAction(
  action: Readonly<Record<string, unknown>>,
  type: string,
  key: string,
): WireAction {
  // What the action itself says of the two may be another thing each time.
  const head = { _type: type, idempotency_key: key };
  const own: WireAction = withoutToJson(Object.assign({ ...head, ...action }, head));
  if (isObject(own['details'])) own['details'] = withoutToJson({ ...own['details'] });
  return own;
}

/** An item of a batch that the caller packed, made ours in the same way; its fields keep their order. */
export function ownItem<Item>(item: Item): Item {
  return isObject(item) ? withoutToJson({ ...item }) : item;
}

/** JSON leaves functions out, but for this one, which it asks what to write instead. */
function withoutToJson<Fields extends Record<string, unknown>>(given: Fields): Fields {
  const fields = unpolluted(given);
  if (typeof fields['toJSON'] === 'function') delete (fields as Record<string, unknown>)['toJSON'];
  return fields;
}

/** The same action, without the fields that JSON would leave out. */
export function withoutUndefined(action: WireAction): WireAction {
  const own = defined(action) as WireAction;
  if (isObject(own['details'])) own['details'] = defined(own['details']);
  return own;
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  let own: Record<string, unknown> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    if (!(name in own)) own[name] = value;
    // Of a name that all objects inherit: to assign it may mean something else.
    else if (Object.hasOwn(fields, name)) own = { ...own, [name]: value };
  }
  return own;
}
