// `agents/*` and `environments/*` (docs/internals/api.md, "Actions"), since a batch may mix all types. Little more than
// their names is known, so little is checked.

import type { ActionResult } from '../wire/action-results.ts';
import { notFound, success } from '../wire/action-results.ts';
import type { Fields } from '../wire/items.ts';
import type { ActionHandler, EmulatedAction } from './emulated-action.ts';

type RecordType = 'agent' | 'environment';

// An older docs page has environment_id on the list and beside `details` (docs/internals/api.md, "Actions").
export const agentAndEnvironmentActions: ReadonlyMap<string, ActionHandler> = new Map([
  ...handlersOf('agent', ['environment_id'], ['environment_id']),
  ...handlersOf('environment', ['account_id'], []),
]);

/** With the fields that only this type has on its list, and on its create. */
function handlersOf(
  type: RecordType,
  onList: readonly string[],
  onCreate: readonly string[],
): [type: string, ActionHandler][] {
  return [
    [`${type}s/list`, (action) => list(type, action, onList)],
    [`${type}s/show`, (action) => withRecord(type, action)],
    [`${type}s/create`, (action) => create(type, action, onCreate)],
    [`${type}s/update`, (action) => withRecord(type, action, action.object('details', 'required'))],
  ];
}

function list(type: RecordType, action: EmulatedAction, known: readonly string[]): ActionResult {
  action.dropOthers(known);
  if (action.problems !== undefined) return action.invalid('Invalid query', null);
  return success({ summaries: [...action.store.records[type].values()] }, null);
}

function create(type: RecordType, action: EmulatedAction, known: readonly string[]): ActionResult {
  const { store } = action;
  const details = action.inner('details', 'required', '');
  action.dropOthers(known);
  details?.name('name', 'required');
  if (action.problems !== undefined) return action.invalid(`Invalid ${type}`, null);
  const id = store.newId(action.item.key);
  const record = { ...details?.fields, type, id, inserted_at: store.timestamp() };
  store.records[type].set(id, record);
  return success({ details: record }, id);
}

/** Shows a record; an update changes its `details` first. */
function withRecord(type: RecordType, action: EmulatedAction, details?: Fields): ActionResult {
  const records = action.store.records[type];
  const id = action.id(`${type}_id`, 'required');
  action.dropOthers();
  if (action.problems !== undefined) return action.invalid(`Invalid ${type}`, id);
  const known = records.get(id);
  if (known === undefined) return notFound(type === 'agent' ? 'Agent' : 'Environment', id);
  const record = { ...known, ...details, type, id, inserted_at: known['inserted_at'] };
  records.set(id, record);
  return success({ details: record }, id);
}
