import * as z from 'zod/mini';
import type { Fields } from '../lib/own-fields.ts';
import { OBJECT } from '../lib/value-checks.ts';
import type { ActionKind } from './action.ts';
import { toTime } from './action.ts';
import type { Identified, Ref } from './action-promise.ts';
import type { AgentInstance } from './agent-instances.ts';
import {
  aBoolean,
  aName,
  anObject,
  aText,
  aTime,
  paramFields,
  withFields,
} from './field-checks.ts';
import type { FinishStatus, SpanStatus } from './status.ts';
import { terminalStatuses } from './status.ts';

/**
 * A span as the API answers it. Only `id` is certain; a field that the API did not send is missing,
 * and one that is not listed here stands in `laterFields`.
 */
export interface AgentSpan extends Identified {
  readonly type?: 'agent_span';
  readonly agentInstanceId?: string;
  readonly accountId?: string | null;
  readonly agentId?: string | null;
  /** Null for a root. */
  readonly parentSpanId?: string | null;
  readonly schemaName?: string;
  /** Title of the span's schema; the schema's name where it has none. */
  readonly schemaTitle?: string | null;
  readonly status?: SpanStatus;
  readonly payload?: Readonly<Record<string, unknown>>;
  /** Null until the span is finished. */
  readonly resultPayload?: Readonly<Record<string, unknown>> | null;
  /** Rendered from the schema's template. */
  readonly summary?: string | null;
  /** ISO 8601. */
  readonly startedAt?: string | null;
  /** ISO 8601; null while the span runs. */
  readonly finishedAt?: string | null;
  readonly sensitiveEncoding?: boolean;
  readonly payloadByteSizeEstimate?: number;
  readonly purpose?: 'activity' | 'quality' | 'alert' | (string & {});
  readonly dataRisk?: Readonly<Record<string, unknown>> | null;
  readonly riskLevel?: unknown;
  readonly riskScore?: unknown;
  readonly insertedAt?: string | null;
  readonly updatedAt?: string | null;
}

export interface AgentSpanCreateParams {
  /** The run that the span belongs to. */
  readonly agentInstanceId: Ref<AgentInstance>;
  /** Name of the span's type, as registered: `agent:llm`. */
  readonly schemaName: string;
  readonly status: SpanStatus;
  /** What went in: an object of JSON, taken over as it is at the call. @default {} */
  readonly payload?: object | undefined;
  /** What came out, for a span that has ended. */
  readonly resultPayload?: object | null | undefined;
  /** An id of your own: a PFID in the partition of the instance. @default see the option `ids` */
  readonly id?: string | undefined;
  /** The span within which this one runs. @default null: a root */
  readonly parentSpanId?: Ref<AgentSpan> | null | undefined;
  /** @default the time of the call */
  readonly startedAt?: Date | string | undefined;
  /** @default the time of the call where `status` is terminal, else none */
  readonly finishedAt?: Date | string | null | undefined;
  /** Values marked with `$sensitive` are to be stored apart and redacted. @default false */
  readonly sensitiveEncoding?: boolean | undefined;
  /** 8 to 64 characters, the same for each repetition of this call. @default made for the call */
  readonly idempotencyKey?: string | undefined;
}

export interface AgentSpanFinishParams {
  /** @default 'complete', by the API */
  readonly status?: FinishStatus | undefined;
  /** What came out: an object of JSON, taken over as it is at the call. */
  readonly resultPayload?: object | undefined;
  /** When it ended. @default the time of the call */
  readonly timestamp?: Date | string | undefined;
  /** As in `create`: give it here too where `resultPayload` holds marked values. @default false */
  readonly sensitiveEncoding?: boolean | undefined;
  /**
   * The run of a span that this client did not make: the run's own finish then waits for this call. It
   * is not sent, and of no use where this client made the span.
   * @default unknown, so that the finish of every run waits
   */
  readonly agentInstanceId?: Ref<AgentInstance> | null | undefined;
  /** 8 to 64 characters, the same for each repetition of this call. @default made for the call */
  readonly idempotencyKey?: string | undefined;
}

export const createAgentSpan: ActionKind<AgentSpanCreateParams, AgentSpan> = {
  method: 'agentSpans.create',
  type: 'agent_spans/create',
  makes: 'span',
  hasDetails: true,
  references: [
    { name: 'agent_instance_id', argument: 'agentInstanceId' },
    { name: 'parent_span_id', argument: 'parentSpanId', isOptional: true },
  ],
  checkParams: paramFields(() => ({
    agentInstanceId: z.optional(z.unknown()),
    schemaName: aName(),
    status: aText(),
    payload: z.optional(anObject()),
    resultPayload: z.optional(z.nullable(anObject())),
    id: z.optional(aName()),
    parentSpanId: z.optional(z.unknown()),
    startedAt: z.optional(aTime()),
    finishedAt: z.optional(z.nullable(aTime())),
    sensitiveEncoding: z.optional(aBoolean()),
  })),
  checkAction: withFields(() => ({
    details: z.looseObject(
      {
        id: z.optional(z.nullable(aName())),
        schema_name: aName(),
        status: aText(),
        sensitive_encoding: z.optional(aBoolean()),
        payload: anObject(),
        result_payload: z.optional(z.nullable(anObject())),
        started_at: z.optional(z.nullable(aTime())),
        finished_at: z.optional(z.nullable(aTime())),
      },
      OBJECT,
    ),
  })),
  // The fields stand in `details`: the sources are *conflicting*, and this is the safer side (docs/internals/api.md,
  // "Actions").
  toAction: ({ key, params }, now) => ({
    _type: 'agent_spans/create',
    idempotency_key: key,
    details: {
      id: params.id,
      agent_instance_id: params.agentInstanceId,
      schema_name: params.schemaName,
      status: params.status,
      sensitive_encoding: params.sensitiveEncoding,
      payload: params.payload ?? {},
      result_payload: params.resultPayload,
      parent_span_id: params.parentSpanId ?? null,
      started_at: toTime(params.startedAt, now),
      finished_at: toTime(params.finishedAt, terminalStatuses.has(params.status) ? now : undefined),
    },
  }),
  toResult: toAgentSpan,
};

export const finishAgentSpan: ActionKind<AgentSpanFinishParams, AgentSpan> = {
  method: 'agentSpans.finish',
  type: 'agent_spans/finish',
  changes: 'span',
  ends: true,
  references: [{ name: 'agent_span_id', argument: 'span' }],
  checkParams: paramFields(() => ({
    status: z.optional(aText()),
    resultPayload: z.optional(anObject()),
    timestamp: z.optional(aTime()),
    sensitiveEncoding: z.optional(aBoolean()),
    agentInstanceId: z.optional(z.unknown()),
  })),
  checkAction: withFields(() => ({
    status: z.optional(aText()),
    timestamp: z.optional(z.nullable(aTime())),
    result_payload: z.optional(z.nullable(anObject())),
    sensitive_encoding: z.optional(aBoolean()),
  })),
  // Flat: within `details` the API would accept the fields and store no result (docs/internals/api.md, "Actions").
  toAction: ({ key, target, params }, now) => ({
    _type: 'agent_spans/finish',
    idempotency_key: key,
    agent_span_id: target,
    status: params.status,
    timestamp: toTime(params.timestamp, now),
    result_payload: params.resultPayload,
    sensitive_encoding: params.sensitiveEncoding,
  }),
  // No source has a field for it in a finish (docs/internals/api.md, "Actions").
  instanceOf: ({ agentInstanceId }) => agentInstanceId ?? undefined,
  toResult: toAgentSpan,
};

/** The fields of docs/internals/api.md, "Span records", one by one: a loop over their names takes ten times as long. */
function toAgentSpan(from: Fields): AgentSpan {
  const to: Fields = {};
  if (from['type'] !== undefined) to['type'] = from['type'];
  if (from['id'] !== undefined) to['id'] = from['id'];
  if (from['agent_instance_id'] !== undefined) to['agentInstanceId'] = from['agent_instance_id'];
  if (from['account_id'] !== undefined) to['accountId'] = from['account_id'];
  if (from['agent_id'] !== undefined) to['agentId'] = from['agent_id'];
  if (from['parent_span_id'] !== undefined) to['parentSpanId'] = from['parent_span_id'];
  if (from['schema_name'] !== undefined) to['schemaName'] = from['schema_name'];
  if (from['schema_title'] !== undefined) to['schemaTitle'] = from['schema_title'];
  if (from['status'] !== undefined) to['status'] = from['status'];
  if (from['payload'] !== undefined) to['payload'] = from['payload'];
  if (from['result_payload'] !== undefined) to['resultPayload'] = from['result_payload'];
  if (from['summary'] !== undefined) to['summary'] = from['summary'];
  if (from['started_at'] !== undefined) to['startedAt'] = from['started_at'];
  if (from['finished_at'] !== undefined) to['finishedAt'] = from['finished_at'];
  if (from['sensitive_encoding'] !== undefined)
    to['sensitiveEncoding'] = from['sensitive_encoding'];
  if (from['payload_byte_size_estimate'] !== undefined)
    to['payloadByteSizeEstimate'] = from['payload_byte_size_estimate'];
  if (from['purpose'] !== undefined) to['purpose'] = from['purpose'];
  if (from['data_risk'] !== undefined) to['dataRisk'] = from['data_risk'];
  if (from['risk_level'] !== undefined) to['riskLevel'] = from['risk_level'];
  if (from['risk_score'] !== undefined) to['riskScore'] = from['risk_score'];
  if (from['inserted_at'] !== undefined) to['insertedAt'] = from['inserted_at'];
  if (from['updated_at'] !== undefined) to['updatedAt'] = from['updated_at'];
  return to as Fields & AgentSpan;
}
