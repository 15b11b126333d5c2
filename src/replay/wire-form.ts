import type { Action } from '../index.ts';
import type { ActionOf, RecordedAction } from './actions/recorded-action.ts';
import { hasEnded } from './actions/recorded-action.ts';

/** The ids in the place of the names in the file. */
export interface Places {
  readonly instance?: string | undefined;
  readonly span?: string | undefined;
  readonly parent?: string | undefined;
}

/** A recorded action as an item of a bulk request; `time` is when it is said to have happened. */
export function wireFormOf(
  action: RecordedAction,
  time: string,
  { instance, span, parent }: Places,
): Action {
  const common = { _type: action.type };
  switch (action.type) {
    case 'agent_instances/register':
      return { ...common, ...action.payload };
    case 'agent_instances/start':
      return { ...common, agent_instance_id: instance, timestamp: action.timestamp ?? time };
    case 'agent_instances/record_quality': {
      const { name, payload } = action;
      return { ...common, agent_instance_id: instance, name, payload };
    }
    case 'agent_instances/finish': {
      const { status, timestamp = time } = action;
      return { ...common, agent_instance_id: instance, status, timestamp };
    }
    case 'agent_spans/create':
      return { ...common, details: detailsOf(action, time, { instance, parent }) };
    case 'agent_spans/finish': {
      const { status, result_payload, timestamp = time, sensitive_encoding } = action;
      return {
        ...common,
        agent_span_id: span,
        status,
        timestamp,
        result_payload,
        sensitive_encoding,
      };
    }
    default:
      return action satisfies never;
  }
}

function detailsOf(
  action: ActionOf<'agent_spans/create'>,
  time: string,
  { instance, parent }: Places,
): object {
  const { schema_name, status, payload = {}, result_payload, sensitive_encoding } = action;
  const { started_at = time, finished_at = hasEnded(status) ? time : undefined } = action;
  return {
    id: action.id,
    agent_instance_id: instance,
    parent_span_id: parent ?? null,
    schema_name,
    status,
    sensitive_encoding,
    payload,
    result_payload,
    started_at,
    finished_at,
  };
}
