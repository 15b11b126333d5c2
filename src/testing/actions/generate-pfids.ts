// `pfid/generate`: docs/internals/api.md, "Ids".

import type { ActionResult, EmulatedAction } from './action-handler.ts';
import { invalid, notFound, success } from './action-handler.ts';
import { FieldReader } from './field-reader.ts';

// Most ids that one action may ask for; the API's own limit is **unknown**.
const MAX_COUNT = 1_000;

/** Answers in the newer of the two shapes on record (*conflict*): ids beside `status`. */
export function generatePfids(action: EmulatedAction): ActionResult {
  const { store, fields } = action;
  new FieldReader(action).dropOthers(['count', 'account_id']);
  const { count, account_id: accountId } = fields;
  if (typeof count !== 'number' || !Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    action.problems.add('count', `is from 1 to ${MAX_COUNT}`);
    return invalid('Invalid request for ids', action);
  }
  if (action.problems.any) return invalid('Invalid request for ids', action);
  if (accountId !== undefined && accountId !== store.accountId) return notFound('Account', null);
  const pfids = Array.from({ length: count }, () => store.newId(null));
  return success({ pfids, account_id: store.accountId }, null);
}
