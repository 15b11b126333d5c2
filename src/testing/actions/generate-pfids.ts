// `pfid/generate`: docs/internals/api.md, "Ids".

import { integerFrom } from '../../lib/value-checks.ts';
import type { ActionResult } from '../wire/action-results.ts';
import { notFound, success } from '../wire/action-results.ts';
import type { EmulatedAction } from './emulated-action.ts';

// The API's own limit is **unknown**.
const MAX_PFIDS = 1_000;

/** Answers in the newer of the two shapes on record (*conflict*): ids beside `status`. */
export function generatePfids(action: EmulatedAction): ActionResult {
  const { store } = action;
  action.dropOthers(['count', 'account_id']);
  const { count, account_id: accountId } = action.fields;
  if (integerFrom(1, MAX_PFIDS)(count) !== undefined) {
    action.wrong('count', `is from 1 to ${MAX_PFIDS}`);
  }
  if (action.problems !== undefined) return action.invalid('Invalid request for ids', null);
  if (accountId !== undefined && accountId !== store.accountId) return notFound('Account', null);
  const pfids = Array.from({ length: Number(count) }, () => store.newId(null));
  return success({ pfids, account_id: store.accountId }, null);
}
