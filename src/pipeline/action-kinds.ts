import type { Action, WireKind } from '../schemas/action.ts';
import {
  finishAgentInstance,
  recordQuality,
  registerAgentInstance,
  startAgentInstance,
} from '../schemas/agent-instances.ts';
import { createAgentSpan, finishAgentSpan } from '../schemas/agent-spans.ts';
import { checkEnvelope } from '../schemas/bulk-request.ts';
import { isObject } from '../schemas/check.ts';

/** The kinds of actions that have a method here, by type. */
export const kinds: ReadonlyMap<string, WireKind<unknown>> = new Map(
  [
    registerAgentInstance,
    startAgentInstance,
    finishAgentInstance,
    recordQuality,
    createAgentSpan,
    finishAgentSpan,
  ].map((kind) => [kind.type, kind]),
);

/** Any other type: nothing is known of it. */
export function unknownKind(type: string): WireKind<unknown> {
  return { type, references: [], checkAction: checkEnvelope };
}

/** The id that an action of a known type gives to what it makes, unchecked. */
export function idMadeBy(action: Action): unknown {
  const kind = kinds.get(action._type);
  const fields = kind?.hasDetails === true ? action['details'] : action;
  return kind?.makes !== undefined && isObject(fields) ? fields['id'] : undefined;
}
