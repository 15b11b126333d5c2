// `agent_instances/*`: docs/internals/api.md, "Actions", "Registering a run" and "Run records". The names of start,
// finish and record_quality in bulk are *inferred* there.

import type { Instance, InstanceStatus } from '../state/store.ts';
import { FINISH_STATUSES, isTerminal } from '../state/store.ts';
import { instanceDetails } from '../state/views.ts';
import type { Fields } from '../wire/items.ts';
import type { ActionCall, Ran } from './action-handler.ts';
import { invalid, invalidAction, notFound, readFields, success, taken } from './action-handler.ts';
import { FieldReader } from './field-reader.ts';
import { readSchemaVersion } from './schema-version.ts';

const REGISTER = new Set([
  'agent_id',
  'environment_id',
  'agent_version',
  'agent_schema_version',
  'id',
  'external_identifier',
  'update_current_version',
  'purpose',
]);
const VERSION = new Set(['external_identifier', 'name', 'description', 'runtime_environment']);
const ENVIRONMENT = new Set(['agent_sdk', 'os', 'prefactor_sdk', 'runtime']);
const START = new Set(['agent_instance_id', 'timestamp']);
const FINISH = new Set(['agent_instance_id', 'status', 'timestamp']);
const RECORD_QUALITY = new Set(['agent_instance_id', 'name', 'payload']);
const TERMINATE = new Set(['agent_instance_id', 'reason', 'timestamp']);
const PURPOSES = ['live', 'smoke_test', 'eval'] as const;

export function registerInstance(call: ActionCall): Ran {
  const { world } = call;
  const reader = readFields(call, REGISTER);
  const needed = world.rules.tokenKind === 'account' ? 'required' : 'optional';
  const agentId = reader.name('agent_id', needed) ?? world.defaultAgentId;
  const environmentId = reader.name('environment_id', needed) ?? world.defaultEnvironmentId;
  // Required in Python, optional in TypeScript's type (*conflicting*: docs/internals/api.md, "Registering a run"):
  // taken as optional, since a recorded run has no schema version to send.
  const version = reader.object('agent_version', 'optional');
  const schemaVersion = reader.object('agent_schema_version', 'optional');
  const id = reader.id('id', 'nullable') ?? null;
  const ownIdentifier = reader.name('external_identifier', 'nullable') ?? null;
  reader.boolean('update_current_version', 'optional');
  const purpose = reader.oneOf('purpose', PURPOSES, 'optional') ?? 'live';
  const externalIdentifier = version === undefined ? null : readVersion(call, version);
  const schemas = readSchemaVersion(call, schemaVersion ?? {}, agentId);
  if (call.problems.any) return invalid('Invalid agent instance', call, id);
  if (id !== null && world.isTaken(id)) return taken(world, 'Invalid agent instance', id);
  if (ownIdentifier !== null && !world.takeName(agentId, ownIdentifier)) {
    // How the API says so, no source tells; this is how its kind of server does.
    call.problems.add('external_identifier', 'has already been taken');
    return invalid('Invalid agent instance', call, id);
  }

  const instance = newInstance(world.timestamp(), {
    id: id ?? world.newId(call.key),
    externalIdentifier: ownIdentifier,
    agentId,
    environmentId,
    versionId: world.versionId('agent_version', agentId, externalIdentifier),
    schemas,
    purpose,
  });
  world.instances.set(instance.id, instance);
  const details = instanceDetails(world, instance);
  const { id: versionId, externalIdentifier: external_identifier } = schemas;
  const agent_schema_version = { type: 'agent_schema_version', id: versionId, external_identifier };
  return success({ details, agent_schema_version }, instance.id);
}

/** Its `external_identifier`. */
function readVersion(call: ActionCall, version: Fields): string | null {
  const reader = readFields(call, VERSION, version, 'agent_version.');
  const externalIdentifier = reader.string('external_identifier', 'optional') ?? null;
  reader.string('name', 'optional');
  reader.string('description', 'optional');
  const environment = reader.object('runtime_environment', 'optional');
  if (environment !== undefined) checkEnvironment(call, environment);
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
function checkEnvironment(call: ActionCall, environment: Fields): void {
  const reader = readFields(call, ENVIRONMENT, environment, 'agent_version.runtime_environment.');
  for (const name of ['agent_sdk', 'prefactor_sdk']) {
    if (reader.array(name, 'optional')?.every((one) => typeof one === 'string') === false) {
      call.problems.add(`agent_version.runtime_environment.${name}`, 'must be an array of strings');
    }
  }
  reader.string('os', 'optional');
  reader.string('runtime', 'optional');
}

export function startInstance(call: ActionCall): Ran {
  const reader = readFields(call, START);
  const id = reader.id('agent_instance_id', 'required') ?? null;
  // Python sends an explicit null here, and only here (docs/internals/api.md, "Single endpoints").
  const timestamp = reader.timestamp('timestamp', 'nullable');
  if (id === null || call.problems.any) return invalid('Invalid start', call, id);
  return change(call, id, (instance, now) => {
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
export function finishInstance(call: ActionCall): Ran {
  if (call.fields['details'] !== undefined) {
    // As with agent_spans/finish.
    call.breach('agent_instances/finish with a details wrapper: its status is not read');
  }
  const reader = readFields(call, FINISH);
  const id = reader.id('agent_instance_id', 'required') ?? null;
  const status = reader.oneOf('status', FINISH_STATUSES, 'optional') ?? 'complete';
  const timestamp = reader.timestamp('timestamp', 'optional');
  if (id === null || call.problems.any) return invalid('Invalid finish', call, id);
  return change(call, id, (instance, now) => {
    // 409 also for a terminated one; both SDKs take it as done (docs/internals/api.md, "Control" and "Error codes").
    if (isTerminal(instance.status)) return already(instance.status);
    instance.status = status;
    instance.finishedAt = timestamp ?? now;
    return undefined;
  });
}

/** Allowed at any time, since a run is judged after its end. A null payload takes the entry away. */
export function recordQuality(call: ActionCall): Ran {
  const reader = readFields(call, RECORD_QUALITY);
  const id = reader.id('agent_instance_id', 'required') ?? null;
  const name = reader.name('name', 'required');
  const payload = reader.object('payload', 'nullable');
  if (call.fields['payload'] === undefined) call.problems.add('payload', 'is required');
  if (id === null || name === undefined || call.problems.any) {
    return invalid('Invalid quality', call, id);
  }
  return change(call, id, (instance) => {
    if (payload === undefined) instance.quality.delete(name);
    else instance.quality.set(name, payload);
    return undefined;
  });
}

/** `POST /agent_instance/{id}/terminate` (docs/internals/api.md, "Single endpoints"); single endpoint only. */
export function terminateInstance(call: ActionCall): Ran {
  const reader = readFields(call, TERMINATE);
  const id = reader.id('agent_instance_id', 'required') ?? null;
  const reason = reader.string('reason', 'required');
  const timestamp = reader.timestamp('timestamp', 'optional');
  if (id === null || reason === undefined || call.problems.any) {
    return invalid('Invalid termination', call, id);
  }
  return change(call, id, (instance, now) => {
    if (isTerminal(instance.status)) return already(instance.status);
    call.world.terminate(instance, reason, timestamp ?? now, true);
    return undefined;
  });
}

export function showInstance(call: ActionCall): Ran {
  const { world } = call;
  const id = new FieldReader(call).id('agent_instance_id', 'required') ?? null;
  if (id === null) return invalid('Invalid query', call);
  const instance = world.instances.get(id);
  if (instance === undefined) return notFound('Agent instance', id);
  return success({ details: instanceDetails(world, instance) }, id);
}

/** Query parameters are those of a GET that no source shows (docs/internals/api.md, "Actions"): none is looked at. */
export function listInstances({ world }: ActionCall): Ran {
  const summaries = [...world.instances.values()].map((one) => instanceDetails(world, one));
  return success({ summaries }, null);
}

/** Finds the instance and changes it; `apply` gives the reason if it must not. */
function change(
  { world }: ActionCall,
  id: string,
  apply: (instance: Instance, now: string) => string | undefined,
): Ran {
  const instance = world.instances.get(id);
  if (instance === undefined) return notFound('Agent instance', id);
  const now = world.timestamp();
  const refusal = apply(instance, now);
  if (refusal !== undefined) return invalidAction(refusal, id);
  instance.updatedAt = now;
  return success({ details: instanceDetails(world, instance) }, id);
}

function already(status: InstanceStatus): string {
  return `The agent instance is ${status} already`;
}
