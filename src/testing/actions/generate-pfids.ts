// `pfid/generate`: docs/internals/api.md, "Ids".

import type { ActionResult } from './action-results.ts';
import { invalid, notFound, success } from './action-results.ts';
import type { EmulatedAction } from './emulated-action.ts';

// The API's own limit is **unknown**.
const MAX_COUNT = 1_000;

/** Answers in the newer of the two shapes on record (*conflict*): ids beside `status`. */
export function generatePfids(action: EmulatedAction): ActionResult {
  const { store, fields } = action;
  action.dropOthers(['count', 'account_id']);
  const { count, account_id: accountId } = fields;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    action.wrong('count', `is from 1 to ${MAX_COUNT}`);
    return invalid('Invalid request for ids', action, null);
  }
  if (action.problems) return invalid('Invalid request for ids', action, null);
  if (accountId !== undefined && accountId !== store.accountId) return notFound('Account', null);
  const pfids = Array.from({ length: count }, () => store.newId(null));
  return success({ pfids, account_id: store.accountId }, null);
}
