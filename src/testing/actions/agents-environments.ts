// `agents/*` and `environments/*`: docs/internals/api.md, "Actions". They are here because a batch may mix all types;
// beyond names and the shape of the answers little is known of them, so little is checked.

import type { Named, World } from '../state/store.ts';
import { namedDetails } from '../state/views.ts';
import type { Action, ActionCall, Ran } from './action-handler.ts';
import { invalid, notFound, readFields, success } from './action-handler.ts';
import { FieldReader } from './field-reader.ts';

export interface NamedActions {
  readonly list: Action;
  readonly show: Action;
  readonly create: Action;
  readonly update: Action;
}

/** Records that have little more than a name, of one type. */
interface Kind {
  readonly type: 'agent' | 'environment';
  readonly recordsOf: (world: World) => Map<string, Named>;
  /** Fields of the list and the create beside those that both types have. */
  readonly list: readonly string[];
  readonly create: readonly string[];
}

export const agentActions: NamedActions = actionsOf({
  type: 'agent',
  recordsOf: (world) => world.agents,
  // An older docs page has environment_id on the list and beside `details` (docs/internals/api.md, "Actions").
  list: ['environment_id'],
  create: ['environment_id'],
});

export const environmentActions: NamedActions = actionsOf({
  type: 'environment',
  recordsOf: (world) => world.environments,
  list: ['account_id'],
  create: [],
});

function actionsOf(kind: Kind): NamedActions {
  return {
    list: (call) => list(kind, call),
    show: (call) => withRecord(kind, call, []),
    create: (call) => create(kind, call),
    update: (call) => withRecord(kind, call, ['details']),
  };
}

function list(kind: Kind, call: ActionCall): Ran {
  readFields(call, new Set(kind.list));
  if (call.problems.any) return invalid('Invalid query', call);
  const records = [...kind.recordsOf(call.world).values()];
  return success({ summaries: records.map((record) => namedDetails(kind.type, record)) }, null);
}

function create({ type, recordsOf, create: also }: Kind, call: ActionCall): Ran {
  const reader = readFields(call, new Set(['details', ...also]));
  const details = reader.object('details', 'required');
  if (details !== undefined) new FieldReader({ ...call, fields: details }).name('name', 'required');
  if (details === undefined || call.problems.any) return invalid(`Invalid ${type}`, call);
  const { world } = call;
  const record = { id: world.newId(call.key), insertedAt: world.timestamp(), fields: details };
  recordsOf(world).set(record.id, record);
  return success({ details: namedDetails(type, record) }, record.id);
}

/** Finds the record, and changes of it what the call may change: its `details`, or nothing. */
function withRecord({ type, recordsOf }: Kind, call: ActionCall, changes: readonly string[]): Ran {
  const idField = `${type}_id`;
  const reader = readFields(call, new Set([idField, ...changes]));
  const id = reader.id(idField, 'required') ?? null;
  const [details] = changes.map((name) => reader.object(name, 'required'));
  if (id === null || call.problems.any) return invalid(`Invalid ${type}`, call, id);
  const record = recordsOf(call.world).get(id);
  if (record === undefined) return notFound(type === 'agent' ? 'Agent' : 'Environment', id);
  record.fields = { ...record.fields, ...details };
  return success({ details: namedDetails(type, record) }, id);
}
