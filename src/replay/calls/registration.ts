import type { AgentInstanceRegisterParams } from '../../index.ts';
import type { Json } from '../actions/recorded-action.ts';
import { declaredObjects } from '../actions/recorded-action.ts';

/** A registration as the client takes it: `agent_version` becomes `agentVersion`. */
export function registrationParams(fields: Json): AgentInstanceRegisterParams {
  const params = Object.entries(fields).map(([name, value]): [string, unknown] => [
    name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    declaredObjects.has(name) ? registrationParams(value as Json) : value,
  ]);
  return Object.fromEntries(params);
}
