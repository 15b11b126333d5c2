// Every action by its `_type`: docs/internals/api.md, "Actions". The full set is **unknown** there; a type that is not
// listed here makes the whole request invalid.

import type { ActionHandler } from './action-results.ts';
import { agentActions, environmentActions } from './agents-environments.ts';
import { generatePfids } from './generate-pfids.ts';
import {
  finishInstance,
  listInstances,
  recordQuality,
  registerInstance,
  showInstance,
  startInstance,
  terminateInstance,
} from './instances.ts';
import { createSpan, finishSpan, listSpans, showSpan } from './spans.ts';

/** What a bulk item may ask for. */
export const BULK_ACTIONS: ReadonlyMap<string, ActionHandler> = new Map([
  ['agent_spans/create', createSpan],
  ['agent_spans/finish', finishSpan],
  ['agent_spans/list', listSpans],
  ['agent_instances/register', registerInstance],
  ['agent_instances/start', startInstance],
  ['agent_instances/finish', finishInstance],
  ['agent_instances/record_quality', recordQuality],
  ['agent_instances/list', listInstances],
  ['agent_instances/show', showInstance],
  ...agentActions,
  ...environmentActions,
]);

/** What only a single endpoint offers. */
const SINGLE_ACTIONS: ReadonlyMap<string, ActionHandler> = new Map([
  ['agent_instances/terminate', terminateInstance],
  ['agent_spans/show', showSpan],
  ['pfid/generate', generatePfids],
]);

export function findAction(type: string): ActionHandler {
  const action = BULK_ACTIONS.get(type) ?? SINGLE_ACTIONS.get(type);
  if (action === undefined) throw new Error(`No action "${type}": routes and actions disagree.`);
  return action;
}
