// `agent_instances/*`: docs/internals/api.md, "Actions", "Registering a run" and "Run records". The names of start,
// finish and record_quality in bulk are *inferred* there.

import type { Instance, InstanceStatus } from '../state/records.ts';
import { FINISH_STATUSES, isTerminal } from '../state/records.ts';
import { instanceDetails } from '../state/views.ts';
import type { Fields } from '../wire/items.ts';
import type { ActionResult, EmulatedAction } from './action-handler.ts';
import { invalid, invalidAction, notFound, success, taken } from './action-handler.ts';
import { FieldReader } from './field-reader.ts';
import { readSchemaVersion } from './schema-version.ts';

const PURPOSES = ['live', 'smoke_test', 'eval'] as const;

export function registerInstance(action: EmulatedAction): ActionResult {
  const { store } = action;
  const reader = new FieldReader(action);
  const needed = store.options.tokenKind === 'account' ? 'required' : 'optional';
  const agentId = reader.name('agent_id', needed) ?? store.defaultAgentId;
  const environmentId = reader.name('environment_id', needed) ?? store.defaultEnvironmentId;
  // Required in Python, optional in TypeScript's type (*conflicting*: docs/internals/api.md, "Registering a run"):
  // taken as optional, since a recorded run has no schema version to send.
  const version = reader.object('agent_version', 'optional');
  const schemaVersion = reader.object('agent_schema_version', 'optional');
  const id = reader.id('id', 'nullable') ?? null;
  const ownIdentifier = reader.name('external_identifier', 'nullable') ?? null;
  reader.boolean('update_current_version', 'optional');
  const purpose = reader.oneOf('purpose', PURPOSES, 'optional') ?? 'live';
  reader.dropOthers();
  const externalIdentifier = version === undefined ? null : readVersion(action, version);
  const schemas = readSchemaVersion(action, schemaVersion ?? {}, agentId);
  if (action.problems.any) return invalid('Invalid agent instance', action, id);
  if (id !== null && store.isTaken(id)) return taken(store, 'Invalid agent instance', id);
  if (ownIdentifier !== null && !store.takeName(agentId, ownIdentifier)) {
    // How the API says so, no source tells; this is how its kind of server does.
    action.problems.add('external_identifier', 'has already been taken');
    return invalid('Invalid agent instance', action, id);
  }

  const instance = newInstance(store.timestamp(), {
    id: id ?? store.newId(action.key),
    externalIdentifier: ownIdentifier,
    agentId,
    environmentId,
    versionId: store.versionId('agent_version', agentId, externalIdentifier),
    schemas,
    purpose,
  });
  store.instances.set(instance.id, instance);
  const details = instanceDetails(store, instance);
  const { id: versionId, externalIdentifier: external_identifier } = schemas;
  const agent_schema_version = { type: 'agent_schema_version', id: versionId, external_identifier };
  return success({ details, agent_schema_version }, instance.id);
}

/** Its `external_identifier`. */
function readVersion(action: EmulatedAction, version: Fields): string | null {
  const reader = new FieldReader(action, version, 'agent_version.');
  const externalIdentifier = reader.string('external_identifier', 'optional') ?? null;
  reader.string('name', 'optional');
  reader.string('description', 'optional');
  const environment = reader.object('runtime_environment', 'optional');
  reader.dropOthers();
  if (environment !== undefined) checkEnvironment(action, environment);
  return externalIdentifier;
}

type Registered = Pick<
  Instance,
  'id' | 'externalIdentifier' | 'agentId' | 'environmentId' | 'versionId' | 'schemas' | 'purpose'
>;

function newInstance(now: string, registered: Registered): Instance {
  return {
    ...registered,
    insertedAt: now,
    spans: [],
    counts: { pending: 0, active: 0, complete: 0, failed: 0, cancelled: 0 },
    quality: new Map(),
    status: 'pending',
    startedAt: null,
    finishedAt: null,
    terminationReason: null,
    updatedAt: now,
  };
}

/** Which of its fields are required, no source says (docs/internals/api.md, "Registering a run"). */
function checkEnvironment(action: EmulatedAction, environment: Fields): void {
  const at = 'agent_version.runtime_environment.';
  const reader = new FieldReader(action, environment, at);
  for (const name of ['agent_sdk', 'prefactor_sdk']) {
    if (reader.array(name, 'optional')?.every((one) => typeof one === 'string') === false) {
      action.problems.add(at + name, 'must be an array of strings');
    }
  }
  reader.string('os', 'optional');
  reader.string('runtime', 'optional');
  reader.dropOthers();
}

export function startInstance(action: EmulatedAction): ActionResult {
  const reader = new FieldReader(action);
  const id = reader.id('agent_instance_id', 'required') ?? null;
  // Python sends an explicit null here, and only here (docs/internals/api.md, "Single endpoints").
  const timestamp = reader.timestamp('timestamp', 'nullable');
  reader.dropOthers();
  if (id === null || action.problems.any) return invalid('Invalid start', action, id);
  return change(action, id, (instance, now) => {
    if (instance.status !== 'pending') return already(instance.status);
    instance.status = 'active';
    instance.startedAt = timestamp ?? now;
    return undefined;
  });
}

/**
 * Spans that are still open do not stop it, and may finish later. An instance that never started may
 * finish too: the docs speak of cancelling a pending one, and nothing is said of the rest.
 */
export function finishInstance(action: EmulatedAction): ActionResult {
  if (action.fields['details'] !== undefined) {
    // As with agent_spans/finish.
    action.breach('agent_instances/finish with a details wrapper: its status is not read');
  }
  const reader = new FieldReader(action);
  const id = reader.id('agent_instance_id', 'required') ?? null;
  const status = reader.oneOf('status', FINISH_STATUSES, 'optional') ?? 'complete';
  const timestamp = reader.timestamp('timestamp', 'optional');
  reader.dropOthers();
  if (id === null || action.problems.any) return invalid('Invalid finish', action, id);
  return change(action, id, (instance, now) => {
    // 409 also for a terminated one; both SDKs take it as done (docs/internals/api.md, "Control" and "Error codes").
    if (isTerminal(instance.status)) return already(instance.status);
    instance.status = status;
    instance.finishedAt = timestamp ?? now;
    return undefined;
  });
}

/** Allowed at any time, since a run is judged after its end. A null payload takes the entry away. */
export function recordQuality(action: EmulatedAction): ActionResult {
  const reader = new FieldReader(action);
  const id = reader.id('agent_instance_id', 'required') ?? null;
  const name = reader.name('name', 'required');
  const payload = reader.object('payload', 'nullable');
  if (action.fields['payload'] === undefined) action.problems.add('payload', 'is required');
  reader.dropOthers();
  if (id === null || name === undefined || action.problems.any) {
    return invalid('Invalid quality', action, id);
  }
  return change(action, id, (instance) => {
    if (payload === undefined) instance.quality.delete(name);
    else instance.quality.set(name, payload);
    return undefined;
  });
}

/** `POST /agent_instance/{id}/terminate` (docs/internals/api.md, "Single endpoints"); single endpoint only. */
export function terminateInstance(action: EmulatedAction): ActionResult {
  const reader = new FieldReader(action);
  const id = reader.id('agent_instance_id', 'required') ?? null;
  const reason = reader.string('reason', 'required');
  const timestamp = reader.timestamp('timestamp', 'optional');
  reader.dropOthers();
  if (id === null || reason === undefined || action.problems.any) {
    return invalid('Invalid termination', action, id);
  }
  return change(action, id, (instance, now) => {
    if (isTerminal(instance.status)) return already(instance.status);
    action.store.terminate(instance, reason, timestamp ?? now, true);
    return undefined;
  });
}

export function showInstance(action: EmulatedAction): ActionResult {
  const { store } = action;
  const id = new FieldReader(action).id('agent_instance_id', 'required') ?? null;
  if (id === null) return invalid('Invalid query', action);
  const instance = store.instances.get(id);
  if (instance === undefined) return notFound('Agent instance', id);
  return success({ details: instanceDetails(store, instance) }, id);
}

/** Query parameters are those of a GET that no source shows (docs/internals/api.md, "Actions"): none is looked at. */
export function listInstances({ store }: EmulatedAction): ActionResult {
  const summaries = [...store.instances.values()].map((one) => instanceDetails(store, one));
  return success({ summaries }, null);
}

/** Finds the instance and changes it; `apply` gives the reason if it must not. */
function change(
  { store }: EmulatedAction,
  id: string,
  apply: (instance: Instance, now: string) => string | undefined,
): ActionResult {
  const instance = store.instances.get(id);
  if (instance === undefined) return notFound('Agent instance', id);
  const now = store.timestamp();
  const refusal = apply(instance, now);
  if (refusal !== undefined) return invalidAction(refusal, id);
  instance.updatedAt = now;
  return success({ details: instanceDetails(store, instance) }, id);
}

function already(status: InstanceStatus): string {
  return `The agent instance is ${status} already`;
}
