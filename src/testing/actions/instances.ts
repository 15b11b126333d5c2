// `agent_instances/*`: docs/internals/api.md, "Actions", "Registering a run" and "Run records". The names of start,
// finish and record_quality in bulk are *inferred* there.

import type { Instance, StoredSchemas } from '../state/store.ts';
import { instanceDetails, isTerminal } from '../state/store.ts';
import type { ActionResult } from '../wire/action-results.ts';
import { invalidAction, notFound, success } from '../wire/action-results.ts';
import type { Fields } from '../wire/items.ts';
import type { ActionHandler, EmulatedAction } from './emulated-action.ts';
import { readSchemaVersion, summaryOf } from './schema-version.ts';

export function registerInstance(action: EmulatedAction): ActionResult {
  const { store } = action;
  const needed = store.options.tokenKind === 'account' ? 'required' : 'optional';
  const agentId = action.name('agent_id', needed) ?? store.defaultAgentId;
  const environmentId = action.name('environment_id', needed) ?? store.defaultEnvironmentId;
  // Required in Python, optional in TypeScript's type (*conflicting*: docs/internals/api.md, "Registering a run"):
  // taken as optional, since a recorded run has no schema version to send.
  const agentVersion = action.inner('agent_version', 'optional');
  const id = action.id('id', 'nullable') ?? null;
  const name = action.name('external_identifier', 'nullable') ?? null;
  action.boolean('update_current_version', 'optional');
  const purpose = action.oneOf('purpose', ['live', 'smoke_test', 'eval'], 'optional') ?? 'live';
  const versionName = agentVersion === undefined ? null : readAgentVersion(agentVersion);
  const { version, schemas } = readSchemaVersion(action, agentId);
  action.dropOthers();
  if (action.problems !== undefined) return action.invalid('Invalid agent instance', id);
  if (id !== null && store.isTaken(id)) return action.taken('Invalid agent instance', id);
  if (name !== null && !store.takeName(agentId, name)) {
    // How the API says so is unknown; this is the usual way of such servers.
    action.wrong('external_identifier', 'has already been taken');
    return action.invalid('Invalid agent instance', id);
  }

  const instance = newInstance(action, schemas, {
    id: id ?? store.newId(action.item.key),
    agent_id: agentId,
    agent_version_id: store.versionId('agent_version', agentId, versionName),
    environment_id: environmentId,
    purpose,
    external_identifier: name,
  });
  store.instances.set(instance.details.id, instance);
  const details = instanceDetails(instance);
  return success({ details, agent_schema_version: version }, instance.details.id);
}

/** Gives its `external_identifier`. */
function readAgentVersion(version: EmulatedAction): string | null {
  const externalIdentifier = version.string('external_identifier', 'optional') ?? null;
  version.string('name', 'optional');
  version.string('description', 'optional');
  const environment = version.inner('runtime_environment', 'optional');
  version.dropOthers();
  if (environment !== undefined) checkRuntimeEnvironment(environment);
  return externalIdentifier;
}

/** Which of its fields are required, no source says (docs/internals/api.md, "Registering a run"). */
function checkRuntimeEnvironment(environment: EmulatedAction): void {
  for (const name of ['agent_sdk', 'prefactor_sdk']) {
    if (environment.array(name, 'optional')?.every((one) => typeof one === 'string') === false) {
      environment.wrong(name, 'must be an array of strings');
    }
  }
  environment.string('os', 'optional');
  environment.string('runtime', 'optional');
  environment.dropOthers();
}

function newInstance(
  { store }: EmulatedAction,
  schemas: StoredSchemas,
  registered: Fields & { readonly id: string; readonly agent_id: string },
): Instance {
  const now = store.timestamp();
  return {
    schemas,
    spans: [],
    quality: new Map(),
    details: {
      type: 'agent_instance',
      ...registered,
      account_id: store.accountId,
      agent_deployment_id: store.deploymentId,
      status: 'pending',
      inserted_at: now,
      updated_at: now,
      started_at: null,
      finished_at: null,
      termination_reason: null,
      // Later additions, of which only the names are known.
      last_activity_span_at: null,
      raised_alert_count: null,
      cost_breakdown: null,
      risk_score: null,
      span_schema_counts: null,
    },
  };
}

export const startInstance: ActionHandler = changing('start', (action) => {
  // Python sends an explicit null here, and only here (docs/internals/api.md, "Single endpoints").
  const timestamp = action.timestamp('timestamp', 'nullable');
  return ({ details }, now) => {
    if (details.status !== 'pending') return false;
    details.status = 'active';
    details.started_at = timestamp ?? now;
    return true;
  };
});

/**
 * Spans that are still open do not stop it, and may finish later. An instance that never started may
 * finish too: the docs speak of cancelling a pending one, and nothing is said of the rest.
 */
export const finishInstance: ActionHandler = changing('finish', (action) => {
  if (action.fields['details'] !== undefined) {
    // As with agent_spans/finish.
    action.breach('agent_instances/finish with a details wrapper: its status is not read');
  }
  const status = action.finishStatus();
  const timestamp = action.timestamp('timestamp', 'optional');
  return ({ details }, now) => {
    // 409 also for a terminated one; both SDKs take it as done (docs/internals/api.md, "Control" and "Error codes").
    if (isTerminal(details.status)) return false;
    details.status = status;
    details.finished_at = timestamp ?? now;
    return true;
  };
});

/** Allowed at any time, since runs are judged after their end. A null payload removes the entry. */
export const recordQuality: ActionHandler = changing('quality', (action) => {
  const name = action.name('name', 'required');
  const payload = action.object('payload', 'nullable');
  if (action.fields['payload'] === undefined) action.wrong('payload', 'is required');
  return ({ quality, schemas }) => {
    if (payload === undefined) {
      quality.delete(name);
    } else {
      quality.set(name, {
        payload,
        summary: summaryOf(schemas.quality_schemas.get(name), payload),
      });
    }
    return true;
  };
});

/** `POST /agent_instance/{id}/terminate` (docs/internals/api.md, "Single endpoints"); single endpoint only. */
export const terminateInstance: ActionHandler = changing('termination', (action) => {
  const reason = action.string('reason', 'required');
  const timestamp = action.timestamp('timestamp', 'optional');
  return (instance, now) => {
    if (isTerminal(instance.details.status)) return false;
    action.store.terminate(instance, reason, timestamp ?? now, true);
    return true;
  };
});

export function showInstance(action: EmulatedAction): ActionResult {
  const id = action.id('agent_instance_id', 'required');
  if (action.problems !== undefined) return action.invalid('Invalid query', id);
  const instance = action.store.instances.get(id);
  if (instance === undefined) return notFound('Agent instance', id);
  return success({ details: instanceDetails(instance) }, id);
}

/** Query parameters are those of a GET that no source shows (docs/internals/api.md, "Actions"): none is looked at. */
export function listInstances({ store }: EmulatedAction): ActionResult {
  return success({ summaries: Array.from(store.instances.values(), instanceDetails) }, null);
}

/**
 * An action that changes an instance. `read` reads its fields, and returns the function that makes the change. That
 * one returns false if the status of the instance forbids it.
 */
function changing(
  what: string,
  read: (action: EmulatedAction) => (instance: Instance, now: string) => boolean,
): ActionHandler {
  return (action) => {
    const id = action.id('agent_instance_id', 'required');
    const change = read(action);
    action.dropOthers();
    if (action.problems !== undefined) return action.invalid(`Invalid ${what}`, id);
    const instance = action.store.instances.get(id);
    if (instance === undefined) return notFound('Agent instance', id);
    const now = action.store.timestamp();
    if (!change(instance, now)) {
      return invalidAction(`The agent instance is ${instance.details.status} already`, id);
    }
    instance.details.updated_at = now;
    return success({ details: instanceDetails(instance) }, id);
  };
}
