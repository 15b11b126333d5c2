// `agents/*` and `environments/*`: wire.md 2.2. They are here because a batch may mix all types;
// beyond names and the shape of the answers little is known of them, so little is checked.

import { FieldReader, Problems } from '../checks.ts';
import type { Named, World } from '../state.ts';
import { namedDetails } from '../views.ts';
import type { Action, ActionCall, Ran } from './action.ts';
import { dropUnknown, invalid, notFound, success } from './action.ts';

export interface NamedActions {
  readonly list: Action;
  readonly show: Action;
  readonly create: Action;
  readonly update: Action;
}

export const agentActions: NamedActions = actionsOf('agent', (world) => world.agents, {
  // An older docs page has environment_id on the list and beside `details` (wire.md 2.2).
  list: ['environment_id'],
  create: ['environment_id'],
});

export const environmentActions: NamedActions = actionsOf(
  'environment',
  (world) => world.environments,
  { list: ['account_id'], create: [] },
);

function actionsOf(
  type: string,
  recordsOf: (world: World) => Map<string, Named>,
  also: { readonly list: readonly string[]; readonly create: readonly string[] },
): NamedActions {
  const idField = `${type}_id`;
  const list = new Set(also.list);
  const show = new Set([idField]);
  const create = new Set(['details', ...also.create]);
  const update = new Set([idField, 'details']);

  function read(call: ActionCall, known: ReadonlySet<string>): [FieldReader, Problems] {
    const problems = new Problems();
    const reader = new FieldReader(call.fields, problems);
    dropUnknown(call, reader, known, problems);
    return [reader, problems];
  }

  /** Finds the record and applies what `prepare` made of the other fields. */
  function withRecord(
    call: ActionCall,
    known: ReadonlySet<string>,
    prepare: (reader: FieldReader) => (record: Named) => void,
  ): Ran {
    const [reader, problems] = read(call, known);
    const id = reader.id(idField, 'required') ?? null;
    const apply = prepare(reader);
    if (id === null || problems.any) return invalid(`Invalid ${type}`, problems, id);
    const record = recordsOf(call.world).get(id);
    if (record === undefined) return notFound(type === 'agent' ? 'Agent' : 'Environment', id);
    apply(record);
    return success({ details: namedDetails(type, record) }, id);
  }

  return {
    list(call) {
      const [, problems] = read(call, list);
      if (problems.any) return invalid('Invalid query', problems);
      const records = [...recordsOf(call.world).values()];
      return success({ summaries: records.map((record) => namedDetails(type, record)) }, null);
    },
    show: (call) => withRecord(call, show, () => () => {}),
    create(call) {
      const [reader, problems] = read(call, create);
      const details = reader.object('details', 'required');
      if (details !== undefined) new FieldReader(details, problems).name('name', 'required');
      if (details === undefined || problems.any) return invalid(`Invalid ${type}`, problems);
      const { world } = call;
      const record = { id: world.newId(call.key), insertedAt: world.timestamp(), fields: details };
      recordsOf(world).set(record.id, record);
      return success({ details: namedDetails(type, record) }, record.id);
    },
    update: (call) =>
      withRecord(call, update, (reader) => {
        const details = reader.object('details', 'required');
        return (record) => {
          record.fields = { ...record.fields, ...details };
        };
      }),
  };
}
