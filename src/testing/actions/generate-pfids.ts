// `pfid/generate`: docs/internals/api.md, "Ids".

import { integerFrom } from '../../lib/value-checks.ts';
import type { ActionResult } from '../wire/items-outputs.ts';
import { invalid, notFound, success } from './action-results.ts';
import type { EmulatedAction } from './emulated-action.ts';

// The API's own limit is **unknown**.
const MAX_COUNT = 1_000;
const aCount = integerFrom(1, MAX_COUNT);

/** Answers in the newer of the two shapes on record (*conflict*): ids beside `status`. */
export function generatePfids(action: EmulatedAction): ActionResult {
  const { store } = action;
  action.dropOthers(['count', 'account_id']);
  const { count, account_id: accountId } = action.fields;
  if (aCount(count) !== undefined) action.wrong('count', `is from 1 to ${MAX_COUNT}`);
  if (action.problems !== undefined) return invalid('Invalid request for ids', action, null);
  if (accountId !== undefined && accountId !== store.accountId) return notFound('Account', null);
  const pfids = Array.from({ length: Number(count) }, () => store.newId(null));
  return success({ pfids, account_id: store.accountId }, null);
}
