import type { RecordedAction } from './actions/recorded-action.ts';
import { spanTimes } from './actions/recorded-action.ts';

/** The ids of what an action names. */
export interface Ids {
  readonly run?: string | undefined;
  readonly span?: string | undefined;
  readonly parent?: string | undefined;
}

export interface SingleRequest {
  /** After `/api/v1/`. */
  readonly path: string;
  readonly body: object;
}

/**
 * A recorded action as a request to its single endpoint (docs/internals/api.md, "Single endpoints"); `time` is when
 * it is said to have happened.
 */
export function singleRequestOf(
  action: RecordedAction,
  time: string,
  { run, span, parent }: Ids,
): SingleRequest {
  switch (action.type) {
    case 'agent_instances/register':
      return { path: 'agent_instance/register', body: { ...action.payload } };
    case 'agent_instances/start': {
      const { timestamp = time } = action;
      return { path: `agent_instance/${run}/start`, body: { timestamp } };
    }
    case 'agent_instances/record_quality': {
      const { name, payload } = action;
      return { path: `agent_instance/${run}/record_quality`, body: { name, payload } };
    }
    case 'agent_instances/finish': {
      const { status, timestamp = time } = action;
      return { path: `agent_instance/${run}/finish`, body: { status, timestamp } };
    }
    case 'agent_spans/create': {
      const { id, schema_name, status, payload = {}, result_payload, sensitive_encoding } = action;
      const details = {
        id,
        agent_instance_id: run,
        parent_span_id: parent ?? null,
        schema_name,
        status,
        payload,
        result_payload,
        sensitive_encoding,
        ...spanTimes(action, time),
      };
      return { path: 'agent_spans', body: { details } };
    }
    case 'agent_spans/finish': {
      const { status, result_payload, sensitive_encoding, timestamp = time } = action;
      const body = { status, result_payload, sensitive_encoding, timestamp };
      return { path: `agent_spans/${span}/finish`, body };
    }
    default:
      return action satisfies never;
  }
}
