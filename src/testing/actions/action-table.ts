// Every action by its `_type`: docs/internals/api.md, "Actions". The full set is **unknown** there; a type that is not
// listed here makes the whole request invalid.

import { integerFrom } from '../../lib/value-checks.ts';
import type { ActionResult } from '../wire/action-results.ts';
import { notFound, success } from '../wire/action-results.ts';
import { agentAndEnvironmentActions } from './agents-environments.ts';
import type { ActionHandler, EmulatedAction } from './emulated-action.ts';
import * as instances from './instances.ts';
import * as spans from './spans.ts';

export const BULK_ACTIONS: ReadonlyMap<string, ActionHandler> = new Map([
  ['agent_spans/create', spans.createSpan],
  ['agent_spans/finish', spans.finishSpan],
  ['agent_spans/list', spans.listSpans],
  ['agent_instances/register', instances.registerInstance],
  ['agent_instances/start', instances.startInstance],
  ['agent_instances/finish', instances.finishInstance],
  ['agent_instances/record_quality', instances.recordQuality],
  ['agent_instances/list', instances.listInstances],
  ['agent_instances/show', instances.showInstance],
  ...agentAndEnvironmentActions,
]);

const SINGLE_ACTIONS: ReadonlyMap<string, ActionHandler> = new Map([
  ['agent_instances/terminate', instances.terminateInstance],
  ['agent_spans/show', spans.showSpan],
  ['pfid/generate', generatePfids],
]);

export function findAction(type: string): ActionHandler {
  const action = BULK_ACTIONS.get(type) ?? SINGLE_ACTIONS.get(type);
  if (action === undefined) throw new Error(`No action "${type}": routes and actions disagree.`);
  return action;
}

/** In the newer of the two shapes on record (*conflict*: docs/internals/api.md, "Ids"): ids beside `status`. */
function generatePfids(action: EmulatedAction): ActionResult {
  const { store } = action;
  action.dropOthers(['count', 'account_id']);
  const { count, account_id: accountId } = action.fields;
  // The API's own limit is **unknown**.
  if (integerFrom(1, 1_000)(count) !== undefined) action.wrong('count', 'is from 1 to 1000');
  if (action.problems !== undefined) return action.invalid('Invalid request for ids', null);
  if (accountId !== undefined && accountId !== store.accountId) return notFound('Account', null);
  const pfids = Array.from({ length: Number(count) }, () => store.newId(null));
  return success({ pfids, account_id: store.accountId }, null);
}
