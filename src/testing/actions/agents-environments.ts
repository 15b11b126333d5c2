// `agents/*` and `environments/*` (docs/internals/api.md, "Actions"), since a batch may mix all types. Little more than
// their names is known, so little is checked.

import type { Store } from '../state/store.ts';
import type { Fields } from '../wire/items.ts';
import type { ActionHandler, ActionResult } from './action-results.ts';
import { invalid, notFound, success } from './action-results.ts';
import type { EmulatedAction } from './emulated-action.ts';

interface RecordKind {
  readonly type: 'agent' | 'environment';
  readonly recordsOf: (store: Store) => Map<string, Fields>;
  /** Further fields of the list and of the create. */
  readonly list: readonly string[];
  readonly create: readonly string[];
}

type TypedHandlers = readonly (readonly [type: string, ActionHandler])[];

export const agentActions: TypedHandlers = actionsOf({
  type: 'agent',
  recordsOf: (store) => store.agents,
  // An older docs page has environment_id on the list and beside `details` (docs/internals/api.md, "Actions").
  list: ['environment_id'],
  create: ['environment_id'],
});

export const environmentActions: TypedHandlers = actionsOf({
  type: 'environment',
  recordsOf: (store) => store.environments,
  list: ['account_id'],
  create: [],
});

function actionsOf(kind: RecordKind): TypedHandlers {
  const prefix = `${kind.type}s`;
  return [
    [`${prefix}/list`, (action) => list(kind, action)],
    [`${prefix}/show`, (action) => withRecord(kind, action, [])],
    [`${prefix}/create`, (action) => create(kind, action)],
    [`${prefix}/update`, (action) => withRecord(kind, action, ['details'])],
  ];
}

function list(kind: RecordKind, action: EmulatedAction): ActionResult {
  action.dropOthers(kind.list);
  if (action.problems) return invalid('Invalid query', action, null);
  return success({ summaries: [...kind.recordsOf(action.store).values()] }, null);
}

function create(
  { type, recordsOf, create: also }: RecordKind,
  action: EmulatedAction,
): ActionResult {
  const details = action.inner('details', 'required', '');
  action.dropOthers(also);
  details?.name('name', 'required');
  if (action.problems !== undefined) return invalid(`Invalid ${type}`, action, null);
  const { store } = action;
  const id = store.newId(action.key);
  const record = { ...details?.fields, type, id, inserted_at: store.timestamp() };
  recordsOf(store).set(id, record);
  return success({ details: record }, id);
}

/** Shows a record; an update changes its `details` first. */
function withRecord(
  { type, recordsOf }: RecordKind,
  action: EmulatedAction,
  changes: readonly string[],
): ActionResult {
  const idField = `${type}_id`;
  const id = action.id(idField, 'required');
  const [details] = changes.map((name) => action.object(name, 'required'));
  action.dropOthers();
  if (action.problems !== undefined) return invalid(`Invalid ${type}`, action, id);
  const known = recordsOf(action.store).get(id);
  if (known === undefined) return notFound(type === 'agent' ? 'Agent' : 'Environment', id);
  const record = { ...known, ...details, type, id, inserted_at: known['inserted_at'] };
  recordsOf(action.store).set(id, record);
  return success({ details: record }, id);
}
