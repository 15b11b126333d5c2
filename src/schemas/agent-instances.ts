import * as z from 'zod/mini';
import type { PrefactorIssue } from '../errors/error-classes.ts';
import type { Fields } from '../lib/own-fields.ts';
import { isObject, unpolluted } from '../lib/own-fields.ts';
import { OBJECT } from '../lib/value-checks.ts';
import type { ActionKind, ReferenceField } from './action.ts';
import { toTime } from './action.ts';
import type { Identified } from './action-promise.ts';
import type { AgentSchemaVersion, AgentVersion } from './agent-versions.ts';
import {
  checkAgentSchemaVersion,
  checkAgentVersion,
  toAgentSchemaVersion,
  toAgentVersion,
} from './agent-versions.ts';
import {
  aBoolean,
  aName,
  anObject,
  aText,
  aTime,
  paramFields,
  withFields,
  within,
} from './field-checks.ts';
import type { FinishStatus, InstanceStatus } from './status.ts';

/** What a run is for. */
export type Purpose = 'live' | 'smoke_test' | 'eval' | (string & {});

/**
 * A run of an agent as the API answers it. Only `id` is certain; a field that the API did not send
 * is missing, and one that is not listed here stands in `laterFields`.
 */
export interface AgentInstance extends Identified {
  readonly type?: 'agent_instance';
  readonly accountId?: string;
  readonly agentId?: string;
  readonly agentVersionId?: string;
  readonly environmentId?: string;
  readonly agentDeploymentId?: string;
  /** The name that was given to `register`. */
  readonly externalIdentifier?: string | null;
  readonly status?: InstanceStatus;
  readonly purpose?: Purpose;
  /** ISO 8601, as are all times here. */
  readonly insertedAt?: string | null;
  readonly updatedAt?: string | null;
  readonly startedAt?: string | null;
  readonly finishedAt?: string | null;
  readonly terminationReason?: string | null;
  /** How many spans there are: `total`, and by status. */
  readonly spanCounts?: Readonly<Record<string, unknown>> | null;
  /** What `recordQuality` stored, by name. */
  readonly qualityPayloads?: Readonly<Record<string, unknown>>;
  readonly qualitySummaries?: Readonly<Record<string, unknown>>;
  readonly lastActivitySpanAt?: string | null;
  readonly raisedAlertCount?: number | null;
  readonly costBreakdown?: unknown;
  readonly riskScore?: unknown;
  readonly spanSchemaCounts?: unknown;
}

export interface AgentInstanceRegisterParams {
  /** Needed with an account's token; left out with that of a deployment, which names its agent. */
  readonly agentId?: string | undefined;
  /** As with `agentId`. */
  readonly environmentId?: string | undefined;
  readonly agentVersion?: AgentVersion | undefined;
  readonly agentSchemaVersion?: AgentSchemaVersion | undefined;
  /** An id of your own: a PFID in the partition of the account. @default given by the API */
  readonly id?: string | undefined;
  /** Your own name for the run, unique per agent: that of a job, of a conversation. */
  readonly externalIdentifier?: string | undefined;
  readonly updateCurrentVersion?: boolean | undefined;
  /** @default 'live', by the API */
  readonly purpose?: Purpose | undefined;
  /** 8 to 64 characters, the same for each repetition of this call. @default made for the call */
  readonly idempotencyKey?: string | undefined;
}

export interface AgentInstanceStartParams {
  /** When it started. @default the time of the call */
  readonly timestamp?: Date | string | undefined;
  /** 8 to 64 characters, the same for each repetition of this call. @default made for the call */
  readonly idempotencyKey?: string | undefined;
}

export interface AgentInstanceFinishParams {
  /** @default 'complete', by the API */
  readonly status?: FinishStatus | undefined;
  /** When it ended. @default the time of the call */
  readonly timestamp?: Date | string | undefined;
  /** 8 to 64 characters, the same for each repetition of this call. @default made for the call */
  readonly idempotencyKey?: string | undefined;
}

export interface AgentInstanceRecordQualityParams {
  /** Name of a quality schema of the agent. */
  readonly name: string;
  /** An object of JSON, taken over as it is at the call; null takes back what was recorded. */
  readonly payload: object | null;
  /** 8 to 64 characters, the same for each repetition of this call. @default made for the call */
  readonly idempotencyKey?: string | undefined;
}

export const registerAgentInstance: ActionKind<AgentInstanceRegisterParams, AgentInstance> = {
  method: 'agentInstances.register',
  type: 'agent_instances/register',
  makes: 'instance',
  references: [],
  checkParams: (params) => checkRegister(params) ?? checkVersions(params),
  checkAction: withFields(() => ({
    agent_id: z.optional(z.nullable(aName())),
    environment_id: z.optional(z.nullable(aName())),
    agent_version: z.optional(z.nullable(anObject())),
    agent_schema_version: z.optional(z.nullable(anObject())),
    id: z.optional(z.nullable(aName())),
    external_identifier: z.optional(z.nullable(aName())),
    update_current_version: z.optional(z.nullable(aBoolean())),
    purpose: z.optional(z.nullable(aText())),
  })),
  toAction: ({ key, params }) => ({
    _type: 'agent_instances/register',
    idempotency_key: key,
    agent_id: params.agentId,
    environment_id: params.environmentId,
    agent_version: toAgentVersion(params.agentVersion),
    agent_schema_version: toAgentSchemaVersion(params.agentSchemaVersion),
    id: params.id,
    external_identifier: params.externalIdentifier,
    update_current_version: params.updateCurrentVersion,
    purpose: params.purpose,
  }),
  toResult: toAgentInstance,
};

// That the bulk names of these three are the plural of the resource and the action, and their fields
// those of the single endpoint beside `agent_instance_id`, is *inferred* (docs/internals/api.md, "Actions").

const calledOnInstance: ReferenceField = { name: 'agent_instance_id', argument: 'instance' };

export const startAgentInstance: ActionKind<AgentInstanceStartParams, AgentInstance> = {
  method: 'agentInstances.start',
  type: 'agent_instances/start',
  changes: 'instance',
  references: [calledOnInstance],
  checkParams: paramFields(() => ({ timestamp: z.optional(aTime()) })),
  checkAction: withFields(() => ({ timestamp: z.optional(z.nullable(aTime())) })),
  toAction: ({ key, target, params }, now) => ({
    _type: 'agent_instances/start',
    idempotency_key: key,
    agent_instance_id: target,
    timestamp: toTime(params.timestamp, now),
  }),
  toResult: toAgentInstance,
};

export const finishAgentInstance: ActionKind<AgentInstanceFinishParams, AgentInstance> = {
  method: 'agentInstances.finish',
  type: 'agent_instances/finish',
  changes: 'instance',
  ends: true,
  references: [calledOnInstance],
  checkParams: paramFields(() => ({
    status: z.optional(aText()),
    timestamp: z.optional(aTime()),
  })),
  checkAction: withFields(() => ({
    status: z.optional(aText()),
    timestamp: z.optional(z.nullable(aTime())),
  })),
  toAction: ({ key, target, params }, now) => ({
    _type: 'agent_instances/finish',
    idempotency_key: key,
    agent_instance_id: target,
    status: params.status,
    timestamp: toTime(params.timestamp, now),
  }),
  toResult: toAgentInstance,
};

export const recordQuality: ActionKind<AgentInstanceRecordQualityParams, AgentInstance> = {
  method: 'agentInstances.recordQuality',
  type: 'agent_instances/record_quality',
  changes: 'instance',
  references: [calledOnInstance],
  checkParams: paramFields(recordQualityFields),
  checkAction: withFields(recordQualityFields),
  toAction: ({ key, target, params }) => ({
    _type: 'agent_instances/record_quality',
    idempotency_key: key,
    agent_instance_id: target,
    name: params.name,
    payload: params.payload,
  }),
  toResult: toAgentInstance,
};

function recordQualityFields() {
  return { name: aName(), payload: z.nullable(anObject()) };
}

const checkRegister = paramFields(() => ({
  agentId: z.optional(aName()),
  environmentId: z.optional(aName()),
  agentVersion: z.optional(z.custom(isObject, OBJECT)),
  agentSchemaVersion: z.optional(z.custom(isObject, OBJECT)),
  id: z.optional(aName()),
  externalIdentifier: z.optional(aName()),
  updateCurrentVersion: z.optional(aBoolean()),
  purpose: z.optional(aText()),
}));

/** Of register parameters that are right on the whole: what is wrong within the two versions. */
function checkVersions(params: unknown): readonly PrefactorIssue[] {
  const { agentVersion, agentSchemaVersion } = params as AgentInstanceRegisterParams;
  return [
    ...within('agentVersion', agentVersion && checkAgentVersion(agentVersion)),
    ...within(
      'agentSchemaVersion',
      agentSchemaVersion && checkAgentSchemaVersion(unpolluted(agentSchemaVersion)),
    ),
  ];
}

/** The fields of docs/internals/api.md, "Run records", one by one: a loop over their names takes ten times as long. */
function toAgentInstance(from: Fields): AgentInstance {
  const to: Fields = {};
  if (from['type'] !== undefined) to['type'] = from['type'];
  if (from['id'] !== undefined) to['id'] = from['id'];
  if (from['account_id'] !== undefined) to['accountId'] = from['account_id'];
  if (from['agent_id'] !== undefined) to['agentId'] = from['agent_id'];
  if (from['agent_version_id'] !== undefined) to['agentVersionId'] = from['agent_version_id'];
  if (from['environment_id'] !== undefined) to['environmentId'] = from['environment_id'];
  if (from['agent_deployment_id'] !== undefined)
    to['agentDeploymentId'] = from['agent_deployment_id'];
  if (from['status'] !== undefined) to['status'] = from['status'];
  if (from['inserted_at'] !== undefined) to['insertedAt'] = from['inserted_at'];
  if (from['updated_at'] !== undefined) to['updatedAt'] = from['updated_at'];
  if (from['started_at'] !== undefined) to['startedAt'] = from['started_at'];
  if (from['finished_at'] !== undefined) to['finishedAt'] = from['finished_at'];
  if (from['termination_reason'] !== undefined)
    to['terminationReason'] = from['termination_reason'];
  if (from['span_counts'] !== undefined) to['spanCounts'] = from['span_counts'];
  if (from['purpose'] !== undefined) to['purpose'] = from['purpose'];
  if (from['quality_payloads'] !== undefined) to['qualityPayloads'] = from['quality_payloads'];
  if (from['quality_summaries'] !== undefined) to['qualitySummaries'] = from['quality_summaries'];
  if (from['external_identifier'] !== undefined)
    to['externalIdentifier'] = from['external_identifier'];
  if (from['last_activity_span_at'] !== undefined)
    to['lastActivitySpanAt'] = from['last_activity_span_at'];
  if (from['raised_alert_count'] !== undefined) to['raisedAlertCount'] = from['raised_alert_count'];
  if (from['cost_breakdown'] !== undefined) to['costBreakdown'] = from['cost_breakdown'];
  if (from['risk_score'] !== undefined) to['riskScore'] = from['risk_score'];
  if (from['span_schema_counts'] !== undefined) to['spanSchemaCounts'] = from['span_schema_counts'];
  return to as Fields & AgentInstance;
}
